import { PointsmanError } from '../errors.ts';
import { checkSettings } from './check-settings.ts';
import { type IprLoss, iprLosses } from './ipr-settings.ts';

/**
 * What `trainMlp` can be told beyond the options of every kind. The defaults are those of `ipr`: on the validation rows of three
 * sets (2,500 to 4,500 prompts, 9 to 18 models, 2 seeds each) one member or three, one hidden layer or two, 128 or 256 units, hidden
 * dropout of 0.2 or 0.5, input dropout of 0.2 or 0.4, rates of 0.001 or 0.003 and both losses are all within 0.7 % of the
 * same routing error.
 */
export interface MlpSettings {
  /** As for `ipr`. @default 'mse' */
  readonly loss?: IprLoss;
  /** Independently seeded networks whose predictions are averaged. @default 3 */
  readonly members?: number;
  /** Layers between the embedding and the outputs. @default 1 */
  readonly hiddenLayers?: number;
  /** Units of each of them. @default 256 */
  readonly hiddenSize?: number;
  /** Share of embedding values dropped in training, in [0, 1). @default 0.4 */
  readonly inputDropout?: number;
  /** Share of each row's hidden units dropped in training, in [0, 1). @default 0.2 */
  readonly hiddenDropout?: number;
  /** Highest learning rate. @default 0.003 */
  readonly learningRate?: number;
  /** AdamW's decoupled weight decay. @default 0.01 */
  readonly weightDecay?: number;
  /** Prompts per step; all models of a prompt go together. @default 128 */
  readonly batchRows?: number;
  /** Passes over the training rows at most. @default 40 */
  readonly epochs?: number;
  /** Passes without a better validation error after which training ends. @default 8 */
  readonly patience?: number;
}

export type ResolvedMlpSettings = Required<MlpSettings>;

const DEFAULTS: ResolvedMlpSettings = {
  loss: 'mse',
  members: 3,
  hiddenLayers: 1,
  hiddenSize: 256,
  inputDropout: 0.4,
  hiddenDropout: 0.2,
  learningRate: 3e-3,
  weightDecay: 0.01,
  batchRows: 128,
  epochs: 40,
  patience: 8,
};

/** Fills in the defaults. Throws ERR_INVALID_ARGUMENT for a value out of range. */
export function resolveMlpSettings(options: MlpSettings): ResolvedMlpSettings {
  const settings = { ...DEFAULTS, ...options };
  const { loss, ...numbers } = settings;
  checkSettings('mlp', numbers, {
    counts: ['members', 'hiddenLayers', 'hiddenSize', 'batchRows', 'epochs', 'patience'],
    dropouts: ['inputDropout', 'hiddenDropout'],
    rates: ['learningRate', 'weightDecay'],
  });
  if (iprLosses.includes(loss)) return settings;
  const known = iprLosses.join(', ');
  throw new PointsmanError('ERR_INVALID_ARGUMENT', `mlp: loss must be one of ${known}, got "${loss}"`);
}
