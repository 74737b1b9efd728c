// The draw of an output for stochastic rounding: that of element m * N + n of the whole output, whichever block of it a kernel
// computes. Each product of a batch has a seed of its own, one more than the product before. N and m are u32, so the element takes two words. The twin of encodeOutput in src/execute/reference/matmul.ts.

fn output_draw(matrix: u32, row: u32, column: u32) -> u32 {
  let m = slice.first_row + row;
  let n = slice.first_column + column;
  let low = m * slice.columns + n;
  let high = philox_multiply_high(m, slice.columns) + select(0u, 1u, low < n);
  let index = vec4<u32>((low >> 2u) | (high << 30u), high >> 2u, 0u, 0u);
  let seed_low = slice.seed_low + matrix;
  let seed_high = slice.seed_high + select(0u, 1u, seed_low < matrix);
  return philox4x32(index, vec2<u32>(seed_low, seed_high))[low & 3u];
}
