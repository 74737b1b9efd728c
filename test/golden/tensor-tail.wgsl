@group(0) @binding(9) var<storage, read> x0: array<u32>;
@group(0) @binding(10) var<storage, read> x1: array<u32>;
@group(0) @binding(4) var<storage, read_write> y0: array<u32>;
var<private> word0: u32;
// The frame of what ends the outputs of a product (src/execute/webgpu/tail.ts): the text in place of BODY computes from the code of
// the product's element what is made of it, and stores that. `told` has the values of fills, four to a vector.
fn zero_word() -> u32 {
  return slice.zero;
}

fn finish(product: u32, matrix: u32, row: u32, column: u32) {
  let v0 = x0[column];
  let v1 = alu_add(product, (v0) ^ zero_word());
  let v2 = activation_gelu(v1);
  let v3 = column + row * 160u;
  let v4 = x1[v3];
  let v5 = alu_add(v2, (v4) ^ zero_word());
  let v6 = encode_to_bfloat16(v5);
  word0 = select(word0, 0u, (column & 1u) == 0u) | (v6 << ((column & 1u) * 16u));
  if ((column & 1u) == 1u) {
    y0[v3 / 2u] = word0;
  }
}

