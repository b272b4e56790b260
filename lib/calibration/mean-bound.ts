/** A bet of this share of what would lose everything: the capital stays above 0 whatever comes. */
const kBoldestBet = 0.99;

/**
 * Whether `losses`, independent draws from one distribution over [-1, 1], refute at level `error` that its mean exceeds
 * `limit`: said of a mean above the limit with a probability of at most `error`, for every distribution and number of
 * draws. By betting (Waudby-Smith and Ramdas, arXiv 2010.09686, sections 3 and 4): the capital of a gambler who bets that
 * losses stay below the limit, K_i = K_{i-1} (1 + lambda_i (limit - loss_i)), cannot be expected to grow if they do not, so
 * by Ville's inequality it reaches 1 / error with a probability of at most `error`. lambda_i is their predictable plug-in,
 * sqrt(2 ln(1/error) / (n sigma_{i-1}^2)), from the draws before i alone.
 *
 * Others, at an error of 10 %: with 600 rows of which 30 % leave, a mean of -0.06 is found to be below 0.02 in 96 % of
 * draws, by empirical Bernstein in 54 % and by Hoeffding in 37 %. A t-interval finds it in 99 %, but on 20 rows calls a loss
 * of 1 that occurs on 5.1 % of rows less than 0.05 on average in 35 % of draws.
 */
export function meanIsBelow(losses: ArrayLike<number>, limit: number, error: number): boolean {
  const n = losses.length;
  const boldest = kBoldestBet / (1 - limit);
  const wanted = Math.log(1 / error);
  let logCapital = 0;
  let sum = 0;
  let squares = 1; // as if one draw lay at a distance of 1 from the mean
  for (let i = 0; i < n; i++) {
    const loss = losses[i] ?? 0;
    const variance = squares / (i + 1);
    const bet = Math.min(boldest, Math.sqrt((2 * wanted) / (n * variance)));
    const mean = sum / (i + 1);
    logCapital += Math.log1p(bet * (limit - loss));
    if (logCapital >= wanted) return true;
    sum += loss;
    squares += (loss - mean) ** 2;
  }
  return false;
}
