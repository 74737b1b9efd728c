// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, SC11) and the draws of stochastic rounding made from it.
// The twin of src/numerics/philox.ts. WGSL has no 32 x 32 -> 64 bit product, so it is made of 16-bit halves.

/// The high word of a 32 x 32 -> 64 bit product.
fn philox_multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u);
}

fn philox4x32(counter: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    c = vec4<u32>(
      philox_multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      philox_multiply_high(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

/// The draw of one element of one instance of an instruction; seed is (low word, high word).
fn stochastic_draw(seed: vec2<u32>, launch: u32, instance: u32, element: u32) -> u32 {
  return philox4x32(vec4<u32>(element >> 2u, 0u, instance, launch), seed)[element & 3u];
}
