// Compares two packed results code by code, on the adapter: how many differ, and which comes first.

struct Shape {
  m: u32,
  n: u32,
  stride: u32,
  first_row: u32,
}

struct Verdict {
  mismatches: atomic<u32>,
  /// The first row that has a mismatch; 0xffffffff when none has.
  first: atomic<u32>,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(2) var<storage, read> right: array<u32>;
@group(0) @binding(3) var<storage, read_write> verdict: Verdict;

@compute @workgroup_size({{LANES_X}})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = shape.first_row + id.y;
  if (id.x >= shape.stride || row >= shape.m) {
    return;
  }
  let at = row * shape.stride + id.x;
  var difference = left[at] ^ right[at];
  var count = 0u;
  for (var e = 0u; e < {{OUT_PER_WORD}}u; e++) {
    let here = (difference >> (e * {{OUT_BITS}}u)) & {{OUT_MASK}}u;
    if (here != 0u && id.x * {{OUT_PER_WORD}}u + e < shape.n) {
      count++;
    }
  }
  if (count > 0u) {
    atomicAdd(&verdict.mismatches, count);
    atomicMin(&verdict.first, row);
  }
}
