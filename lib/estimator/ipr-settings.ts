import { PointsmanError } from '../errors.ts';
import { checkSettings } from './check-settings.ts';

export const iprLosses = ['mse', 'bce', 'bce+ranking'] as const;
export type IprLoss = (typeof iprLosses)[number];

/**
 * What `trainIpr` can be told beyond the options of every kind. The defaults are those with the lowest routing error on
 * the validation rows of five sets (2,500 to 12,300 prompts, 2 to 29 models): dropout of the input matters most, then
 * averaging three networks; hidden sizes of 256 and 512 and both losses are level.
 */
export interface IprSettings {
  /**
   * What training minimises over the known cells: squared error, cross entropy, or cross entropy and RankNet's loss over
   * the pairs of models on one prompt, in equal parts. @default 'mse'
   */
  readonly loss?: IprLoss;
  /** Independently seeded networks whose logits are averaged; together they are one wider head. @default 3 */
  readonly members?: number;
  /** Units of each network's hidden layer. @default 256 */
  readonly hiddenSize?: number;
  /** Length of a model's identity vector. @default 128 */
  readonly identitySize?: number;
  /** Share of embedding values dropped in training, in [0, 1). @default 0.4 */
  readonly inputDropout?: number;
  /** Share of hidden units dropped per batch in training, in [0, 1). @default 0.2 */
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

export type ResolvedIprSettings = Required<IprSettings>;

const DEFAULTS: ResolvedIprSettings = {
  loss: 'mse',
  members: 3,
  hiddenSize: 256,
  identitySize: 128,
  inputDropout: 0.4,
  hiddenDropout: 0.2,
  learningRate: 3e-3,
  weightDecay: 0.01,
  batchRows: 128,
  epochs: 40,
  patience: 8,
};

/** Fills in the defaults. Throws ERR_INVALID_ARGUMENT for a value out of range. */
export function resolveIprSettings(options: IprSettings): ResolvedIprSettings {
  const settings = { ...DEFAULTS, ...options };
  const { loss: _, ...numbers } = settings;
  checkSettings('ipr', numbers, {
    counts: ['members', 'hiddenSize', 'identitySize', 'batchRows', 'epochs', 'patience'],
    dropouts: ['inputDropout', 'hiddenDropout'],
    rates: ['learningRate', 'weightDecay'],
  });
  if (!iprLosses.includes(settings.loss)) {
    throw new PointsmanError(
      'ERR_INVALID_ARGUMENT',
      `ipr: loss must be one of ${iprLosses.join(', ')}, got "${settings.loss}"`,
    );
  }
  return settings;
}
