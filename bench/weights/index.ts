/** Matrices of files, real weights as the B operand of a case, and what narrow formats cost in accuracy on them. */
export { checkWeights, distanceFromFloat64, type Accuracy, type GivenOperands } from './accuracy';
export { npyBytes, readArray, type CodedArray } from './array';
export { COMMAND_LINE, type Controls } from './controls';
export type { StoredDtype } from './elements';
export {
  matrixReader,
  readMatrixFile,
  readWeights,
  type MatrixFile,
  type MatrixRequest,
  type Weights,
  type WeightsLayout,
} from './load';
export { blobSource, type ByteSource } from './source';
