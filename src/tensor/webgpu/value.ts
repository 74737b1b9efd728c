/**
 * What kernels are made from: the graph in fewer kinds. Leaves and fills are numbered, since a plan serves every graph of its
 * structure; reductions are cut into blocks; operands of products lie as the product reads them.
 */
import type { Dtype } from '../../numerics';
import { bitsOf } from '../../numerics';
import { sizeOf, type OpOf, type Reduction, type Scan, type Shape } from '../graph';

export type ValueOp =
  /** The values of leaf `index` of the plan. */
  | { readonly kind: 'leaf'; readonly index: number }
  /** The value of fill `index`, which a run is told. */
  | { readonly kind: 'fill'; readonly index: number }
  | { readonly kind: 'constant'; readonly code: number }
  | OpOf<
      | 'iota'
      | 'random'
      | 'map'
      | 'cast'
      | 'bitcast'
      | 'reshape'
      | 'permute'
      | 'broadcast'
      | 'slice'
      | 'window'
      | 'concat'
    >
  | (Omit<OpOf<'pad'>, 'value'> & { readonly code: number })
  /** The same codes, in memory of their own; `loose` with a word for each. */
  | { readonly kind: 'copy'; readonly loose: boolean }
  /** [rows, blocks] of [rows, length]: what each block of REDUCE_BLOCK gives. */
  | { readonly kind: 'reduce'; readonly reduction: Scan }
  /** The same of places: of the elements of [rows, length], or of those whose places the second input has. */
  | { readonly kind: 'places'; readonly reduction: Exclude<Reduction, Scan> }
  | OpOf<'scan'>
  | Omit<OpOf<'gather'>, 'what'>
  /**
   * Into the first input, a copy that nothing else reads. Inputs: it, the index, the updates, and of narrow formats that join the
   * float32 totals, a copy likewise.
   */
  | Omit<OpOf<'scatter'>, 'what'>
  /** Words in whose order the elements are. */
  | { readonly kind: 'order'; readonly descending: boolean }
  /** Places in the order of words, of rows along the last axis. */
  | { readonly kind: 'sort' }
  /** [batch, M, columns] of A [batch or 1, K, rows] and B [batch or 1, K, columns], as the fused product has them. */
  | (OpOf<'matmul'> & {
      readonly m: number;
      readonly n: number;
      readonly k: number;
      readonly a: Dtype;
      readonly b: Dtype;
      readonly sharedA: boolean;
      readonly sharedB: boolean;
    });

let born = 0;

export class Value {
  readonly id = born++;
  readonly op: ValueOp;
  readonly inputs: readonly Value[];
  readonly shape: Shape;
  readonly dtype: Dtype;
  readonly size: number;

  constructor(op: ValueOp, inputs: readonly Value[], shape: Shape, dtype: Dtype) {
    this.op = op;
    this.inputs = inputs;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
  }

  /** @throws Error where there is none. */
  input(index: number): Value {
    const input = this.inputs[index];
    if (input === undefined) throw new Error(`Invariant violation: ${this.op.kind} has no input ${index}`);
    return input;
  }
}

/** Where elements narrower than a word have a word each: their writers own single elements, not whole words. */
export const isLoose = ({ op, dtype }: Value): boolean =>
  bitsOf(dtype) < 32 && (op.kind === 'scan' || op.kind === 'scatter' || (op.kind === 'copy' && op.loose));

/** Elements in a word of memory. */
export const perWord = (value: Value): number => (isLoose(value) ? 1 : 32 / bitsOf(value.dtype));

export const wordsOf = (value: Value): number => Math.max(1, Math.ceil(value.size / perWord(value)));
