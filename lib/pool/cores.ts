import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** What Linux says of the processors that this process may use. */
export interface CoreFacts {
  /** Logical processors that may be used, such as "0-3,8". */
  readonly allowed: string;
  /** The processors that share a core with this one, this one included, such as "0,4"; null where it is not stated. */
  readonly siblingsOf: (processor: number) => string | null;
  /** Processors' worth of time that the container may use; null for no limit. */
  readonly quota: number | null;
}

/**
 * Physical cores this process may use, 1 or more. The encoder keeps a core's vector units busy by itself: a second lane
 * on the same core adds latency, not throughput. Where nothing is known of cores, the logical processors.
 */
export function physicalCores(): number {
  if (process.platform !== 'linux') return availableParallelism();
  const status = read('/proc/self/status');
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? '')?.[1];
  if (allowed === undefined) return availableParallelism();
  return countCores({
    allowed,
    siblingsOf: (processor) => read(`/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`),
    quota: cgroupQuota(read),
  });
}

/** A quota of 1.5 processors is one core: a lane more would be stopped for a part of every period. */
export function countCores({ allowed, siblingsOf, quota }: CoreFacts): number {
  const cores = new Set(
    parseList(allowed).map((processor) => siblingsOf(processor)?.trim() ?? `cpu ${processor}`),
  );
  return Math.max(1, Math.min(cores.size, Math.floor(quota ?? cores.size)));
}

/** Processors' worth of time the cgroup allows: version 2, else version 1, as a container sees them. */
export function cgroupQuota(readFile: (path: string) => string | null): number | null {
  const [limit, period] = (readFile('/sys/fs/cgroup/cpu.max') ?? '').split(/\s+/).map(Number);
  if (limit !== undefined && period !== undefined && limit > 0 && period > 0) return limit / period;
  const limit1 = Number(readFile('/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? Number.NaN);
  const period1 = Number(readFile('/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? Number.NaN);
  return limit1 > 0 && period1 > 0 ? limit1 / period1 : null;
}

/** "0-2,5" as [0, 1, 2, 5]. */
function parseList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** These are files of the kernel: one that is not there means a kernel that does not say. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
