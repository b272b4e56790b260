import { loadAddon } from './load.ts';

/** Values of one text. */
export const surfaceWidth = 16;

/**
 * What texts look like, [texts, surfaceWidth]; native/text/surface_features.h says what each value is. Reads the whole texts,
 * at some 5 us a kilobyte, most of it for copying them out of JavaScript. Throws ERR_INVALID_ARGUMENT for anything but strings.
 */
export function surfaceFeatures(texts: readonly string[]): Float32Array {
  return loadAddon().surfaceFeatures(texts);
}
