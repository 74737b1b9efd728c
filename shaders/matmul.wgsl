// The fused matmul: the passes of a plan, in the plan's order, straight from packed operands. Each invocation owns
// TILE_M x TILE_N outputs and takes outer products over K. Nothing is shared between invocations, so no barrier is needed.
//
// Layouts. A is K-major: row k holds A[0 .. M-1, k]. Row k of B holds B[k, 0 .. N-1]. Rows are padded to 16 bytes.
// Neighbouring lanes read neighbouring words of B and the same vector of A: software adapters turn both into one load.
// What lies beyond the last row or column is computed from padding and never stored.
//
// Order, per output (docs/numerics.md, Tensor engine): a pass starts at +0 and adds its rows one by one; its sum is added
// to the accumulation group, the groups to the total, C last. A slice may stop between two passes and resume.
// Slice, Pass and `rounded` are in shaders/slice.wgsl.

@group(0) @binding(2) var<storage, read> a: array<{{A_VECTOR}}>;
@group(0) @binding(3) var<storage, read> b: array<u32>;
//: if OUT_PER_WORD == 1
@group(0) @binding(4) var<storage, read_write> result: array<u32>;
//: else
@group(0) @binding(4) var<storage, read_write> result: array<atomic<u32>>;
//: end
@group(0) @binding(5) var<storage, read_write> scratch: array<f32>;
//: if ACCUMULATE
@group(0) @binding(6) var<storage, read> c: array<u32>;
//: end

@compute @workgroup_size({{LANES_X}}, {{LANES_Y}})
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_id) lane: vec3<u32>,
) {
  let offset = workgroup.y * workgroups.x + workgroup.x;
  let number = slice.first_workgroup + offset;
  let tile_row = (number % slice.workgroups_down) * {{LANES_Y}}u + lane.y;
  let row = tile_row * {{TILE_M}}u;
  let word = (number / slice.workgroups_down) * {{LANES_X * B_WORDS}}u + lane.x;
  if (row >= slice.m || word * {{B_PER_WORD}}u >= slice.n) {
    return;
  }

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
    //: if GROUPS
    if (index > 0u && pass_.group != passes[index - 1u].group) {
      for (var i = 0u; i < {{TILE_M * TILE_N}}u; i++) {
        total[i] += group_sum[i];
        group_sum[i] = 0.0;
      }
    }
    //: end
    //: for i in TILE_M
    //: for j in TILE_N
    var sum_{{i}}_{{j}} = 0.0;
    //: end
    //: end
    let a_base = pass_.k0 * slice.a_stride + tile_row * {{A_VECTORS}}u;
    let b_base = pass_.k0 * slice.b_stride + word;
    var p = 0u;

    //: block row
      //: for v in A_VECTORS
      let a_vector_{{v}} = a[a_at + {{v}}u];
      //: end
      //: for w in A_WORDS
      //: if A_WIDTH == 1
      let a_word_{{w}} = decode_a(a_vector_{{w}});
      //: else
      let a_word_{{w}} = decode_a(a_vector_{{w / A_WIDTH}}[{{w % A_WIDTH}}]);
      //: end
      //: end
      //: for w in B_WORDS
      let b_word_{{w}} = decode_b(b[b_at + {{w * LANES_X}}u]);
      //: end
      //: for i in TILE_M
      //: for j in TILE_N
      sum_{{i}}_{{j}} = {{ROUND_SUM}}(sum_{{i}}_{{j}} + {{ROUND_PRODUCT}}(a_word_{{i / A_PER_WORD}}[{{i % A_PER_WORD}}] * b_word_{{j / B_PER_WORD}}[{{j % B_PER_WORD}}]));
      //: end
      //: end
    //: end
    // Addresses advance by addition: integer products are dear where the adapter is a CPU.
    //: if DOUBLE_ROW
    if (pass_.interleave == 2u) {
      let a_second = pass_.rows * slice.a_stride;
      let b_second = pass_.rows * slice.b_stride;
      var a_row = a_base;
      var b_row = b_base;
      for (; p + {{UNROLL}}u <= pass_.rows; p += {{UNROLL}}u) {
        //: for u in UNROLL
        {
          let a_at = a_row;
          let b_at = b_row;
          //: use row
        }
        {
          let a_at = a_row + a_second;
          let b_at = b_row + b_second;
          //: use row
        }
        a_row += slice.a_stride;
        b_row += slice.b_stride;
        //: end
      }
    }
    //: else
    var a_row = a_base;
    var b_row = b_base;
    for (; p + {{UNROLL}}u <= pass_.rows; p += {{UNROLL}}u) {
      //: for u in UNROLL
      {
        let a_at = a_row;
        let b_at = b_row;
        //: use row
      }
      a_row += slice.a_stride;
      b_row += slice.b_stride;
      //: end
    }
    //: end
    for (var t = p * pass_.interleave; t < pass_.rows * pass_.interleave; t++) {
      let k = (t % pass_.interleave) * pass_.rows + t / pass_.interleave;
      let a_at = a_base + k * slice.a_stride;
      let b_at = b_base + k * slice.b_stride;
      //: use row
    }

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

  for (var i = 0u; i < min({{TILE_M}}u, slice.m - row); i++) {
    for (var j = 0u; j < {{TILE_N}}u; j++) {
      let column = (word + (j / {{B_PER_WORD}}u) * {{LANES_X}}u) * {{B_PER_WORD}}u + j % {{B_PER_WORD}}u;
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
}
