// Merges runs of each row in pairs: an element goes on by as many as come before it in the other run, which a search by halves
// finds. Of equal ones those of the left run come first.
@group(0) @binding(0) var<uniform> told: array<vec4<u32>, 1>; // (0, elements, length of a row, length of a run)
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read> places: array<u32>;
@group(0) @binding(3) var<storage, read_write> merged: array<u32>;
@group(0) @binding(4) var<storage, read_write> merged_places: array<u32>;

@compute @workgroup_size({{ LANES }})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.y * {{ ROW }}u + id.x;
  if (lane >= told[0].y) {
    return;
  }
  let length = told[0].z;
  let run = told[0].w;
  let row = lane - lane % length;
  let own = lane - row;
  let pair = own - own % (2u * run);
  let middle = min(pair + run, length);
  let is_right = own >= middle;
  let begin = select(middle, pair, is_right);
  let end = select(min(middle + run, length), middle, is_right);
  let word = words[lane];
  var low = begin;
  var high = end;
  while (low < high) {
    let probe = (low + high) / 2u;
    let other = words[row + probe];
    let comes_before = (other < word) | ((other == word) & is_right);
    low = select(low, probe + 1u, comes_before);
    high = select(probe, high, comes_before);
  }
  let within = own - select(pair, middle, is_right);
  let to = row + pair + within + low - begin;
  merged[to] = word;
  merged_places[to] = places[lane];
}
