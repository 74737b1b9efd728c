// The fused matmul: the passes of a plan, in the plan's order, straight from packed operands. Each invocation owns
// TILE_M x TILE_N outputs and takes outer products over K. Nothing is shared between invocations, so no barrier is needed.
//
// Layouts. A is K-major: row k holds A[0 .. M-1, k]. Row k of B holds B[k, 0 .. N-1]. Rows are padded to 16 bytes.
// STRIPE neighbouring lanes read neighbouring words of B and the same vector of A: software adapters turn both into one load, and
// all that the lanes of a stripe own of a row of B lies side by side, so that a subgroup leaves no cache line half read. With
// BROADCAST they share the words of A out among them instead, and decode each once for the subgroup.
// What lies beyond the last row or column is computed from padding and never stored.
//
// Order, per output (docs/numerics.md, Tensor engine): a pass starts at +0 and adds its rows one by one; its sum is added
// to the accumulation group, the groups to the total, C last. A slice may stop between two passes and resume. With SPLIT
// each workgroup computes one pass, and `combine` adds the passes in their order: the same additions, by more workgroups.
// Slice, Pass and `rounded` are in shaders/slice.wgsl.

@group(0) @binding(2) var<storage, read> a: array<{{A_VECTOR}}>;
@group(0) @binding(3) var<storage, read> b: array<{{B_VECTOR}}>;
//: if OUT_PER_WORD == 1
@group(0) @binding(4) var<storage, read_write> result: array<u32>;
//: else
@group(0) @binding(4) var<storage, read_write> result: array<atomic<u32>>;
//: end
@group(0) @binding(5) var<storage, read_write> scratch: array<f32>;
//: if ACCUMULATE
@group(0) @binding(6) var<storage, read> c: array<u32>;
//: end

//: block place
  let tile_row = (number % slice.workgroups_down) * {{LANES_Y}}u + lane.y;
  let row = tile_row * {{TILE_M}}u;
  let vector = (number / slice.workgroups_down) * {{LANES_X * B_VECTORS}}u + (lane.x / {{STRIPE}}u) * {{STRIPE * B_VECTORS}}u + lane.x % {{STRIPE}}u;
//: end

//: block outside
  if (row >= slice.m || vector * {{B_PER_WORD * B_WIDTH}}u >= slice.n) {
    return;
  }
//: end

//: block lanes
  //: if BROADCAST
  // All lanes stay: each has words that the others need. A workgroup is one row of lanes, so that all want the same A.
  let a_lane = subgroup_lane % {{BROADCAST}}u;
  //: else
  //: use outside
  //: end
//: end

//: block pass_sums
    //: for i in TILE_M
    //: for j in TILE_N
    var sum_{{i}}_{{j}} = 0.0;
    //: end
    //: end
    let a_base = pass_.k0 * slice.a_stride + tile_row * {{A_VECTORS}}u;
    let b_base = pass_.k0 * slice.b_stride + vector;
    var p = 0u;

    // Rows are loaded one after the other, then added output by output, so that a sum stays in its register from row to row.
    //: block load
      //: if BROADCAST
      // Each lane of a subgroup takes one word of A, decodes it, and hands it to the others.
      //: for v in A_WORDS / BROADCAST
      let a_own_{{u}}_{{v}} = decode_a(a[a_at_{{u}} + {{v * BROADCAST}}u + a_lane]);
      //: end
      //: for i in TILE_M
      let a_{{u}}_{{i}} = subgroupBroadcast(a_own_{{u}}_{{i / A_PER_WORD / BROADCAST}}[{{i % A_PER_WORD}}], {{i / A_PER_WORD % BROADCAST}}u);
      //: end
      //: else
      //: for v in A_VECTORS
      let a_vector_{{u}}_{{v}} = a[a_at_{{u}} + {{v}}u];
      //: end
      //: for w in A_WORDS
      //: if A_WIDTH == 1
      let a_word_{{u}}_{{w}} = decode_a(a_vector_{{u}}_{{w}});
      //: else
      let a_word_{{u}}_{{w}} = decode_a(a_vector_{{u}}_{{w / A_WIDTH}}[{{w % A_WIDTH}}]);
      //: end
      //: end
      //: for i in TILE_M
      let a_{{u}}_{{i}} = a_word_{{u}}_{{i / A_PER_WORD}}[{{i % A_PER_WORD}}];
      //: end
      //: end
      //: for v in B_VECTORS
      let b_vector_{{u}}_{{v}} = b[b_at_{{u}} + {{v * STRIPE}}u];
      //: end
      //: for w in B_WORDS
      //: if B_WIDTH == 1
      let b_word_{{u}}_{{w}} = decode_b(b_vector_{{u}}_{{w}});
      //: else
      let b_word_{{u}}_{{w}} = decode_b(b_vector_{{u}}_{{w / B_WIDTH}}[{{w % B_WIDTH}}]);
      //: end
      //: end
    //: end
    //: block add
      sum_{{i}}_{{j}} = {{ROUND_SUM}}(sum_{{i}}_{{j}} + {{ROUND_PRODUCT}}(a_{{u}}_{{i}} * b_word_{{u}}_{{j / B_PER_WORD}}[{{j % B_PER_WORD}}]));
    //: end
    // Addresses advance by addition: integer products are dear where the adapter is a CPU.
    //: if DOUBLE_ROW
    if (pass_.interleave == 2u) {
      let a_second = pass_.rows * slice.a_stride;
      let b_second = pass_.rows * slice.b_stride;
      var a_row = a_base;
      var b_row = b_base;
      for (; p + {{UNROLL}}u <= pass_.rows; p += {{UNROLL}}u) {
        //: for u in 2 * UNROLL
        //: if u % 2 == 0
        let a_at_{{u}} = a_row;
        let b_at_{{u}} = b_row;
        //: use load
        //: else
        let a_at_{{u}} = a_row + a_second;
        let b_at_{{u}} = b_row + b_second;
        //: use load
        a_row += slice.a_stride;
        b_row += slice.b_stride;
        //: end
        //: end
        //: for i in TILE_M
        //: for j in TILE_N
        //: for u in 2 * UNROLL
        //: use add
        //: end
        //: end
        //: end
      }
    }
    //: else
    var a_row = a_base;
    var b_row = b_base;
    for (; p + {{UNROLL}}u <= pass_.rows; p += {{UNROLL}}u) {
      //: for u in UNROLL
      let a_at_{{u}} = a_row;
      let b_at_{{u}} = b_row;
      //: use load
      a_row += slice.a_stride;
      b_row += slice.b_stride;
      //: end
      //: for i in TILE_M
      //: for j in TILE_N
      //: for u in UNROLL
      //: use add
      //: end
      //: end
      //: end
    }
    //: end
    for (var t = p * pass_.interleave; t < pass_.rows * pass_.interleave; t++) {
      let k = (t % pass_.interleave) * pass_.rows + t / pass_.interleave;
      //: for u in 1
      let a_at_{{u}} = a_base + k * slice.a_stride;
      let b_at_{{u}} = b_base + k * slice.b_stride;
      //: use load
      //: for i in TILE_M
      //: for j in TILE_N
      //: use add
      //: end
      //: end
      //: end
    }
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
      let at = (row + i) * slice.out_stride + column / {{OUT_PER_WORD}}u;
      //: if ACCUMULATE
      value += bitcast<f32>(decode_c((c[at] >> ((column % {{OUT_PER_WORD}}u) * {{OUT_BITS}}u)) & {{OUT_MASK}}u));
      //: end
      //: if EPILOGUE
      value = bitcast<f32>(epilogue(bitcast<u32>(value), row + i, column));
      //: end
      //: if STOCHASTIC
      let code = encode_out(bitcast<u32>(value), output_draw(row + i, column));
      //: else
      let code = encode_out(bitcast<u32>(value));
      //: end
      //: if OUT_PER_WORD == 1
      result[at] = code;
      //: else
      // Lanes share words of a narrow result: each replaces its own bits.
      let shift = (column % {{OUT_PER_WORD}}u) * {{OUT_BITS}}u;
      atomicAnd(&result[at], ~({{OUT_MASK}}u << shift));
      atomicOr(&result[at], code << shift);
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
