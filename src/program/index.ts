/** The Program: tensors, access patterns, instructions and loops as data; allocation, counting, text, JSON. */
export { Allocator, SBUF_ALIGN } from './allocate';
export type { OnChipRequest } from './allocate';
export { countProgram, noCounts, OPCODES } from './count';
export type { Counts, Route } from './count';
export { DGE_MODES, FAMILIES, FORMS, OOB_MODES, WRITE } from './forms';
export type {
  AttributeForm,
  DmaOpcode,
  Form,
  GpsimdOpcode,
  OperandForm,
  RandomOpcode,
  RegisterOpcode,
  ScalarOpcode,
  TensorOpcode,
  VectorOpcode,
} from './forms';
export { fromJSON, toJSON, type ProgramFile } from './json';
export { MAX_INSTRUCTIONS, MAX_LOOP_DEPTH, requireCount, requireDepth } from './limits';
export { NAME_RULE, requireName } from './names';
export {
  ACTIVATE2_OPS,
  ACTIVATION_OPS,
  ALU_OPS,
  ARITHMETIC_OPS,
  BITWISE_OPS,
  MX_SCALE_RULES,
  REDUCE_COMMANDS,
  UNARY_OPS,
  type ActivationOp,
  type AluOp,
  type ArithmeticOp,
  type BitwiseOp,
  type MxScaleRule,
  type ReduceCommand,
  type UnaryOp,
} from './ops';
export { boundsProblem, bytesOf, countOf, elementsOf, hbm, offsetsOf, onChip, tensorBytes } from './pattern';
export { parseProgram } from './parse';
export { partsPrinter, printProgram } from './print';
export type {
  ChipPattern,
  Dim,
  HbmPattern,
  HbmTensor,
  Pattern,
  PsumTensor,
  RegisterTerm,
  SbufTensor,
  Space,
  Tensor,
} from './tensors';
export type {
  ForLoop,
  Instruction,
  Loop,
  Opcode,
  Program,
  ProgramNode,
  Scalar,
  StraightProgram,
  WhileLoop,
  WriteOptions,
} from './types';
export {
  hbmTensors,
  instructionsOf,
  isIndirect,
  isLoop,
  nameOf,
  readsOf,
  someOperand,
  writesOf,
  type AllOperands,
  type NamedOperand,
  type Patterns,
} from './walk';
