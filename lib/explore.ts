/** A share of requests that go to a model at random, so that feedback tells of models the policy would not have chosen. */
export interface Exploration {
  /** In [0, 1]. */
  readonly rate: number;
}

/**
 * How probable it was to choose a model, under epsilon exploration: with a probability of `rate` any of the models at choice, each
 * as likely as the others, else what the policy chose.
 * @param byPolicy how probable the policy itself makes the model; 1 or 0 for a policy that draws nothing
 * @param atChoice how many models satisfy the constraints, at least 1
 */
export function mixtureProbability(
  byPolicy: number,
  exploration: Exploration | null,
  atChoice: number,
): number {
  const { rate } = exploration ?? { rate: 0 };
  return (1 - rate) * byPolicy + rate / atChoice;
}

/**
 * The model at random that is tried in place of the policy's choice; null where it is left to the policy.
 * @param eligible indices of the models that satisfy the constraints
 * @param draw uniform in [0, 1)
 */
export function modelToTry({ rate }: Exploration, eligible: readonly number[], draw: number): number | null {
  if (draw >= rate) return null;
  return eligible[Math.floor((draw / rate) * eligible.length)] ?? null;
}
