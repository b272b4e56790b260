import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { cgroupQuota, countCores, physicalCores } from '../../lib/pool/cores.ts';

/** Eight processors on four cores: 0 and 4 share one, 1 and 5, and so on. */
const hyperthreaded = (processor: number) => `${processor % 4},${(processor % 4) + 4}\n`;

describe('the number of lanes by default', () => {
  it.each([
    ['two threads a core', '0-7', 4],
    ['an affinity for both threads of one core', '2,6', 1],
    ['an affinity for three cores in part', '0-2,4', 3],
  ])('is the number of cores: %s', (_, allowed, cores) => {
    expect(countCores({ allowed, siblingsOf: hyperthreaded, quota: null })).toBe(cores);
  });

  it('takes every processor for a core where the kernel does not say', () => {
    expect(countCores({ allowed: '0-2', siblingsOf: () => null, quota: null })).toBe(3);
  });

  it.each([
    [2, 2],
    [1.5, 1],
    [0.5, 1],
    [64, 4],
  ])('keeps within a quota of %s processors', (quota, lanes) => {
    expect(countCores({ allowed: '0-7', siblingsOf: hyperthreaded, quota })).toBe(lanes);
  });

  it('is from 1 to the logical processors on this machine', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
    expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
  });
});

describe('the quota of a container', () => {
  const files = (contents: Record<string, string>) => (path: string) => contents[path] ?? null;

  it.each([
    ['version 2 with a limit', { '/sys/fs/cgroup/cpu.max': '150000 100000\n' }, 1.5],
    ['version 2 without', { '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, null],
    [
      'version 1 with a limit',
      {
        '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
        '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      2,
    ],
    [
      'version 1 without',
      { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' },
      null,
    ],
    ['no control groups', {}, null],
  ])('%s', (_, contents, quota) => {
    expect(cgroupQuota(files(contents))).toBe(quota);
  });
});
