import type { RouteOptions, Router } from '../lib/index.ts';
import type { Target } from './open-loop.ts';

/** A router under load; to measure its capacity give it no deadline, or refusals would pass for throughput. */
export function routerTarget(router: Router, options: RouteOptions = {}): Target {
  return {
    name: 'pointsman',
    answer: async (prompt) => {
      const decision = await router.route(prompt, options).catch(() => null);
      if (decision === null) return 'refused';
      return decision.kind === 'fallback' ? 'fallback' : 'decided';
    },
  };
}

export const noDeadline: RouteOptions = { deadlineMs: Number.POSITIVE_INFINITY };
