// The fused matmul: the passes of a plan, in the plan's order, straight from packed operands. Each invocation owns
// TILE_M x TILE_N outputs and takes outer products over K. How it comes by the rows of a pass says the block `pass_sums`, of
// which there are two: pass_registers.wgsl and pass_workgroup.wgsl. One of them is put before this text.
//
// Layouts. A is K-major: row k holds A[0 .. M-1, k]. Row k of B holds B[k, 0 .. N-1]. Rows are padded to 16 bytes.
// STRIPE neighbouring lanes read neighbouring words of B and the same vector of A: software adapters turn both into one load, and
// all that the lanes of a stripe own of a row of B lies side by side, so that a subgroup leaves no cache line half read. With
// What lies beyond the last row or column is computed from padding and never stored.
//
// Order, per output (docs/numerics.md, Tensor engine): a pass starts at +0 and adds its rows one by one; its sum is added
// to the accumulation group, the groups to the total, C last. A slice may stop between two passes and resume. With SPLIT
// each workgroup computes one pass, and `combine` adds the passes in their order: the same additions, by more workgroups.
// With TAIL the code of an output is not stored but handed to `finish`, of which src/execute/webgpu/tail.ts tells.
// Slice, Pass and `rounded` are in shaders/slice.wgsl.

@group(0) @binding(2) var<storage, read> a: array<{{A_VECTOR}}>;
@group(0) @binding(3) var<storage, read> b: array<{{B_VECTOR}}>;
//: if TAIL == 0
//: if OUT_PER_WORD == 1
@group(0) @binding(4) var<storage, read_write> result: array<u32>;
//: else
@group(0) @binding(4) var<storage, read_write> result: array<atomic<u32>>;
//: end
//: end
@group(0) @binding(5) var<storage, read_write> scratch: array<f32>;
//: if ACCUMULATE
@group(0) @binding(6) var<storage, read> c: array<u32>;
//: end
//: use declarations

//: block place
  let matrix = number / slice.matrix_workgroups;
  let tile = number % slice.matrix_workgroups;
  let tile_row = (tile % slice.workgroups_down) * {{LANES_Y}}u + lane.y;
  let row = tile_row * {{TILE_M}}u;
  let vector = (tile / slice.workgroups_down) * {{LANES_X * B_VECTORS}}u + (lane.x / {{STRIPE}}u) * {{STRIPE * B_VECTORS}}u + lane.x % {{STRIPE}}u;
//: end

//: block outside
  if (row >= slice.m || vector * {{B_PER_WORD * B_WIDTH}}u >= slice.n) {
    return;
  }
//: end

//: block lanes
  //: if SHARING == 0
  //: use outside
  //: end
//: end

//: block next_group
    //: if GROUPS
    if (index > 0u && passes[index].group != passes[index - 1u].group) {
      for (var i = 0u; i < {{TILE_M * TILE_N}}u; i++) {
        total[i] += group_sum[i];
        group_sum[i] = 0.0;
      }
    }
    //: end
//: end

//: block store
  //: if SHARING
  //: use outside
  //: end
  for (var i = 0u; i < min({{TILE_M}}u, slice.m - row); i++) {
    for (var j = 0u; j < {{TILE_N}}u; j++) {
      let column = (vector + (j / {{B_PER_WORD * B_WIDTH}}u) * {{STRIPE}}u) * {{B_PER_WORD * B_WIDTH}}u + j % {{B_PER_WORD * B_WIDTH}}u;
      if (column >= slice.n) {
        break;
      }
      var value = total[i * {{TILE_N}}u + j];
      //: if GROUPS
      value += group_sum[i * {{TILE_N}}u + j];
      //: end
      //: if TAIL == 0
      let at = slice.out_offset + matrix * slice.out_matrix + (row + i) * slice.out_stride + column / {{OUT_PER_WORD}}u;
      //: end
      //: if ACCUMULATE + EPILOGUE
      let stacked_row = matrix * slice.m + row + i;
      //: end
      //: if ACCUMULATE
      value += bitcast<f32>(decode_c((c[stacked_row * slice.c_stride + column / {{OUT_PER_WORD}}u] >> ((column % {{OUT_PER_WORD}}u) * {{OUT_BITS}}u)) & {{OUT_MASK}}u));
      //: end
      //: if EPILOGUE
      value = bitcast<f32>(epilogue(bitcast<u32>(value), stacked_row, column));
      //: end
      //: if TAIL
      // Rounded first, behind a barrier, as if it had been stored and read: no sum of the tail joins those of the product.
      value = rounded(value);
      //: end
      //: if STOCHASTIC
      let code = encode_out(bitcast<u32>(value), output_draw(matrix, row + i, column));
      //: else
      let code = encode_out(bitcast<u32>(value));
      //: end
      //: if TAIL
      finish(code, matrix, row + i, column);
      //: else
      //: if OUT_PER_WORD == 1
      result[at] = code;
      //: else
      // Lanes share words of a narrow result: each replaces its own bits.
      let shift = (column % {{OUT_PER_WORD}}u) * {{OUT_BITS}}u;
      atomicAnd(&result[at], ~({{OUT_MASK}}u << shift));
      atomicOr(&result[at], code << shift);
      //: end
      //: end
    }
  }
//: end

//: if SPLIT
/// Sums of the pass that the workgroup's number names, for `combine`: each lane's own lie together.
@compute @workgroup_size({{LANES_X}}, {{LANES_Y}})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
  //: if BROADCAST
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
  //: end
) {
  let number = slice.first_workgroup + workgroup.x;
  let pass_ = passes[workgroup.y];
  //: use place
  //: use lanes
  //: use pass_sums
  let saved = ((workgroup.y * slice.split_workgroups + workgroup.x) * {{LANES_X * LANES_Y}}u + lane.y * {{LANES_X}}u + lane.x) * {{TILE_M * TILE_N}}u;
  //: for i in TILE_M
  //: for j in TILE_N
  scratch[saved + {{i * TILE_N + j}}u] = {{ROUND_PRODUCT}}(sum_{{i}}_{{j}});
  //: end
  //: end
}

@compute @workgroup_size({{LANES_X}}, {{LANES_Y}})
fn combine(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let number = slice.first_workgroup + workgroup.x;
  //: use place
  //: use outside
  var total: array<f32, {{TILE_M * TILE_N}}>;
  //: if GROUPS
  var group_sum: array<f32, {{TILE_M * TILE_N}}>;
  //: end
  for (var index = 0u; index < slice.pass_end; index++) {
    //: use next_group
    let saved = ((index * slice.split_workgroups + workgroup.x) * {{LANES_X * LANES_Y}}u + lane.y * {{LANES_X}}u + lane.x) * {{TILE_M * TILE_N}}u;
    for (var i = 0u; i < {{TILE_M * TILE_N}}u; i++) {
      {{ACCUMULATOR}}[i] += scratch[saved + i];
    }
  }

  //: use store
}
//: else
@compute @workgroup_size({{LANES_X}}, {{LANES_Y}})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
  //: if BROADCAST
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
  //: end
) {
  let offset = workgroup.y * workgroups.x + workgroup.x;
  let number = slice.first_workgroup + offset;
  //: use place
  //: use lanes

  var total: array<f32, {{TILE_M * TILE_N}}>;
  //: if GROUPS
  var group_sum: array<f32, {{TILE_M * TILE_N}}>;
  //: end
  let saved = (offset * {{LANES_X * LANES_Y}}u + lane.y * {{LANES_X}}u + lane.x) * {{TILE_M * TILE_N * (1 + GROUPS)}}u;
  if (slice.resume == 1u) {
    for (var i = 0u; i < {{TILE_M * TILE_N}}u; i++) {
      total[i] = scratch[saved + i];
      //: if GROUPS
      group_sum[i] = scratch[saved + {{TILE_M * TILE_N}}u + i];
      //: end
    }
  }

  for (var index = slice.pass_begin; index < slice.pass_end; index++) {
    let pass_ = passes[index];
    //: use next_group
    //: use pass_sums
    //: for i in TILE_M
    //: for j in TILE_N
    {{ACCUMULATOR}}[{{i * TILE_N + j}}] += {{ROUND_PRODUCT}}(sum_{{i}}_{{j}});
    //: end
    //: end
  }

  if (slice.finish == 0u) {
    for (var i = 0u; i < {{TILE_M * TILE_N}}u; i++) {
      scratch[saved + i] = total[i];
      //: if GROUPS
      scratch[saved + {{TILE_M * TILE_N}}u + i] = group_sum[i];
      //: end
    }
    return;
  }

  //: use store
}
//: end
