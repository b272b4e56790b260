import { loadAddon } from '../../bindings/load.ts';

/** The kernels that the library trains with. */
export const { kernels } = loadAddon();
