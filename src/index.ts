/** The package: everything that runs in a browser and in Node alike. Devices for Node come from `systole/node`. */
export * from './arrays';
export * from './chip';
export {
  createWebGpuMatmul,
  DeviceLostError,
  type MatrixView,
  type DeviceComparison,
  type Peaks,
  type PreparedMatmul,
  type PrepareOptions,
  type ProbeReport,
  type ProductMemory,
  type TuningStore,
  type WebGpuMatmul,
  type WebGpuOptions,
} from './execute/webgpu';
export { CoresDifferError, type GpuRunOptions, type WebGpuRun } from './execute/webgpu/interpreter';
export type { MatmulOperands, MatmulOptions, SubnormalMode, Window } from './execute/matmul';
export {
  referenceMatmul,
  runProgram,
  startProgram,
  type LoopPosition,
  type MemoryView,
  type Position,
  type ProgramRun,
  type RunFinding,
  type RunOptions,
} from './execute/reference';
export {
  createWasmMatmul,
  type StartThread,
  type Thread,
  type WasmMatmul,
  type WasmOptions,
  type WasmPeaks,
  type WasmProduct,
} from './execute/wasm';
export {
  adapterFacts,
  browserTunings,
  openBrowserDevice,
  requestDevice,
  type AdapterFacts,
  type Host,
} from './host';
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
export * from './lower';
export * from './numerics';
export { open } from './open';
export {
  countProgram,
  fromJSON,
  instructionsOf,
  parseProgram,
  printProgram,
  toJSON,
  type ChipPattern,
  type Dim,
  type HbmPattern,
  type HbmTensor,
  type Instruction,
  type Opcode,
  type Pattern,
  type Program,
  type ProgramNode,
  type PsumTensor,
  type SbufTensor,
  type Tensor,
} from './program';
export {
  findingOf,
  findingText,
  RULES,
  verdictText,
  verifyProgram,
  type Finding,
  type Rule,
  type RuleCode,
  type Severity,
  type VerifyOptions,
} from './verify';
