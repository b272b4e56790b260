import { checkSettings } from './check-settings.ts';

/** What `trainIrt` can be told beyond the options of every kind. */
export interface IrtSettings {
  /** Independently seeded networks, each with identities of its own, whose logits are averaged. @default 3 */
  readonly members?: number;
  /** Units of each network's hidden layer. @default 256 */
  readonly hiddenSize?: number;
  /** Values of a model's identity in one network. @default 32 */
  readonly identitySize?: number;
  /** Share of the input's values dropped in training, in [0, 1). @default 0.4 */
  readonly inputDropout?: number;
  /** Share of hidden units dropped per batch in training, in [0, 1). @default 0.2 */
  readonly hiddenDropout?: number;
  /**
   * Whether scores are made 0 or 1 before training, as the paper does; otherwise the success head is trained on the share passed.
   * The same where scores are 0 or 1 already; on ulab-llmrouter, which has marks between, worse by 0.8 % of the routing error on
   * validation rows. @default false
   */
  readonly binarise?: boolean;
  /** Weight of the pairwise head's cross entropy beside the success head's. @default 1 */
  readonly pairWeight?: number;
  /** Of AdamW. @default 0.003 */
  readonly learningRate?: number;
  /** AdamW's decoupled weight decay; identities have the prior instead. @default 0.01 */
  readonly weightDecay?: number;
  /** Prompts per step; all models of a prompt go together. @default 128 */
  readonly batchRows?: number;
  /** Passes over the training rows at most. @default 40 */
  readonly epochs?: number;
  /** Passes without a better validation error after which training ends. @default 8 */
  readonly patience?: number;
}

/** `loss` is what `forward` alone would be trained on; the network has a loss of its own. */
export type ResolvedIrtSettings = Required<IrtSettings> & { readonly loss: 'bce' };

const DEFAULTS: Required<IrtSettings> = {
  members: 3,
  hiddenSize: 256,
  identitySize: 32,
  inputDropout: 0.4,
  hiddenDropout: 0.2,
  binarise: false,
  pairWeight: 1,
  learningRate: 3e-3,
  weightDecay: 0.01,
  batchRows: 128,
  epochs: 40,
  patience: 8,
};

/** Fills in the defaults. Throws ERR_INVALID_ARGUMENT for a value out of range. */
export function resolveIrtSettings(options: IrtSettings): ResolvedIrtSettings {
  const settings = { ...DEFAULTS, ...options };
  const { binarise: _, ...numbers } = settings;
  checkSettings('irt', numbers, {
    counts: ['members', 'hiddenSize', 'identitySize', 'batchRows', 'epochs', 'patience'],
    dropouts: ['inputDropout', 'hiddenDropout'],
    rates: ['learningRate', 'weightDecay', 'pairWeight'],
  });
  return { ...settings, loss: 'bce' };
}
