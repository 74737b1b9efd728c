/** The library in Node, and WebGPU devices there: the system's adapters and the embedded software adapter. */
import { openArraysOn, type Arrays, type OpenArraysOptions } from './arrays';
import { openDevice, type HostOptions } from './host/node';
import { openCore, type NeuronCore, type OpenOptions } from './library';

export { DeviceLostError, type TuningStore } from './execute/webgpu';
export { CoresDifferError, type WebGpuRun } from './execute/webgpu/interpreter';
export { listAdapters, openDevice, type AdapterFacts, type Host, type HostOptions } from './host/node';
export { startNodeThread } from './host/node-thread';
export { fileTunings } from './host/tunings-file';
export { UserError } from './numerics';
export type {
  MatmulResult,
  NeuronCore,
  OpenOptions,
  Operand,
  ProductOptions,
  ProgramOptions,
  TuneOptions,
  Verdict,
  WrongOutput,
} from './library';

/** @throws UserError where there is no adapter, or none of the name: it says what was tried. */
export function open(options: OpenOptions & HostOptions = {}): Promise<NeuronCore> {
  return openCore(options, ['adapter'], openDevice);
}

/** Arrays on this machine's WebGPU; the functions of them are in `systole/arrays`. @throws UserError for unknown options. */
export function openArrays(options: OpenArraysOptions & HostOptions = {}): Promise<Arrays> {
  return openArraysOn(options, ['adapter'], openDevice);
}
