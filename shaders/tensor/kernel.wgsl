// The frame of a kernel over elements: lane i has what belongs to it, which the text put in place of BODY computes. `told` is
// (0, lanes, elements, unused), then the values of fills, four to a vector: 0 comes from memory so that no compiler knows it.
@group(0) @binding(0) var<uniform> told: array<vec4<u32>, {{ TOLD }}>;

fn zero_word() -> u32 {
  return told[0].x;
}

//: if TOLD > 1
fn fill(index: u32) -> u32 {
  return told[1u + index / 4u][index % 4u];
}

//: end
@compute @workgroup_size({{ LANES }})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.y * {{ ROW }}u + id.x;
  if (lane >= told[0].y) {
    return;
  }
{{ BODY }}
}
