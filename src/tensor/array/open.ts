/** Opening arrays: on WebGPU where there is one, else on the CPU, which computes the same bits slowly. */
import { parseChip, type ChipName } from '../../chip';
import { checkDevice, checkStore, type TuningStore } from '../../execute/webgpu';
import { openBrowserDevice, type BrowserHostOptions, type Host } from '../../host';
import { requireFields, UserError } from '../../numerics';
import { ReferenceExecutor } from '../reference';
import { WebGpuExecutor, type Fusion } from '../webgpu';
import { Arrays } from './arrays';

const EXECUTORS = ['auto', 'webgpu', 'reference'] as const;
const ON_LOST = ['report', 'recover'] as const;

export interface OpenArraysOptions {
  /** Whose formats and order of additions hold; trn2 when left out. */
  readonly chip?: ChipName | undefined;
  /** A device of yours, which is never destroyed here; one of the host's choice when left out. */
  readonly device?: GPUDevice | undefined;
  /** `auto` when left out: WebGPU where there is an adapter, else the reference on the CPU, which is told by one line. */
  readonly executor?: (typeof EXECUTORS)[number] | undefined;
  /**
   * Whether kernels compute several steps, on WebGPU; `all` has products end in what follows them on every adapter, not only where that pays. No bit depends on it.
   */
  readonly fusion?: Fusion | undefined;
  /**
   * What a lost device comes to. `report`, when left out: an error that tells what was on it alone. `recover`, of a device that is opened here:
   * results of every run are read back and kept on the host, and a run that a loss stops is repeated on a fresh device, with the same bits.
   */
  readonly onLost?: (typeof ON_LOST)[number] | undefined;
  /** Where what `tune` finds is kept for later, and taken from now; nowhere when left out. */
  readonly tunings?: TuningStore | undefined;
}

/** @throws UserError for unknown options, and where WebGPU was asked for and there is none. */
export const openArrays = (options: OpenArraysOptions & BrowserHostOptions = {}): Promise<Arrays> =>
  openArraysOn(options, ['powerPreference', 'forceFallbackAdapter'], (given) =>
    openBrowserDevice(given, 'import { openArrays } from "systole/node" instead'),
  );

/** @param openHost opens a device from the options that `hostOptions` names. */
export async function openArraysOn<T extends object>(
  options: OpenArraysOptions & T,
  hostOptions: readonly (keyof T & string)[],
  openHost: (options: T) => Promise<Host>,
): Promise<Arrays> {
  requireFields('openArrays', options, [
    'chip',
    'device',
    'executor',
    'fusion',
    'onLost',
    'tunings',
    ...hostOptions,
  ]);
  const { device, executor = 'auto', fusion = true, onLost = 'report', tunings } = options;
  if (tunings !== undefined) checkStore(tunings);
  const chip = parseChip(options.chip ?? 'trn2');
  if (!EXECUTORS.includes(executor))
    throw new UserError(`openArrays: executor is one of ${EXECUTORS.join(', ')}; received ${executor}.`);
  if (![true, false, 'all'].includes(fusion))
    throw new UserError(`openArrays: fusion is true, false or all; received ${String(fusion)}.`);
  if (!ON_LOST.includes(onLost))
    throw new UserError(`openArrays: onLost is one of ${ON_LOST.join(', ')}; received ${onLost}.`);
  if (onLost === 'recover' && device !== undefined)
    throw new UserError(
      'openArrays: onLost: recover needs a device that is opened here; of your own device only you can open another.',
    );
  if (device !== undefined) checkDevice(device);
  if (executor === 'reference') return new Arrays(await ReferenceExecutor.create({ chip }));
  if (device !== undefined) return new Arrays(await WebGpuExecutor.create(device, { chip, fusion, tunings }));
  let host = await openHost(options).catch((error: unknown) => {
    if (executor === 'webgpu' || !(error instanceof UserError)) throw error;
    console.warn(
      `systole: arrays are computed on the CPU, bit for bit as on a GPU but slowly. ${error.message}`,
    );
    return undefined;
  });
  if (host === undefined) return new Arrays(await ReferenceExecutor.create({ chip }));
  const renewed = async (): Promise<GPUDevice> => {
    host?.close();
    host = await openHost(options);
    return host.device;
  };
  const renew = onLost === 'recover' ? renewed : undefined;
  try {
    return new Arrays(await WebGpuExecutor.create(host.device, { chip, fusion, tunings, renew }), () => {
      host?.close();
    });
  } catch (error) {
    host.close();
    throw error;
  }
}
