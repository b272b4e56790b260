import type { RouterManifest } from '../artifact/schema.ts';

type PolicyNetwork = NonNullable<RouterManifest['policyNetwork']>;

/** One sentence: how a policy network does beside `utility`. */
export function renderPolicyNetwork({ heldOut, isDefault }: PolicyNetwork): string {
  const serves = isDefault ? 'it serves preferences' : 'predictions alone serve preferences';
  return `policy network: ${renderPolicyFigures(heldOut)} (${heldOut.rows} rows it was not trained on): ${serves}`;
}

/** gapClosed of both, and the quality at equal cost between them. */
export function renderPolicyFigures(figures: PolicyNetwork['heldOut']): string {
  const { network, utility, difference, qualityAtEqualCost, qualityInterval } = figures;
  return (
    `gapClosed ${percent(network)} against ${percent(utility)} of utility${interval(difference, percent)}, ` +
    `quality at equal cost ${signed(qualityAtEqualCost)}${interval(qualityInterval, signed)}`
  );
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

function signed(quality: number | null): string {
  return quality === null ? '-' : `${quality < 0 ? '' : '+'}${quality.toFixed(4)}`;
}

function interval(bounds: readonly [number, number] | null, show: (value: number) => string): string {
  return bounds === null ? '' : ` (difference ${show(bounds[0])} .. ${show(bounds[1])})`;
}
