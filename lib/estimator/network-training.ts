import { medianSetting } from './consensus.ts';
import type { LabelledEmbeddings, QualityEstimator, TrainingOptions } from './estimator.ts';
import { checkTrainingData, checkTrainingPart } from './training-data.ts';

/** A kind of estimator made of networks that `trainMembers` trains. */
export interface NetworkKind<Given, Resolved> {
  /** Fills in defaults. Throws ERR_INVALID_ARGUMENT for a value out of range. */
  readonly resolve: (given: Given) => Resolved;
  /** @param validation rows to choose the epoch on; a number: as many epochs as that, on all rows */
  readonly train: (
    training: LabelledEmbeddings,
    validation: LabelledEmbeddings | number,
    run: NetworkRun<Resolved>,
  ) => Promise<QualityEstimator>;
}

export interface NetworkRun<Resolved> {
  readonly settings: Resolved;
  readonly options: TrainingOptions;
}

/** What a factory needs: training with settings beside the options of every kind, and training anew on all rows. */
export function networkTraining<Given extends object, Resolved>(kind: NetworkKind<Given, Resolved>) {
  return {
    async train(
      training: LabelledEmbeddings,
      validation: LabelledEmbeddings,
      options: TrainingOptions & Given = {} as Given,
    ): Promise<QualityEstimator> {
      const { seed: _, signal: __, onProgress: ___, families: ____, ...given } = options;
      const settings = kind.resolve(given as unknown as Given);
      checkTrainingData(training, validation);
      return kind.train(training, validation, { settings, options });
    },
    /** The default settings for as many epochs as the others kept. */
    async refit(
      data: LabelledEmbeddings,
      chosen: readonly QualityEstimator[],
      options: TrainingOptions,
    ): Promise<QualityEstimator> {
      checkTrainingPart('training', data);
      const epochs = Math.max(1, Math.round(medianSetting(chosen, 'keptEpochs')));
      return kind.train(data, epochs, { settings: kind.resolve({} as Given), options });
    },
  };
}
