import { loadAddon } from '../../bindings/load.ts';

/** How near native embeddings must come to those of a float32 encoder, on the ISA in use. */
export const nativePrecision =
  loadAddon().info().operands === 'bf16' ? { cosine: 0.9995, digits: 3 } : { cosine: 0.99999, digits: 5 };
