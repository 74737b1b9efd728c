/** Arrays in the chip's formats, their gradients, layers and optimisers: what `systole/arrays` gives. */
export { DeviceLostError, type TuneOptions, type TuningStore } from './execute/webgpu';
export { browserTunings } from './host';
export * from './tensor/array';
export {
  explain,
  type ExplainOptions,
  type Explanation,
  type Port as ExplanationPort,
  type TimedSection,
} from './tensor/explain';
export { checkpoint, grad, stopGradient, valueAndGrad, type GradOptions } from './tensor/gradient';
export * as nn from './tensor/nn';
export * as optim from './tensor/optim';
export {
  fp8Matmul,
  lossScaling,
  stepKey,
  type Fp8Options,
  type LossScale,
  type LossScaling,
  type LossScalingOptions,
} from './tensor/precision';
export { loadArrays, restoreArrays, saveArrays } from './tensor/saved';
export {
  openSafetensors,
  openSafetensorsStream,
  safetensorsStream,
  writeSafetensors,
  type SafetensorsFile,
  type SafetensorsStream,
  type SafetensorsTensor,
  type TensorToWrite,
} from './tensor/safetensors';
