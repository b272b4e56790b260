import { PointsmanError } from '../errors.ts';
import { checkSettings } from '../estimator/check-settings.ts';
import type { PolicyNetworkConfig } from '../policy/policy-network.ts';

/** How a policy network is made and trained (LLM Bandit, arXiv 2502.02743, where nothing else is said). */
export interface PolicyTrainingSettings extends PolicyNetworkConfig {
  /** Steps of supervised pretraining. The paper has 500. @default 100 */
  readonly pretrainingSteps: number;
  /** Prompts a step. The paper has 1024. @default 512 */
  readonly pretrainingBatch: number;
  /** Rounds of PPO, each on choices of its own. The paper has 500. @default 300 */
  readonly rounds: number;
  /** Choices a round. @default 256 */
  readonly roundBatch: number;
  /** Gradient steps on the choices of a round (ours). @default 2 */
  readonly stepsPerRound: number;
  /** How far from 1 the ratio of new to old probability counts. @default 0.2 */
  readonly clip: number;
  /** Weight of the policy's entropy. @default 0.01 */
  readonly entropy: number;
  /** Share of a prompt's values dropped in pretraining, in [0, 1) (ours). @default 0.4 */
  readonly promptDropout: number;
  /** Of AdamW in pretraining and for the value; the policy's own steps of PPO are `policyRate` of it (ours). @default 0.001 */
  readonly learningRate: number;
  /** @default 0.1 */
  readonly policyRate: number;
  /** AdamW's decoupled weight decay (ours). @default 0.3 */
  readonly weightDecay: number;
}

const DEFAULTS: PolicyTrainingSettings = {
  width: 32,
  heads: 4,
  blocks: 1,
  pretrainingSteps: 100,
  pretrainingBatch: 512,
  rounds: 300,
  roundBatch: 256,
  stepsPerRound: 2,
  clip: 0.2,
  entropy: 0.01,
  promptDropout: 0.4,
  learningRate: 1e-3,
  policyRate: 0.1,
  weightDecay: 0.3,
};

/** Fills in the defaults. Throws ERR_INVALID_ARGUMENT for a value out of range. */
export function resolvePolicySettings(given: Partial<PolicyTrainingSettings>): PolicyTrainingSettings {
  const settings = { ...DEFAULTS, ...given };
  checkSettings('policy network', settings, {
    counts: [
      'width',
      'heads',
      'pretrainingSteps',
      'pretrainingBatch',
      'rounds',
      'roundBatch',
      'stepsPerRound',
    ],
    dropouts: ['promptDropout', 'clip'],
    rates: ['blocks', 'entropy', 'learningRate', 'policyRate', 'weightDecay'],
  });
  const { width, heads } = settings;
  if (width % heads === 0) return settings;
  throw new PointsmanError(
    'ERR_INVALID_ARGUMENT',
    `policy network: heads must divide the width, ${width}, got ${heads}`,
  );
}
