// Peak of reading: every word of the buffer once, neighbouring lanes on neighbouring words, summed so that no read is idle.

struct Settings {
  steps: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> source: array<{{TYPE}}>;
@group(0) @binding(2) var<storage, read_write> result: array<u32>;

@compute @workgroup_size({{LANES_X}})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let stride = workgroups.x * {{LANES_X}}u;
  var sum = {{TYPE}}(settings.zero);
  for (var step = 0u; step < settings.steps; step++) {
    sum ^= source[step * stride + id.x];
  }
  result[id.x] = {{TOTAL}};
}
