/**
 * The Program: the instruction stream of one NeuronCore and the tensors it works on, as plain data. Lowering and kernel
 * authors produce it; executors, printer, verifier and timing consume it. Instructions are a flat list in program
 * order; static loops are unrolled by whoever writes it.
 */
import type { ChipName, EngineName } from '../chip';
import type { Dtype, Rounding } from '../numerics';

export type Space = 'hbm' | 'sbuf' | 'psum';

/** A tensor in HBM: dense, row-major. Inputs are given by name, outputs are returned by name. */
export interface HbmTensor {
  readonly space: 'hbm';
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly role: 'input' | 'output';
}

interface OnChip {
  readonly name: string;
  readonly dtype: Dtype;
  /** First partition and how many; partitions of a tensor are contiguous. */
  readonly partition: number;
  readonly partitions: number;
  /** Elements of the free dimension: of each partition. */
  readonly elements: number;
}

/** A tensor in SBUF, at the same byte address of each of its partitions. */
export interface SbufTensor extends OnChip {
  readonly space: 'sbuf';
  readonly address: number;
}

/** A tensor in PSUM, from the start of a bank of each of its partitions. */
export interface PsumTensor extends OnChip {
  readonly space: 'psum';
  readonly bank: number;
}

export type Tensor = HbmTensor | SbufTensor | PsumTensor;

/** [stride, count] of one dimension, in elements, outermost first; a stride of 0 broadcasts. */
export type Dim = readonly [stride: number, count: number];

interface Access {
  readonly tensor: string;
  /** View: offset and strides count elements of this format. */
  readonly dtype: Dtype;
  readonly offset: number;
  readonly dims: readonly Dim[];
}

/** Elements of an HBM tensor, in the order of the dims. */
export interface HbmPattern extends Access {
  readonly space: 'hbm';
}

/** The same elements of each of some partitions: partition by partition, then in the order of the dims. */
export interface ChipPattern extends Access {
  readonly space: 'sbuf' | 'psum';
  /** First partition, counted on the chip and not within the tensor. */
  readonly partition: number;
  readonly partitions: number;
}

export type Pattern = HbmPattern | ChipPattern;

/** What an elementwise instruction does to two values; float32 in, float32 out. */
export type AluOp = 'add';

/**
 * The one rounding of a write to dst, where it is not to nearest even (docs/numerics.md, Encoding). Stochastic rounding needs
 * all of seed, element and pitch: element f of dst's p-th partition draws as element `element` + p * `pitch` + f of instance 0.
 */
export interface WriteOptions {
  readonly rounding?: Rounding;
  readonly saturate?: boolean;
  readonly seed?: number;
  readonly element?: number;
  readonly pitch?: number;
}

type None = Readonly<Record<string, never>>;

/** Every instruction: what it reads, by operand name, what it writes, and what else it is told. */
interface Operands {
  /** HBM to SBUF, SBUF to HBM, or within either; equal element counts, any patterns, converts by way of float32. */
  dma_copy: { dst: Pattern; sources: { src: Pattern }; attributes: None };
  /** dst[M, N] (+)= stationary[K, M]^T moving[K, N]; with double-row both have an outer free dimension of 2. */
  nc_matmul: {
    dst: ChipPattern;
    sources: { stationary: ChipPattern; moving: ChipPattern };
    attributes: { readonly accumulate: boolean; readonly performance: 'none' | 'double_row' };
  };
  /** dst = src, converted by way of float32 where the formats differ. */
  tensor_copy: {
    dst: ChipPattern;
    sources: { src: ChipPattern };
    attributes: WriteOptions;
  };
  /** dst = data1 op data2 in float32, one rounding to dst's format. */
  tensor_tensor: {
    dst: ChipPattern;
    sources: { data1: ChipPattern; data2: ChipPattern };
    attributes: { readonly op: AluOp } & WriteOptions;
  };
  /** dst = one code of its format, everywhere. */
  memset: {
    dst: ChipPattern;
    sources: None;
    attributes: { readonly code: number };
  };
}

export type Opcode = keyof Operands;

/** One instruction. `id` is unique in its Program and says where the instruction comes from. */
export type Instruction<O extends Opcode = Opcode> = {
  [P in O]: {
    readonly opcode: P;
    readonly id: string;
    readonly engine: EngineName;
    readonly dst: Operands[P]['dst'];
    readonly sources: Readonly<Operands[P]['sources']>;
    readonly attributes: Operands[P]['attributes'];
  };
}[O];

export interface Program {
  readonly chip: ChipName;
  readonly tensors: readonly Tensor[];
  readonly instructions: readonly Instruction[];
}
