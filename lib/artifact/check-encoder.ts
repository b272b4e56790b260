import { PointsmanError } from '../errors.ts';
import type { RouterManifest } from './schema.ts';

/** Throws ERR_ENCODER_MISMATCH unless the router was trained on embeddings of exactly this encoder. */
export function checkEncoder(manifest: RouterManifest, name: string, sha256: string): void {
  const trained = manifest.encoder;
  if (trained.sha256 === sha256) return;
  throw new PointsmanError(
    'ERR_ENCODER_MISMATCH',
    `this router was trained on encoder ${trained.name} (${trained.sha256.slice(0, 12)}), the one at hand is ${name} ` +
      `(${sha256.slice(0, 12)}): name the right folder with the option "encoder", or train again`,
  );
}
