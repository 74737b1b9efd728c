// Peak of multiply and add: CHAINS independent sums for each invocation, nothing but registers inside the loop. Each step is
// a product and a sum, two operations, as in the matmul's inner loop.

struct Settings {
  steps: u32,
  zero: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;

@compute @workgroup_size({{LANES_X}})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  // Values that the compiler cannot know; |factor| < 1 keeps the sums finite.
  let factor = {{TYPE}}(0.5 + f32(settings.zero));
  let term = {{TYPE}}(f32(id.x & 7u));
  //: for i in CHAINS
  var sum_{{i}} = term + {{TYPE}}(f32({{i}}u + settings.zero));
  //: end
  for (var step = 0u; step < settings.steps; step++) {
    //: for u in UNROLL
    //: for i in CHAINS
    sum_{{i}} = sum_{{i}} * factor + term;
    //: end
    //: end
  }
  var all = sum_0;
  //: for i in CHAINS - 1
  all += sum_{{i + 1}};
  //: end
  result[id.x] = {{TOTAL}};
}
