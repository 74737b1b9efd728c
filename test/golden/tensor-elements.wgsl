@group(0) @binding(1) var<storage, read> x0: array<u32>;
@group(0) @binding(2) var<storage, read> x1: array<u32>;
@group(0) @binding(3) var<storage, read_write> y0: array<u32>;
// The frame of a kernel over elements: lane i has what belongs to it, which the text put in place of BODY computes. `told` is
// (0, lanes, elements, unused), then the values of fills, four to a vector: 0 comes from memory so that no compiler knows it.
@group(0) @binding(0) var<uniform> told: array<vec4<u32>, 1>;

fn zero_word() -> u32 {
  return told[0].x;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.y * 4194240u + id.x;
  if (lane >= told[0].y) {
    return;
  }
  var word0 = 0u;
  for (var v0 = 0u; v0 < 2u; v0++) {
    let v1 = min(lane * 2u + v0, told[0].z - 1u);
    let v2 = v1 / 4u;
    let v3 = v1 % 4u;
    let v4 = v2 + v3 * 6u;
    let v5 = (x0[v4 >> 1u] >> ((v4 & 1u) * 16u)) & 0xffffu;
    let v6 = v5 << 16u;
    let v7 = x1[v3];
    let v8 = alu_multiply(v6, v7);
    let v9 = encode_to_bfloat16(alu_relu(v8));
    word0 |= v9 << ((v0 & 1u) * 16u);
  }
  y0[lane] = word0;
}

