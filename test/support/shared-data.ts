import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folder of the routing data that lies beside a checkout, or null where it does not. */
export const sharedData: string | null = existsSync(join(root, '..', 'shared', 'data'))
  ? join(root, '..', 'shared', 'data')
  : null;

/** For `it.skipIf`: why tests on real data do not run. */
export const noSharedData = 'needs ../shared/data, which is not beside this checkout';
