import { loadAddon } from '../../bindings/load.ts';
import { PointsmanError } from '../errors.ts';
import type { Device } from '../options.ts';
import type { EncoderOptions } from './encoder-options.ts';

/** Where lanes encode and score. */
export interface LaneDevice {
  readonly device: 'cpu' | 'cuda';
  /** Why `device: 'auto'` took the CPU, or took it for the heads; null where there was nothing to say. */
  readonly deviceReason: string | null;
}

/** The encoder's; where that is on the GPU and the heads are not, why they are not. */
export function deviceOf({ device, deviceReason }: LaneDevice, heads: LaneDevice | null): LaneDevice {
  const headsReason = device === 'cuda' ? (heads?.deviceReason ?? null) : null;
  return {
    device,
    deviceReason: headsReason === null ? deviceReason : `heads are on the CPU: ${headsReason}`,
  };
}

/** A GPU that was asked for by name and is not to be had is an error; 'auto' falls back to the CPU. */
export function checkDevice(device: Device): void {
  if (device !== 'cuda') return;
  const { gpu } = loadAddon().info();
  if (!gpu.available) throw unavailable(gpu.reason);
}

/** The encoder's options for the device that was asked for. */
export function onDevice(options: EncoderOptions, device: Device): EncoderOptions {
  if (options.kind === 'native') return { ...options, device };
  if (device === 'cuda') throw unavailable('the back end "onnx" encodes on the CPU');
  return options;
}

function unavailable(reason: string): PointsmanError {
  return new PointsmanError(
    'ERR_DEVICE_UNAVAILABLE',
    `device "cuda" is not available: ${reason}; use "auto" or "cpu"`,
  );
}
