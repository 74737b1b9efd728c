/**
 * What may end each output of a staged product in place of its store: work on single elements that would else be a kernel after it.
 * Text and bindings are the asker's, as is what keeps its arithmetic exact; the product's element comes through a barrier.
 */
import type { BindingType } from './bindings';
import type { Conversions } from './conversions';

/** Where the results lie of which the first takes the place of the product's, and where the bindings of the tail begin. */
export const RESULT_BINDING = 4;
export const TAIL_BINDING = 9;
/** Storage buffers of a product's kernel: its passes, A, B, the result and scratch. */
export const PRODUCT_BUFFERS = 5;

export interface Tail {
  /** What it computes, in words. */
  readonly name: string;
  /**
   * `fn finish(product: u32, matrix: u32, row: u32, column: u32)`, which stores what becomes of an element's code, and declares the
   * result at RESULT_BINDING, what is in its bindings, and functions, beside those of its conversions. Slice is there. An invocation calls
   * it row by row, and in a row for `columns` neighbouring columns in order, from a multiple of that number on.
   */
  readonly source: (columns: number) => string;
  readonly conversions: Conversions;
  /** From TAIL_BINDING on. A uniform is told with each encoding. */
  readonly bindings: readonly BindingType[];
}

/** What an encoding gives the bindings of a tail. */
export interface TailBuffers {
  /** Of all its bindings but the uniform, in order. */
  readonly storage: readonly GPUBuffer[];
  /** The uniform after them, where there is one: `bytes` from byte `at`. */
  readonly told?: { readonly buffer: GPUBuffer; readonly at: number; readonly bytes: number };
}
