/** Opening a core, on whatever host: on a device of the caller's, or on one that the host opens. */
import { parseChip, type ChipName } from '../chip';
import { checkDevice, checkStore, createWebGpuMatmul, takeKept, type TuningStore } from '../execute/webgpu';
import type { Host } from '../host';
import { requireFields, UserError } from '../numerics';
import { NeuronCore, note } from './core';

export interface OpenOptions {
  /** Whose formats, tiles and memories hold; trn2 when left out. */
  readonly chip?: ChipName;
  /** A device of yours, which is never destroyed here; one of the host's choice when left out. */
  readonly device?: GPUDevice;
  /** Where what `tune` finds is kept for later, and taken from now; nowhere when left out. */
  readonly tunings?: TuningStore;
}

/**
 * @param openHost opens a device from the options that `hostOptions` names.
 * @throws UserError for unknown options, where there is no device, and where its arithmetic cannot keep the contract.
 */
export async function openCore<T extends object>(
  options: OpenOptions & T,
  hostOptions: readonly (keyof T & string)[],
  openHost: (options: T) => Promise<Host>,
): Promise<NeuronCore> {
  requireFields('open', options, ['chip', 'device', 'tunings', ...hostOptions]);
  const { device, tunings } = options;
  if (tunings !== undefined) checkStore(tunings);
  const chip = parseChip(options.chip ?? 'trn2');
  const idle = hostOptions.find((name) => device !== undefined && options[name] !== undefined);
  if (idle !== undefined)
    throw new UserError(`open takes device or ${idle}, not both: a device of yours has its adapter already.`);
  if (device !== undefined) return openOn(checkDevice(device), chip, tunings, () => undefined);
  const host = await openHost(options);
  try {
    return await openOn(host.device, chip, tunings, () => {
      host.close();
    });
  } catch (error) {
    host.close();
    throw error;
  }
}

async function openOn(
  device: GPUDevice,
  chip: ChipName,
  tunings: TuningStore | undefined,
  closeDevice: () => void,
): Promise<NeuronCore> {
  const matmul = await createWebGpuMatmul(device, { onNote: note });
  if (tunings !== undefined) await takeKept(matmul, tunings, note);
  return new NeuronCore(chip, matmul, closeDevice, tunings);
}
