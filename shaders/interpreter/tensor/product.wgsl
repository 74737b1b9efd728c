// The product of an accumulation group: each invocation owns TILE_M x TILE_N elements of dst in PSUM and takes outer products over
// the rows of the passes, which lie packed in scratch (pack.wgsl). As shaders/matmul.wgsl in its inner loop: neighbouring lanes
// take neighbouring words of the moving operand and the same vector of the stationary one.
//
// Order, per element (docs/numerics.md, Tensor engine): a pass starts at +0 and adds its rows one by one; its sum is added to what
// dst holds, or is what dst holds. Dispatch, descriptor and `word` are in dispatch.wgsl.

//: if NARROW
@group(0) @binding(2) var<storage, read_write> chip: array<atomic<u32>, {{CHIP_WORDS * CORES}}>;
//: else
@group(0) @binding(2) var<storage, read_write> chip: array<u32, {{CHIP_WORDS * CORES}}>;
//: end
@group(0) @binding(4) var<storage, read> stats: array<u32>;
@group(0) @binding(5) var<storage, read> stationary: array<vec4<u32>, {{SCRATCH_WORDS * CORES / 4}}>;
@group(0) @binding(6) var<storage, read> moving: array<u32, {{SCRATCH_WORDS * CORES}}>;

fn stats_word(at: u32) -> u32 {
  return stats[stats_first() + at];
}

/// A barrier against fusing: no compiler can see through an exclusive or with an unknown word.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ zero_word());
}

@compute @workgroup_size({{LANES_X}}, {{LANES_Y}})
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
  descriptor = dispatch.first + without_core(workgroup.z) * {{WORDS}}u;
  open();
  let m = word(0u);
  let n = word(1u);
  let down = word(6u);
  let a_vectors = word(7u);
  let b_words = word(8u);
  let tile_row = (workgroup.x % down) * {{LANES_Y}}u + lane.y;
  let row = tile_row * {{TILE_M}}u;
  let column_word = (workgroup.x / down) * {{LANES_X * B_WORDS}}u + lane.x;
  if (row >= m || column_word * {{B_PER_WORD}}u >= n) {
    return;
  }
  if (!is_due() || !is_quick()) {
    return;
  }

  var total: array<f32, {{TILE_M * TILE_N}}>;
  let accumulates = word(4u) == 1u;
  if (accumulates) {
    for (var i = 0u; i < min({{TILE_M}}u, m - row); i++) {
      for (var j = 0u; j < {{TILE_N}}u; j++) {
        let column = (column_word + (j / {{B_PER_WORD}}u) * {{LANES_X}}u) * {{B_PER_WORD}}u + j % {{B_PER_WORD}}u;
        if (column < n) {
          total[i * {{TILE_N}}u + j] = bitcast<f32>({{HELD}}(row + i, column));
        }
      }
    }
  }
  let passes = group_passes();
  for (var index = 0u; index < passes; index++) {
    //: for i in TILE_M
    //: for j in TILE_N
    var sum_{{i}}_{{j}} = 0.0;
    //: end
    //: end
    var a_row = (scratch_first() + pass_word(index, 0u)) / 4u + tile_row * {{A_VECTORS}}u;
    var b_row = scratch_first() + pass_word(index, 1u) + column_word;
    let rows = pass_word(index, 2u);
    var p = 0u;

    //: block row
      //: for v in A_VECTORS
      let a_vector_{{v}} = stationary[a_row + {{v}}u];
      //: end
      //: for w in A_VECTORS * 4
      let a_word_{{w}} = decode_a(a_vector_{{w / 4}}[{{w % 4}}]);
      //: end
      //: for w in B_WORDS
      let b_word_{{w}} = decode_b(moving[b_row + {{w * LANES_X}}u]);
      //: end
      //: for i in TILE_M
      //: for j in TILE_N
      sum_{{i}}_{{j}} = sum_{{i}}_{{j}} + {{ROUND_PRODUCT}}(a_word_{{i / A_PER_WORD}}[{{i % A_PER_WORD}}] * b_word_{{j / B_PER_WORD}}[{{j % B_PER_WORD}}]);
      //: end
      //: end
      a_row += a_vectors;
      b_row += b_words;
    //: end
    for (; p + {{UNROLL}}u <= rows; p += {{UNROLL}}u) {
      //: for u in UNROLL
      {
        //: use row
      }
      //: end
    }
    for (; p < rows; p++) {
      //: use row
    }

    if (index == 0u && !accumulates) {
      //: for i in TILE_M
      //: for j in TILE_N
      total[{{i * TILE_N + j}}] = {{ROUND_TOTAL}}(sum_{{i}}_{{j}});
      //: end
      //: end
    } else {
      //: for i in TILE_M
      //: for j in TILE_N
      total[{{i * TILE_N + j}}] = {{ROUND_TOTAL}}(total[{{i * TILE_N + j}}] + rounded(sum_{{i}}_{{j}}));
      //: end
      //: end
    }
  }

  for (var i = 0u; i < min({{TILE_M}}u, m - row); i++) {
    for (var j = 0u; j < {{TILE_N}}u; j++) {
      let column = (column_word + (j / {{B_PER_WORD}}u) * {{LANES_X}}u) * {{B_PER_WORD}}u + j % {{B_PER_WORD}}u;
      if (column < n) {
        {{PUT}}(row + i, column, bitcast<u32>(total[i * {{TILE_N}}u + j]));
      }
    }
  }
}
//: if NARROW

/// What PSUM keeps of a sum in bfloat16.
fn kept(x: f32) -> f32 {
  return bitcast<f32>(decode_bfloat16(encode_bfloat16(bitcast<u32>(x))));
}

// Invocations share words of a narrow dst: each replaces its own half.

fn narrow_held(lane: u32, i: u32) -> u32 {
  let byte = dst_byte(i);
  let word = atomicLoad(&chip[(byte >> 2u) * 128u + dst_partition + lane]);
  return decode_bfloat16((word >> ((byte & 3u) * 8u)) & 0xffffu);
}

fn narrow_put(lane: u32, i: u32, bits: u32) {
  let byte = dst_byte(i);
  let at = (byte >> 2u) * 128u + dst_partition + lane;
  let shift = (byte & 3u) * 8u;
  atomicAnd(&chip[at], ~(0xffffu << shift));
  atomicOr(&chip[at], encode_bfloat16(bits) << shift);
}
//: end
