// Sorts blocks of {{ BLOCK }} words of each row: an element counts those that come before it, equal ones by their places.
@group(0) @binding(0) var<uniform> told: array<vec4<u32>, 1>; // (0, elements, length of a row, unused)
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> sorted: array<u32>;
@group(0) @binding(3) var<storage, read_write> places: array<u32>;

@compute @workgroup_size({{ LANES }})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.y * {{ ROW }}u + id.x;
  if (lane >= told[0].y) {
    return;
  }
  let length = told[0].z;
  let place = lane % length;
  let first = place - place % {{ BLOCK }}u;
  let base = lane - place + first;
  let count = min(length - first, {{ BLOCK }}u);
  let word = words[lane];
  var before = 0u;
  for (var i = 0u; i < count; i++) {
    let other = words[base + i];
    before += select(0u, 1u, (other < word) | ((other == word) & (base + i < lane)));
  }
  sorted[base + before] = word;
  places[base + before] = place;
}
