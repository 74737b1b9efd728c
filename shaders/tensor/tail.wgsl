// The frame of what ends the outputs of a product (src/execute/webgpu/tail.ts): the text in place of BODY computes from the code of
// the product's element what is made of it, and stores that. `told` has the values of fills, four to a vector.
//: if TOLD
@group(0) @binding({{ BINDING }}) var<uniform> told: array<vec4<u32>, {{ TOLD }}>;

fn fill(index: u32) -> u32 {
  return told[index / 4u][index % 4u];
}

//: end
fn zero_word() -> u32 {
  return slice.zero;
}

fn finish(product: u32, matrix: u32, row: u32, column: u32) {
{{ BODY }}
}
