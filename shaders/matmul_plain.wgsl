// The plain matmul: one output per invocation, in the plan's order, every code decoded by the general conversions and every
// product and sum kept apart by a barrier against fusing. Slow, and nothing like the fused kernel inside: what checks it
// where a product is too large for the CPU. Operands lie as for shaders/matmul.wgsl; the rest is in shaders/slice.wgsl.

@group(0) @binding(2) var<storage, read> a: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<atomic<u32>>;
//: if ACCUMULATE
@group(0) @binding(6) var<storage, read> c: array<u32>;
//: end

@compute @workgroup_size({{LANES_X}})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let number = slice.first_workgroup + workgroup.y * workgroups.x + workgroup.x;
  let matrix = number / slice.matrix_workgroups;
  let tile = number % slice.matrix_workgroups;
  let row = tile % slice.workgroups_down;
  let column = (tile / slice.workgroups_down) * {{LANES_X}}u + lane.x;
  if (row >= slice.m || column >= slice.n) {
    return;
  }

  var total = 0.0;
  var group_sum = 0.0;
  for (var index = 0u; index < slice.pass_end; index++) {
    let pass_ = passes[index];
    if (index > 0u && pass_.group != passes[index - 1u].group) {
      total = rounded(total + group_sum);
      group_sum = 0.0;
    }
    var sum = 0.0;
    for (var p = 0u; p < pass_.rows; p++) {
      for (var j = 0u; j < pass_.interleave; j++) {
        let k = pass_.k0 + j * pass_.rows + p;
        let a_code = (a[slice.a_offset + matrix * slice.a_matrix + k * slice.a_stride + row / {{A_PER_WORD}}u] >> ((row % {{A_PER_WORD}}u) * {{A_BITS}}u)) & {{A_MASK}}u;
        let b_code = (b[slice.b_offset + matrix * slice.b_matrix + k * slice.b_stride + column / {{B_PER_WORD}}u] >> ((column % {{B_PER_WORD}}u) * {{B_BITS}}u)) & {{B_MASK}}u;
        sum = rounded(sum + rounded(bitcast<f32>(decode_a_code(a_code)) * bitcast<f32>(decode_b_code(b_code))));
      }
    }
    group_sum = rounded(group_sum + sum);
  }
  var value = rounded(total + group_sum);

  let at = slice.out_offset + matrix * slice.out_matrix + row * slice.out_stride + column / {{OUT_PER_WORD}}u;
  //: if ACCUMULATE + EPILOGUE
  let stacked_row = matrix * slice.m + row;
  //: end
  let shift = (column % {{OUT_PER_WORD}}u) * {{OUT_BITS}}u;
  //: if ACCUMULATE
  value += bitcast<f32>(decode_c((c[stacked_row * slice.c_stride + column / {{OUT_PER_WORD}}u] >> shift) & {{OUT_MASK}}u));
  //: end
  //: if EPILOGUE
  value = bitcast<f32>(epilogue(bitcast<u32>(value), stacked_row, column));
  //: end
  //: if STOCHASTIC
  let code = encode_out(bitcast<u32>(value), output_draw(matrix, row, column));
  //: else
  let code = encode_out(bitcast<u32>(value));
  //: end
  atomicAnd(&result[at], ~({{OUT_MASK}}u << shift));
  atomicOr(&result[at], code << shift);
}
