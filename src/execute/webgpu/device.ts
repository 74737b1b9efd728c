/** Devices of callers. */
import { UserError } from '../../numerics';

/** Not every host defines the class GPUDevice. @throws UserError for what is no device. */
export function checkDevice(device: GPUDevice): GPUDevice {
  const given: unknown = device;
  if (
    typeof given === 'object' &&
    given !== null &&
    'queue' in given &&
    'limits' in given &&
    'createBuffer' in given
  )
    return device;
  throw new UserError('device must be a GPUDevice, as adapter.requestDevice() gives: await it first.');
}
