// What both matmul kernels are told: the slice of the product that a dispatch computes, and the passes of the plan.

struct Slice {
  m: u32,
  n: u32,
  /// Vectors of A and of B as they are bound, words of the result (and of C) from one row to the next.
  a_stride: u32,
  b_stride: u32,
  out_stride: u32,
  /// Workgroups are numbered down columns of tiles, so that neighbours in time read the same part of B, the larger operand
  /// where weights are. This dispatch starts at number `first_workgroup`.
  first_workgroup: u32,
  workgroups_down: u32,
  pass_begin: u32,
  pass_end: u32,
  /// 1: take up the sums that an earlier slice left in scratch.
  resume: u32,
  /// 1: this slice ends the product: round and store. 0: leave the sums in scratch.
  finish: u32,
  /// Always 0, which the compiler cannot know (see `rounded`).
  zero: u32,
  /// For the draws of stochastic rounding (output_draw.wgsl): the words of the first product's seed, where this block of the output begins in the
  /// whole of it, and how many columns the whole has.
  seed_low: u32,
  seed_high: u32,
  first_row: u32,
  first_column: u32,
  columns: u32,
  /// Of the epilogue: its factors as float32 bits, and words of the residual from one row to the next.
  scale: u32,
  out_scale: u32,
  residual_stride: u32,
  /// Workgroups of this dispatch along the output, where each pass has its own (SPLIT in matmul.wgsl).
  split_workgroups: u32,
  /// Of a batch: workgroups of each of its products, and vectors of A and of B, words of the result, from one product to the next.
  matrix_workgroups: u32,
  a_matrix: u32,
  b_matrix: u32,
  out_matrix: u32,
  /// Where the operands and the result begin in their buffers, in the same units, and words from one row of C to the next.
  a_offset: u32,
  b_offset: u32,
  out_offset: u32,
  c_stride: u32,
}

struct Pass {
  k0: u32,
  rows: u32,
  interleave: u32,
  group: u32,
}

@group(0) @binding(0) var<uniform> slice: Slice;
@group(0) @binding(1) var<storage, read> passes: array<Pass>;

/// A barrier against fusing and reassociation: no compiler can see through an exclusive or with an unknown word.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ slice.zero);
}
