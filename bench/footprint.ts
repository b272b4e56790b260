import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Bench, quantile } from './harness.ts';

const child = fileURLToPath(new URL('footprint-child.mjs', import.meta.url));
const laneCounts = [1, 2, 4];

/** Memory and start: resident memory while routing by number of lanes, time to a loaded router and to a first decision. */
export const footprintBench: Bench = {
  name: 'footprint',
  description: 'resident memory while routing, and the way from process start to a first decision',
  async *groups({ rounds }) {
    yield {
      title: 'memory and start, by lanes',
      figures: laneCounts.map((lanes) => {
        const runs = Array.from({ length: rounds }, () => runChild(lanes));
        const median = (name: keyof Footprint) =>
          quantile(
            runs.map((run) => run[name]),
            0.5,
          );
        return {
          name: String(lanes),
          values: {
            'RSS while routing MB': median('rssMb'),
            'import ms': median('importMs'),
            'Router.load ms': median('loadMs'),
            'process start to first decision ms': median('firstDecisionMs'),
          },
        };
      }),
    };
  },
};

type Footprint = Readonly<Record<'importMs' | 'loadMs' | 'firstDecisionMs' | 'rssMb', number>>;

/** A fresh process each time; it fails where a prompt is not routed. */
function runChild(lanes: number): Footprint {
  return JSON.parse(
    execFileSync(process.execPath, [child, String(lanes)], { encoding: 'utf8' }),
  ) as Footprint;
}
