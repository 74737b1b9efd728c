// What the adapter's float32 arithmetic does, asked with operands from memory so that no compiler can fold them. The known
// answers stand in src/execute/webgpu/probes.ts.

@group(0) @binding(0) var<storage, read> given: array<f32>;
@group(0) @binding(1) var<storage, read_write> answers: array<u32>;

@compute @workgroup_size(1)
fn main() {
  // A subnormal as a result of multiply, as an operand of multiply, and as an operand of add.
  answers[0] = bitcast<u32>(given[0] * given[1]);
  answers[1] = bitcast<u32>(given[2] * given[3]);
  answers[2] = bitcast<u32>(given[2] + given[2]);
  // A product of 48 significant bits added to its negative rounding: zero unless the two operations are fused.
  answers[3] = bitcast<u32>(given[4] * given[5] + given[6]);
  // (large + 1) - large: 1 only when the compiler reorders sums.
  answers[4] = bitcast<u32>((given[7] + given[8]) - given[7]);
  // Infinity - infinity: NaN unless it is folded.
  answers[5] = bitcast<u32>(given[9] - given[9]);
  // x + (-x) is +0.
  answers[6] = bitcast<u32>(given[8] + given[10]);
  // Nearest even: 2^24 + 1 stays, 2^24 + 3 goes up.
  answers[7] = bitcast<u32>(given[11] + given[8]);
  answers[8] = bitcast<u32>(given[11] + given[12]);
}
