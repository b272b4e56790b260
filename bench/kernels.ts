import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../bindings/package-root.ts';
import type { Bench, FigureGroup } from './harness.ts';

/** A line that bench/native prints. */
interface KernelTime {
  readonly kernel: string;
  readonly shape: string;
  readonly isa: string;
  readonly microseconds: number;
  readonly gflops: number;
  /** 0 where memory does not bound the kernel. */
  readonly gigabytesPerSecond: number;
  /** Of the registers-only loop that ran before each sample; absent for an ISA without one. */
  readonly peakGflops?: number;
  readonly shareOfPeak?: number;
}

/**
 * Kernels of the encoder by instruction set: GFLOP/s and the share of what the machine reaches with registers alone. The
 * timing is in bench/native, where nothing of Node stands around a kernel.
 */
export const kernelsBench: Bench = {
  name: 'kernels',
  description: 'GEMM shapes of the encoder, attention, layer norm and GELU by instruction set',
  async *groups({ rounds }) {
    const program = buildKernelsBench();
    const lines = execFileSync(program, [String(rounds)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    const times = lines.map((line) => JSON.parse(line) as KernelTime);
    for (const isa of new Set(times.map((time) => time.isa))) {
      yield describeIsa(
        isa,
        times.filter((time) => time.isa === isa),
      );
    }
  },
};

/** Builds bench/native with plain CMake and returns the program's path. */
function buildKernelsBench(): string {
  const root = packageRoot();
  const folder = join(root, 'build-bench');
  const cmake = (...args: string[]) =>
    execFileSync('cmake', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  cmake('-S', root, '-B', folder, '-DPOINTSMAN_BUILD_BENCH=ON', '-DCMAKE_BUILD_TYPE=Release');
  cmake('--build', folder, '--target', 'kernels_bench', '--parallel', '2');
  return join(folder, 'bench', 'native', 'kernels_bench');
}

function describeIsa(isa: string, times: readonly KernelTime[]): FigureGroup {
  const [peak] = times.flatMap(({ peakGflops }) => peakGflops ?? []);
  return {
    title: `${isa}, one thread`,
    figures: times.map(({ kernel, shape, microseconds, gflops, gigabytesPerSecond, shareOfPeak }) => ({
      name: `${kernel} ${shape}`,
      values: {
        'median µs': microseconds,
        'GFLOP/s': gflops,
        ...(shareOfPeak === undefined ? {} : { '% of peak': 100 * shareOfPeak }),
        ...(gigabytesPerSecond === 0 ? {} : { 'GB/s': gigabytesPerSecond }),
      },
    })),
    notes: [
      peak === undefined
        ? 'there is no loop that measures the peak of this instruction set'
        : `peak: ${peak.toFixed(0)} GFLOP/s of multiply-adds on registers, measured before each sample`,
      'every result was first compared with the float64 reference; caches are warm',
    ],
  };
}
