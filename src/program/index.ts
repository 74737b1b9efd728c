/** The Program: tensors, access patterns and instructions as data; allocation, counting, text, JSON. */
export { Allocator, SBUF_ALIGN } from './allocate';
export type { OnChipRequest } from './allocate';
export { countProgram, noCounts } from './count';
export type { Counts, Route } from './count';
export { fromJSON, toJSON, type ProgramFile } from './json';
export { boundsProblem, bytesOf, countOf, elementsOf, hbm, offsetsOf, onChip, tensorBytes } from './pattern';
export { printProgram } from './print';
export type {
  AluOp,
  ChipPattern,
  Dim,
  HbmPattern,
  HbmTensor,
  Instruction,
  Opcode,
  Pattern,
  Program,
  PsumTensor,
  SbufTensor,
  Space,
  Tensor,
  WriteOptions,
} from './types';
