// What every kernel of the interpreter is told: its dispatch, and the descriptors of the works that it does. A descriptor's words
// are: lanes, slot for reports, which cores do the work (a bit each), the attributes of the instruction, then its operands.

struct Dispatch {
  /// Word of the first descriptor, and how many instructions each invocation runs.
  first: u32,
  run: u32,
  /// Elements of a chunk, and the number of the first one.
  chunk: u32,
  first_chunk: u32,
  /// Always 0, which the compiler cannot know.
  zero: u32,
  /// Words of HBM of each core.
  hbm_words: u32,
}

@group(0) @binding(0) var<uniform> dispatch: Dispatch;
@group(0) @binding(1) var<storage, read> descriptors: array<u32>;

var<private> descriptor: u32;

fn zero_word() -> u32 {
  return dispatch.zero;
}

/// An attribute of the instruction.
fn word(index: u32) -> u32 {
  return descriptors[descriptor + 3u + index];
}

// Every core of a run has memories of its own, one behind the other in each buffer, and does the same works: the last coordinate of
// an invocation says which core it belongs to.

const core = 0u;

fn without_core(z: u32) -> u32 {
  return z;
}

fn is_due() -> bool {
  return true;
}

// The first word of the core's own memory, in each buffer.

fn chip_first() -> u32 {
  return core * 1048576u;
}

fn hbm_first() -> u32 {
  return core * dispatch.hbm_words;
}

fn scratch_first() -> u32 {
  return core * 4194304u;
}

fn stats_first() -> u32 {
  return core * 16384u;
}

// An accumulation group as both products of it see it: its passes stand in a table, a pass takes its rows from two packed operands.

fn group_passes() -> u32 {
  return word(2u);
}

/// Words of pass `index`: first word of the stationary operand in scratch, of the moving one, rows, and their places in stats.
fn pass_word(index: u32, at: u32) -> u32 {
  return descriptors[word(3u) + index * 5u + at];
}

/// Whether every product and sum of the group is a multiple of the smallest normal number, and so nothing is subnormal: of
/// numbers with exponents e and f, products of 48 bits or roundings of them are multiples of 2^(e + f - 24). Operands that
/// are subnormal themselves have e of -127.
fn is_quick() -> bool {
  var quick = true;
  if (word(4u) == 1u) {
    quick = stats_word(word(5u)) <= 231u;
  }
  for (var index = 0u; index < group_passes(); index++) {
    let a = stats_word(pass_word(index, 3u));
    let b = stats_word(pass_word(index, 4u));
    quick = quick && a < 255u && b < 255u && a + b <= 356u;
  }
  return quick;
}

// The product of an accumulation group: each invocation owns TILE_M x TILE_N elements of dst in PSUM and takes outer products over
// the rows of the passes, which lie packed in scratch (pack.wgsl). As shaders/matmul.wgsl in its inner loop: neighbouring lanes
// take neighbouring words of the moving operand and the same vector of the stationary one.
//
// Order, per element (docs/numerics.md, Tensor engine): a pass starts at +0 and adds its rows one by one; its sum is added to what
// dst holds, or is what dst holds. Dispatch, descriptor and `word` are in dispatch.wgsl.

@group(0) @binding(2) var<storage, read_write> chip: array<u32, 1048576>;
@group(0) @binding(4) var<storage, read> stats: array<u32>;
@group(0) @binding(5) var<storage, read> stationary: array<vec4<u32>, 1048576>;
@group(0) @binding(6) var<storage, read> moving: array<u32, 4194304>;

fn stats_word(at: u32) -> u32 {
  return stats[stats_first() + at];
}

/// A barrier against fusing: no compiler can see through an exclusive or with an unknown word.
fn rounded(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ zero_word());
}

@compute @workgroup_size(16, 4)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
  descriptor = dispatch.first + without_core(workgroup.z) * 17u;
  open();
  let m = word(0u);
  let n = word(1u);
  let down = word(6u);
  let a_vectors = word(7u);
  let b_words = word(8u);
  let tile_row = (workgroup.x % down) * 4u + lane.y;
  let row = tile_row * 16u;
  let column_word = (workgroup.x / down) * 64u + lane.x;
  if (row >= m || column_word * 2u >= n) {
    return;
  }
  if (!is_due() || !is_quick()) {
    return;
  }

  var total: array<f32, 128>;
  let accumulates = word(4u) == 1u;
  if (accumulates) {
    for (var i = 0u; i < min(16u, m - row); i++) {
      for (var j = 0u; j < 8u; j++) {
        let column = (column_word + (j / 2u) * 16u) * 2u + j % 2u;
        if (column < n) {
          total[i * 8u + j] = bitcast<f32>(dst_value(row + i, column));
        }
      }
    }
  }
  let passes = group_passes();
  for (var index = 0u; index < passes; index++) {
    var sum_0_0 = 0.0;
    var sum_0_1 = 0.0;
    var sum_0_2 = 0.0;
    var sum_0_3 = 0.0;
    var sum_0_4 = 0.0;
    var sum_0_5 = 0.0;
    var sum_0_6 = 0.0;
    var sum_0_7 = 0.0;
    var sum_1_0 = 0.0;
    var sum_1_1 = 0.0;
    var sum_1_2 = 0.0;
    var sum_1_3 = 0.0;
    var sum_1_4 = 0.0;
    var sum_1_5 = 0.0;
    var sum_1_6 = 0.0;
    var sum_1_7 = 0.0;
    var sum_2_0 = 0.0;
    var sum_2_1 = 0.0;
    var sum_2_2 = 0.0;
    var sum_2_3 = 0.0;
    var sum_2_4 = 0.0;
    var sum_2_5 = 0.0;
    var sum_2_6 = 0.0;
    var sum_2_7 = 0.0;
    var sum_3_0 = 0.0;
    var sum_3_1 = 0.0;
    var sum_3_2 = 0.0;
    var sum_3_3 = 0.0;
    var sum_3_4 = 0.0;
    var sum_3_5 = 0.0;
    var sum_3_6 = 0.0;
    var sum_3_7 = 0.0;
    var sum_4_0 = 0.0;
    var sum_4_1 = 0.0;
    var sum_4_2 = 0.0;
    var sum_4_3 = 0.0;
    var sum_4_4 = 0.0;
    var sum_4_5 = 0.0;
    var sum_4_6 = 0.0;
    var sum_4_7 = 0.0;
    var sum_5_0 = 0.0;
    var sum_5_1 = 0.0;
    var sum_5_2 = 0.0;
    var sum_5_3 = 0.0;
    var sum_5_4 = 0.0;
    var sum_5_5 = 0.0;
    var sum_5_6 = 0.0;
    var sum_5_7 = 0.0;
    var sum_6_0 = 0.0;
    var sum_6_1 = 0.0;
    var sum_6_2 = 0.0;
    var sum_6_3 = 0.0;
    var sum_6_4 = 0.0;
    var sum_6_5 = 0.0;
    var sum_6_6 = 0.0;
    var sum_6_7 = 0.0;
    var sum_7_0 = 0.0;
    var sum_7_1 = 0.0;
    var sum_7_2 = 0.0;
    var sum_7_3 = 0.0;
    var sum_7_4 = 0.0;
    var sum_7_5 = 0.0;
    var sum_7_6 = 0.0;
    var sum_7_7 = 0.0;
    var sum_8_0 = 0.0;
    var sum_8_1 = 0.0;
    var sum_8_2 = 0.0;
    var sum_8_3 = 0.0;
    var sum_8_4 = 0.0;
    var sum_8_5 = 0.0;
    var sum_8_6 = 0.0;
    var sum_8_7 = 0.0;
    var sum_9_0 = 0.0;
    var sum_9_1 = 0.0;
    var sum_9_2 = 0.0;
    var sum_9_3 = 0.0;
    var sum_9_4 = 0.0;
    var sum_9_5 = 0.0;
    var sum_9_6 = 0.0;
    var sum_9_7 = 0.0;
    var sum_10_0 = 0.0;
    var sum_10_1 = 0.0;
    var sum_10_2 = 0.0;
    var sum_10_3 = 0.0;
    var sum_10_4 = 0.0;
    var sum_10_5 = 0.0;
    var sum_10_6 = 0.0;
    var sum_10_7 = 0.0;
    var sum_11_0 = 0.0;
    var sum_11_1 = 0.0;
    var sum_11_2 = 0.0;
    var sum_11_3 = 0.0;
    var sum_11_4 = 0.0;
    var sum_11_5 = 0.0;
    var sum_11_6 = 0.0;
    var sum_11_7 = 0.0;
    var sum_12_0 = 0.0;
    var sum_12_1 = 0.0;
    var sum_12_2 = 0.0;
    var sum_12_3 = 0.0;
    var sum_12_4 = 0.0;
    var sum_12_5 = 0.0;
    var sum_12_6 = 0.0;
    var sum_12_7 = 0.0;
    var sum_13_0 = 0.0;
    var sum_13_1 = 0.0;
    var sum_13_2 = 0.0;
    var sum_13_3 = 0.0;
    var sum_13_4 = 0.0;
    var sum_13_5 = 0.0;
    var sum_13_6 = 0.0;
    var sum_13_7 = 0.0;
    var sum_14_0 = 0.0;
    var sum_14_1 = 0.0;
    var sum_14_2 = 0.0;
    var sum_14_3 = 0.0;
    var sum_14_4 = 0.0;
    var sum_14_5 = 0.0;
    var sum_14_6 = 0.0;
    var sum_14_7 = 0.0;
    var sum_15_0 = 0.0;
    var sum_15_1 = 0.0;
    var sum_15_2 = 0.0;
    var sum_15_3 = 0.0;
    var sum_15_4 = 0.0;
    var sum_15_5 = 0.0;
    var sum_15_6 = 0.0;
    var sum_15_7 = 0.0;
    var a_row = (scratch_first() + pass_word(index, 0u)) / 4u + tile_row * 2u;
    var b_row = scratch_first() + pass_word(index, 1u) + column_word;
    let rows = pass_word(index, 2u);
    var p = 0u;

    for (; p + 4u <= rows; p += 4u) {
      {
      let a_vector_0 = stationary[a_row + 0u];
      let a_vector_1 = stationary[a_row + 1u];
      let a_word_0 = decode_a(a_vector_0[0]);
      let a_word_1 = decode_a(a_vector_0[1]);
      let a_word_2 = decode_a(a_vector_0[2]);
      let a_word_3 = decode_a(a_vector_0[3]);
      let a_word_4 = decode_a(a_vector_1[0]);
      let a_word_5 = decode_a(a_vector_1[1]);
      let a_word_6 = decode_a(a_vector_1[2]);
      let a_word_7 = decode_a(a_vector_1[3]);
      let b_word_0 = decode_b(moving[b_row + 0u]);
      let b_word_1 = decode_b(moving[b_row + 16u]);
      let b_word_2 = decode_b(moving[b_row + 32u]);
      let b_word_3 = decode_b(moving[b_row + 48u]);
      sum_0_0 = sum_0_0 + (a_word_0[0] * b_word_0[0]);
      sum_0_1 = sum_0_1 + (a_word_0[0] * b_word_0[1]);
      sum_0_2 = sum_0_2 + (a_word_0[0] * b_word_1[0]);
      sum_0_3 = sum_0_3 + (a_word_0[0] * b_word_1[1]);
      sum_0_4 = sum_0_4 + (a_word_0[0] * b_word_2[0]);
      sum_0_5 = sum_0_5 + (a_word_0[0] * b_word_2[1]);
      sum_0_6 = sum_0_6 + (a_word_0[0] * b_word_3[0]);
      sum_0_7 = sum_0_7 + (a_word_0[0] * b_word_3[1]);
      sum_1_0 = sum_1_0 + (a_word_0[1] * b_word_0[0]);
      sum_1_1 = sum_1_1 + (a_word_0[1] * b_word_0[1]);
      sum_1_2 = sum_1_2 + (a_word_0[1] * b_word_1[0]);
      sum_1_3 = sum_1_3 + (a_word_0[1] * b_word_1[1]);
      sum_1_4 = sum_1_4 + (a_word_0[1] * b_word_2[0]);
      sum_1_5 = sum_1_5 + (a_word_0[1] * b_word_2[1]);
      sum_1_6 = sum_1_6 + (a_word_0[1] * b_word_3[0]);
      sum_1_7 = sum_1_7 + (a_word_0[1] * b_word_3[1]);
      sum_2_0 = sum_2_0 + (a_word_1[0] * b_word_0[0]);
      sum_2_1 = sum_2_1 + (a_word_1[0] * b_word_0[1]);
      sum_2_2 = sum_2_2 + (a_word_1[0] * b_word_1[0]);
      sum_2_3 = sum_2_3 + (a_word_1[0] * b_word_1[1]);
      sum_2_4 = sum_2_4 + (a_word_1[0] * b_word_2[0]);
      sum_2_5 = sum_2_5 + (a_word_1[0] * b_word_2[1]);
      sum_2_6 = sum_2_6 + (a_word_1[0] * b_word_3[0]);
      sum_2_7 = sum_2_7 + (a_word_1[0] * b_word_3[1]);
      sum_3_0 = sum_3_0 + (a_word_1[1] * b_word_0[0]);
      sum_3_1 = sum_3_1 + (a_word_1[1] * b_word_0[1]);
      sum_3_2 = sum_3_2 + (a_word_1[1] * b_word_1[0]);
      sum_3_3 = sum_3_3 + (a_word_1[1] * b_word_1[1]);
      sum_3_4 = sum_3_4 + (a_word_1[1] * b_word_2[0]);
      sum_3_5 = sum_3_5 + (a_word_1[1] * b_word_2[1]);
      sum_3_6 = sum_3_6 + (a_word_1[1] * b_word_3[0]);
      sum_3_7 = sum_3_7 + (a_word_1[1] * b_word_3[1]);
      sum_4_0 = sum_4_0 + (a_word_2[0] * b_word_0[0]);
      sum_4_1 = sum_4_1 + (a_word_2[0] * b_word_0[1]);
      sum_4_2 = sum_4_2 + (a_word_2[0] * b_word_1[0]);
      sum_4_3 = sum_4_3 + (a_word_2[0] * b_word_1[1]);
      sum_4_4 = sum_4_4 + (a_word_2[0] * b_word_2[0]);
      sum_4_5 = sum_4_5 + (a_word_2[0] * b_word_2[1]);
      sum_4_6 = sum_4_6 + (a_word_2[0] * b_word_3[0]);
      sum_4_7 = sum_4_7 + (a_word_2[0] * b_word_3[1]);
      sum_5_0 = sum_5_0 + (a_word_2[1] * b_word_0[0]);
      sum_5_1 = sum_5_1 + (a_word_2[1] * b_word_0[1]);
      sum_5_2 = sum_5_2 + (a_word_2[1] * b_word_1[0]);
      sum_5_3 = sum_5_3 + (a_word_2[1] * b_word_1[1]);
      sum_5_4 = sum_5_4 + (a_word_2[1] * b_word_2[0]);
      sum_5_5 = sum_5_5 + (a_word_2[1] * b_word_2[1]);
      sum_5_6 = sum_5_6 + (a_word_2[1] * b_word_3[0]);
      sum_5_7 = sum_5_7 + (a_word_2[1] * b_word_3[1]);
      sum_6_0 = sum_6_0 + (a_word_3[0] * b_word_0[0]);
      sum_6_1 = sum_6_1 + (a_word_3[0] * b_word_0[1]);
      sum_6_2 = sum_6_2 + (a_word_3[0] * b_word_1[0]);
      sum_6_3 = sum_6_3 + (a_word_3[0] * b_word_1[1]);
      sum_6_4 = sum_6_4 + (a_word_3[0] * b_word_2[0]);
      sum_6_5 = sum_6_5 + (a_word_3[0] * b_word_2[1]);
      sum_6_6 = sum_6_6 + (a_word_3[0] * b_word_3[0]);
      sum_6_7 = sum_6_7 + (a_word_3[0] * b_word_3[1]);
      sum_7_0 = sum_7_0 + (a_word_3[1] * b_word_0[0]);
      sum_7_1 = sum_7_1 + (a_word_3[1] * b_word_0[1]);
      sum_7_2 = sum_7_2 + (a_word_3[1] * b_word_1[0]);
      sum_7_3 = sum_7_3 + (a_word_3[1] * b_word_1[1]);
      sum_7_4 = sum_7_4 + (a_word_3[1] * b_word_2[0]);
      sum_7_5 = sum_7_5 + (a_word_3[1] * b_word_2[1]);
      sum_7_6 = sum_7_6 + (a_word_3[1] * b_word_3[0]);
      sum_7_7 = sum_7_7 + (a_word_3[1] * b_word_3[1]);
      sum_8_0 = sum_8_0 + (a_word_4[0] * b_word_0[0]);
      sum_8_1 = sum_8_1 + (a_word_4[0] * b_word_0[1]);
      sum_8_2 = sum_8_2 + (a_word_4[0] * b_word_1[0]);
      sum_8_3 = sum_8_3 + (a_word_4[0] * b_word_1[1]);
      sum_8_4 = sum_8_4 + (a_word_4[0] * b_word_2[0]);
      sum_8_5 = sum_8_5 + (a_word_4[0] * b_word_2[1]);
      sum_8_6 = sum_8_6 + (a_word_4[0] * b_word_3[0]);
      sum_8_7 = sum_8_7 + (a_word_4[0] * b_word_3[1]);
      sum_9_0 = sum_9_0 + (a_word_4[1] * b_word_0[0]);
      sum_9_1 = sum_9_1 + (a_word_4[1] * b_word_0[1]);
      sum_9_2 = sum_9_2 + (a_word_4[1] * b_word_1[0]);
      sum_9_3 = sum_9_3 + (a_word_4[1] * b_word_1[1]);
      sum_9_4 = sum_9_4 + (a_word_4[1] * b_word_2[0]);
      sum_9_5 = sum_9_5 + (a_word_4[1] * b_word_2[1]);
      sum_9_6 = sum_9_6 + (a_word_4[1] * b_word_3[0]);
      sum_9_7 = sum_9_7 + (a_word_4[1] * b_word_3[1]);
      sum_10_0 = sum_10_0 + (a_word_5[0] * b_word_0[0]);
      sum_10_1 = sum_10_1 + (a_word_5[0] * b_word_0[1]);
      sum_10_2 = sum_10_2 + (a_word_5[0] * b_word_1[0]);
      sum_10_3 = sum_10_3 + (a_word_5[0] * b_word_1[1]);
      sum_10_4 = sum_10_4 + (a_word_5[0] * b_word_2[0]);
      sum_10_5 = sum_10_5 + (a_word_5[0] * b_word_2[1]);
      sum_10_6 = sum_10_6 + (a_word_5[0] * b_word_3[0]);
      sum_10_7 = sum_10_7 + (a_word_5[0] * b_word_3[1]);
      sum_11_0 = sum_11_0 + (a_word_5[1] * b_word_0[0]);
      sum_11_1 = sum_11_1 + (a_word_5[1] * b_word_0[1]);
      sum_11_2 = sum_11_2 + (a_word_5[1] * b_word_1[0]);
      sum_11_3 = sum_11_3 + (a_word_5[1] * b_word_1[1]);
      sum_11_4 = sum_11_4 + (a_word_5[1] * b_word_2[0]);
      sum_11_5 = sum_11_5 + (a_word_5[1] * b_word_2[1]);
      sum_11_6 = sum_11_6 + (a_word_5[1] * b_word_3[0]);
      sum_11_7 = sum_11_7 + (a_word_5[1] * b_word_3[1]);
      sum_12_0 = sum_12_0 + (a_word_6[0] * b_word_0[0]);
      sum_12_1 = sum_12_1 + (a_word_6[0] * b_word_0[1]);
      sum_12_2 = sum_12_2 + (a_word_6[0] * b_word_1[0]);
      sum_12_3 = sum_12_3 + (a_word_6[0] * b_word_1[1]);
      sum_12_4 = sum_12_4 + (a_word_6[0] * b_word_2[0]);
      sum_12_5 = sum_12_5 + (a_word_6[0] * b_word_2[1]);
      sum_12_6 = sum_12_6 + (a_word_6[0] * b_word_3[0]);
      sum_12_7 = sum_12_7 + (a_word_6[0] * b_word_3[1]);
      sum_13_0 = sum_13_0 + (a_word_6[1] * b_word_0[0]);
      sum_13_1 = sum_13_1 + (a_word_6[1] * b_word_0[1]);
      sum_13_2 = sum_13_2 + (a_word_6[1] * b_word_1[0]);
      sum_13_3 = sum_13_3 + (a_word_6[1] * b_word_1[1]);
      sum_13_4 = sum_13_4 + (a_word_6[1] * b_word_2[0]);
      sum_13_5 = sum_13_5 + (a_word_6[1] * b_word_2[1]);
      sum_13_6 = sum_13_6 + (a_word_6[1] * b_word_3[0]);
      sum_13_7 = sum_13_7 + (a_word_6[1] * b_word_3[1]);
      sum_14_0 = sum_14_0 + (a_word_7[0] * b_word_0[0]);
      sum_14_1 = sum_14_1 + (a_word_7[0] * b_word_0[1]);
      sum_14_2 = sum_14_2 + (a_word_7[0] * b_word_1[0]);
      sum_14_3 = sum_14_3 + (a_word_7[0] * b_word_1[1]);
      sum_14_4 = sum_14_4 + (a_word_7[0] * b_word_2[0]);
      sum_14_5 = sum_14_5 + (a_word_7[0] * b_word_2[1]);
      sum_14_6 = sum_14_6 + (a_word_7[0] * b_word_3[0]);
      sum_14_7 = sum_14_7 + (a_word_7[0] * b_word_3[1]);
      sum_15_0 = sum_15_0 + (a_word_7[1] * b_word_0[0]);
      sum_15_1 = sum_15_1 + (a_word_7[1] * b_word_0[1]);
      sum_15_2 = sum_15_2 + (a_word_7[1] * b_word_1[0]);
      sum_15_3 = sum_15_3 + (a_word_7[1] * b_word_1[1]);
      sum_15_4 = sum_15_4 + (a_word_7[1] * b_word_2[0]);
      sum_15_5 = sum_15_5 + (a_word_7[1] * b_word_2[1]);
      sum_15_6 = sum_15_6 + (a_word_7[1] * b_word_3[0]);
      sum_15_7 = sum_15_7 + (a_word_7[1] * b_word_3[1]);
      a_row += a_vectors;
      b_row += b_words;
      }
      {
      let a_vector_0 = stationary[a_row + 0u];
      let a_vector_1 = stationary[a_row + 1u];
      let a_word_0 = decode_a(a_vector_0[0]);
      let a_word_1 = decode_a(a_vector_0[1]);
      let a_word_2 = decode_a(a_vector_0[2]);
      let a_word_3 = decode_a(a_vector_0[3]);
      let a_word_4 = decode_a(a_vector_1[0]);
      let a_word_5 = decode_a(a_vector_1[1]);
      let a_word_6 = decode_a(a_vector_1[2]);
      let a_word_7 = decode_a(a_vector_1[3]);
      let b_word_0 = decode_b(moving[b_row + 0u]);
      let b_word_1 = decode_b(moving[b_row + 16u]);
      let b_word_2 = decode_b(moving[b_row + 32u]);
      let b_word_3 = decode_b(moving[b_row + 48u]);
      sum_0_0 = sum_0_0 + (a_word_0[0] * b_word_0[0]);
      sum_0_1 = sum_0_1 + (a_word_0[0] * b_word_0[1]);
      sum_0_2 = sum_0_2 + (a_word_0[0] * b_word_1[0]);
      sum_0_3 = sum_0_3 + (a_word_0[0] * b_word_1[1]);
      sum_0_4 = sum_0_4 + (a_word_0[0] * b_word_2[0]);
      sum_0_5 = sum_0_5 + (a_word_0[0] * b_word_2[1]);
      sum_0_6 = sum_0_6 + (a_word_0[0] * b_word_3[0]);
      sum_0_7 = sum_0_7 + (a_word_0[0] * b_word_3[1]);
      sum_1_0 = sum_1_0 + (a_word_0[1] * b_word_0[0]);
      sum_1_1 = sum_1_1 + (a_word_0[1] * b_word_0[1]);
      sum_1_2 = sum_1_2 + (a_word_0[1] * b_word_1[0]);
      sum_1_3 = sum_1_3 + (a_word_0[1] * b_word_1[1]);
      sum_1_4 = sum_1_4 + (a_word_0[1] * b_word_2[0]);
      sum_1_5 = sum_1_5 + (a_word_0[1] * b_word_2[1]);
      sum_1_6 = sum_1_6 + (a_word_0[1] * b_word_3[0]);
      sum_1_7 = sum_1_7 + (a_word_0[1] * b_word_3[1]);
      sum_2_0 = sum_2_0 + (a_word_1[0] * b_word_0[0]);
      sum_2_1 = sum_2_1 + (a_word_1[0] * b_word_0[1]);
      sum_2_2 = sum_2_2 + (a_word_1[0] * b_word_1[0]);
      sum_2_3 = sum_2_3 + (a_word_1[0] * b_word_1[1]);
      sum_2_4 = sum_2_4 + (a_word_1[0] * b_word_2[0]);
      sum_2_5 = sum_2_5 + (a_word_1[0] * b_word_2[1]);
      sum_2_6 = sum_2_6 + (a_word_1[0] * b_word_3[0]);
      sum_2_7 = sum_2_7 + (a_word_1[0] * b_word_3[1]);
      sum_3_0 = sum_3_0 + (a_word_1[1] * b_word_0[0]);
      sum_3_1 = sum_3_1 + (a_word_1[1] * b_word_0[1]);
      sum_3_2 = sum_3_2 + (a_word_1[1] * b_word_1[0]);
      sum_3_3 = sum_3_3 + (a_word_1[1] * b_word_1[1]);
      sum_3_4 = sum_3_4 + (a_word_1[1] * b_word_2[0]);
      sum_3_5 = sum_3_5 + (a_word_1[1] * b_word_2[1]);
      sum_3_6 = sum_3_6 + (a_word_1[1] * b_word_3[0]);
      sum_3_7 = sum_3_7 + (a_word_1[1] * b_word_3[1]);
      sum_4_0 = sum_4_0 + (a_word_2[0] * b_word_0[0]);
      sum_4_1 = sum_4_1 + (a_word_2[0] * b_word_0[1]);
      sum_4_2 = sum_4_2 + (a_word_2[0] * b_word_1[0]);
      sum_4_3 = sum_4_3 + (a_word_2[0] * b_word_1[1]);
      sum_4_4 = sum_4_4 + (a_word_2[0] * b_word_2[0]);
      sum_4_5 = sum_4_5 + (a_word_2[0] * b_word_2[1]);
      sum_4_6 = sum_4_6 + (a_word_2[0] * b_word_3[0]);
      sum_4_7 = sum_4_7 + (a_word_2[0] * b_word_3[1]);
      sum_5_0 = sum_5_0 + (a_word_2[1] * b_word_0[0]);
      sum_5_1 = sum_5_1 + (a_word_2[1] * b_word_0[1]);
      sum_5_2 = sum_5_2 + (a_word_2[1] * b_word_1[0]);
      sum_5_3 = sum_5_3 + (a_word_2[1] * b_word_1[1]);
      sum_5_4 = sum_5_4 + (a_word_2[1] * b_word_2[0]);
      sum_5_5 = sum_5_5 + (a_word_2[1] * b_word_2[1]);
      sum_5_6 = sum_5_6 + (a_word_2[1] * b_word_3[0]);
      sum_5_7 = sum_5_7 + (a_word_2[1] * b_word_3[1]);
      sum_6_0 = sum_6_0 + (a_word_3[0] * b_word_0[0]);
      sum_6_1 = sum_6_1 + (a_word_3[0] * b_word_0[1]);
      sum_6_2 = sum_6_2 + (a_word_3[0] * b_word_1[0]);
      sum_6_3 = sum_6_3 + (a_word_3[0] * b_word_1[1]);
      sum_6_4 = sum_6_4 + (a_word_3[0] * b_word_2[0]);
      sum_6_5 = sum_6_5 + (a_word_3[0] * b_word_2[1]);
      sum_6_6 = sum_6_6 + (a_word_3[0] * b_word_3[0]);
      sum_6_7 = sum_6_7 + (a_word_3[0] * b_word_3[1]);
      sum_7_0 = sum_7_0 + (a_word_3[1] * b_word_0[0]);
      sum_7_1 = sum_7_1 + (a_word_3[1] * b_word_0[1]);
      sum_7_2 = sum_7_2 + (a_word_3[1] * b_word_1[0]);
      sum_7_3 = sum_7_3 + (a_word_3[1] * b_word_1[1]);
      sum_7_4 = sum_7_4 + (a_word_3[1] * b_word_2[0]);
      sum_7_5 = sum_7_5 + (a_word_3[1] * b_word_2[1]);
      sum_7_6 = sum_7_6 + (a_word_3[1] * b_word_3[0]);
      sum_7_7 = sum_7_7 + (a_word_3[1] * b_word_3[1]);
      sum_8_0 = sum_8_0 + (a_word_4[0] * b_word_0[0]);
      sum_8_1 = sum_8_1 + (a_word_4[0] * b_word_0[1]);
      sum_8_2 = sum_8_2 + (a_word_4[0] * b_word_1[0]);
      sum_8_3 = sum_8_3 + (a_word_4[0] * b_word_1[1]);
      sum_8_4 = sum_8_4 + (a_word_4[0] * b_word_2[0]);
      sum_8_5 = sum_8_5 + (a_word_4[0] * b_word_2[1]);
      sum_8_6 = sum_8_6 + (a_word_4[0] * b_word_3[0]);
      sum_8_7 = sum_8_7 + (a_word_4[0] * b_word_3[1]);
      sum_9_0 = sum_9_0 + (a_word_4[1] * b_word_0[0]);
      sum_9_1 = sum_9_1 + (a_word_4[1] * b_word_0[1]);
      sum_9_2 = sum_9_2 + (a_word_4[1] * b_word_1[0]);
      sum_9_3 = sum_9_3 + (a_word_4[1] * b_word_1[1]);
      sum_9_4 = sum_9_4 + (a_word_4[1] * b_word_2[0]);
      sum_9_5 = sum_9_5 + (a_word_4[1] * b_word_2[1]);
      sum_9_6 = sum_9_6 + (a_word_4[1] * b_word_3[0]);
      sum_9_7 = sum_9_7 + (a_word_4[1] * b_word_3[1]);
      sum_10_0 = sum_10_0 + (a_word_5[0] * b_word_0[0]);
      sum_10_1 = sum_10_1 + (a_word_5[0] * b_word_0[1]);
      sum_10_2 = sum_10_2 + (a_word_5[0] * b_word_1[0]);
      sum_10_3 = sum_10_3 + (a_word_5[0] * b_word_1[1]);
      sum_10_4 = sum_10_4 + (a_word_5[0] * b_word_2[0]);
      sum_10_5 = sum_10_5 + (a_word_5[0] * b_word_2[1]);
      sum_10_6 = sum_10_6 + (a_word_5[0] * b_word_3[0]);
      sum_10_7 = sum_10_7 + (a_word_5[0] * b_word_3[1]);
      sum_11_0 = sum_11_0 + (a_word_5[1] * b_word_0[0]);
      sum_11_1 = sum_11_1 + (a_word_5[1] * b_word_0[1]);
      sum_11_2 = sum_11_2 + (a_word_5[1] * b_word_1[0]);
      sum_11_3 = sum_11_3 + (a_word_5[1] * b_word_1[1]);
      sum_11_4 = sum_11_4 + (a_word_5[1] * b_word_2[0]);
      sum_11_5 = sum_11_5 + (a_word_5[1] * b_word_2[1]);
      sum_11_6 = sum_11_6 + (a_word_5[1] * b_word_3[0]);
      sum_11_7 = sum_11_7 + (a_word_5[1] * b_word_3[1]);
      sum_12_0 = sum_12_0 + (a_word_6[0] * b_word_0[0]);
      sum_12_1 = sum_12_1 + (a_word_6[0] * b_word_0[1]);
      sum_12_2 = sum_12_2 + (a_word_6[0] * b_word_1[0]);
      sum_12_3 = sum_12_3 + (a_word_6[0] * b_word_1[1]);
      sum_12_4 = sum_12_4 + (a_word_6[0] * b_word_2[0]);
      sum_12_5 = sum_12_5 + (a_word_6[0] * b_word_2[1]);
      sum_12_6 = sum_12_6 + (a_word_6[0] * b_word_3[0]);
      sum_12_7 = sum_12_7 + (a_word_6[0] * b_word_3[1]);
      sum_13_0 = sum_13_0 + (a_word_6[1] * b_word_0[0]);
      sum_13_1 = sum_13_1 + (a_word_6[1] * b_word_0[1]);
      sum_13_2 = sum_13_2 + (a_word_6[1] * b_word_1[0]);
      sum_13_3 = sum_13_3 + (a_word_6[1] * b_word_1[1]);
      sum_13_4 = sum_13_4 + (a_word_6[1] * b_word_2[0]);
      sum_13_5 = sum_13_5 + (a_word_6[1] * b_word_2[1]);
      sum_13_6 = sum_13_6 + (a_word_6[1] * b_word_3[0]);
      sum_13_7 = sum_13_7 + (a_word_6[1] * b_word_3[1]);
      sum_14_0 = sum_14_0 + (a_word_7[0] * b_word_0[0]);
      sum_14_1 = sum_14_1 + (a_word_7[0] * b_word_0[1]);
      sum_14_2 = sum_14_2 + (a_word_7[0] * b_word_1[0]);
      sum_14_3 = sum_14_3 + (a_word_7[0] * b_word_1[1]);
      sum_14_4 = sum_14_4 + (a_word_7[0] * b_word_2[0]);
      sum_14_5 = sum_14_5 + (a_word_7[0] * b_word_2[1]);
      sum_14_6 = sum_14_6 + (a_word_7[0] * b_word_3[0]);
      sum_14_7 = sum_14_7 + (a_word_7[0] * b_word_3[1]);
      sum_15_0 = sum_15_0 + (a_word_7[1] * b_word_0[0]);
      sum_15_1 = sum_15_1 + (a_word_7[1] * b_word_0[1]);
      sum_15_2 = sum_15_2 + (a_word_7[1] * b_word_1[0]);
      sum_15_3 = sum_15_3 + (a_word_7[1] * b_word_1[1]);
      sum_15_4 = sum_15_4 + (a_word_7[1] * b_word_2[0]);
      sum_15_5 = sum_15_5 + (a_word_7[1] * b_word_2[1]);
      sum_15_6 = sum_15_6 + (a_word_7[1] * b_word_3[0]);
      sum_15_7 = sum_15_7 + (a_word_7[1] * b_word_3[1]);
      a_row += a_vectors;
      b_row += b_words;
      }
      {
      let a_vector_0 = stationary[a_row + 0u];
      let a_vector_1 = stationary[a_row + 1u];
      let a_word_0 = decode_a(a_vector_0[0]);
      let a_word_1 = decode_a(a_vector_0[1]);
      let a_word_2 = decode_a(a_vector_0[2]);
      let a_word_3 = decode_a(a_vector_0[3]);
      let a_word_4 = decode_a(a_vector_1[0]);
      let a_word_5 = decode_a(a_vector_1[1]);
      let a_word_6 = decode_a(a_vector_1[2]);
      let a_word_7 = decode_a(a_vector_1[3]);
      let b_word_0 = decode_b(moving[b_row + 0u]);
      let b_word_1 = decode_b(moving[b_row + 16u]);
      let b_word_2 = decode_b(moving[b_row + 32u]);
      let b_word_3 = decode_b(moving[b_row + 48u]);
      sum_0_0 = sum_0_0 + (a_word_0[0] * b_word_0[0]);
      sum_0_1 = sum_0_1 + (a_word_0[0] * b_word_0[1]);
      sum_0_2 = sum_0_2 + (a_word_0[0] * b_word_1[0]);
      sum_0_3 = sum_0_3 + (a_word_0[0] * b_word_1[1]);
      sum_0_4 = sum_0_4 + (a_word_0[0] * b_word_2[0]);
      sum_0_5 = sum_0_5 + (a_word_0[0] * b_word_2[1]);
      sum_0_6 = sum_0_6 + (a_word_0[0] * b_word_3[0]);
      sum_0_7 = sum_0_7 + (a_word_0[0] * b_word_3[1]);
      sum_1_0 = sum_1_0 + (a_word_0[1] * b_word_0[0]);
      sum_1_1 = sum_1_1 + (a_word_0[1] * b_word_0[1]);
      sum_1_2 = sum_1_2 + (a_word_0[1] * b_word_1[0]);
      sum_1_3 = sum_1_3 + (a_word_0[1] * b_word_1[1]);
      sum_1_4 = sum_1_4 + (a_word_0[1] * b_word_2[0]);
      sum_1_5 = sum_1_5 + (a_word_0[1] * b_word_2[1]);
      sum_1_6 = sum_1_6 + (a_word_0[1] * b_word_3[0]);
      sum_1_7 = sum_1_7 + (a_word_0[1] * b_word_3[1]);
      sum_2_0 = sum_2_0 + (a_word_1[0] * b_word_0[0]);
      sum_2_1 = sum_2_1 + (a_word_1[0] * b_word_0[1]);
      sum_2_2 = sum_2_2 + (a_word_1[0] * b_word_1[0]);
      sum_2_3 = sum_2_3 + (a_word_1[0] * b_word_1[1]);
      sum_2_4 = sum_2_4 + (a_word_1[0] * b_word_2[0]);
      sum_2_5 = sum_2_5 + (a_word_1[0] * b_word_2[1]);
      sum_2_6 = sum_2_6 + (a_word_1[0] * b_word_3[0]);
      sum_2_7 = sum_2_7 + (a_word_1[0] * b_word_3[1]);
      sum_3_0 = sum_3_0 + (a_word_1[1] * b_word_0[0]);
      sum_3_1 = sum_3_1 + (a_word_1[1] * b_word_0[1]);
      sum_3_2 = sum_3_2 + (a_word_1[1] * b_word_1[0]);
      sum_3_3 = sum_3_3 + (a_word_1[1] * b_word_1[1]);
      sum_3_4 = sum_3_4 + (a_word_1[1] * b_word_2[0]);
      sum_3_5 = sum_3_5 + (a_word_1[1] * b_word_2[1]);
      sum_3_6 = sum_3_6 + (a_word_1[1] * b_word_3[0]);
      sum_3_7 = sum_3_7 + (a_word_1[1] * b_word_3[1]);
      sum_4_0 = sum_4_0 + (a_word_2[0] * b_word_0[0]);
      sum_4_1 = sum_4_1 + (a_word_2[0] * b_word_0[1]);
      sum_4_2 = sum_4_2 + (a_word_2[0] * b_word_1[0]);
      sum_4_3 = sum_4_3 + (a_word_2[0] * b_word_1[1]);
      sum_4_4 = sum_4_4 + (a_word_2[0] * b_word_2[0]);
      sum_4_5 = sum_4_5 + (a_word_2[0] * b_word_2[1]);
      sum_4_6 = sum_4_6 + (a_word_2[0] * b_word_3[0]);
      sum_4_7 = sum_4_7 + (a_word_2[0] * b_word_3[1]);
      sum_5_0 = sum_5_0 + (a_word_2[1] * b_word_0[0]);
      sum_5_1 = sum_5_1 + (a_word_2[1] * b_word_0[1]);
      sum_5_2 = sum_5_2 + (a_word_2[1] * b_word_1[0]);
      sum_5_3 = sum_5_3 + (a_word_2[1] * b_word_1[1]);
      sum_5_4 = sum_5_4 + (a_word_2[1] * b_word_2[0]);
      sum_5_5 = sum_5_5 + (a_word_2[1] * b_word_2[1]);
      sum_5_6 = sum_5_6 + (a_word_2[1] * b_word_3[0]);
      sum_5_7 = sum_5_7 + (a_word_2[1] * b_word_3[1]);
      sum_6_0 = sum_6_0 + (a_word_3[0] * b_word_0[0]);
      sum_6_1 = sum_6_1 + (a_word_3[0] * b_word_0[1]);
      sum_6_2 = sum_6_2 + (a_word_3[0] * b_word_1[0]);
      sum_6_3 = sum_6_3 + (a_word_3[0] * b_word_1[1]);
      sum_6_4 = sum_6_4 + (a_word_3[0] * b_word_2[0]);
      sum_6_5 = sum_6_5 + (a_word_3[0] * b_word_2[1]);
      sum_6_6 = sum_6_6 + (a_word_3[0] * b_word_3[0]);
      sum_6_7 = sum_6_7 + (a_word_3[0] * b_word_3[1]);
      sum_7_0 = sum_7_0 + (a_word_3[1] * b_word_0[0]);
      sum_7_1 = sum_7_1 + (a_word_3[1] * b_word_0[1]);
      sum_7_2 = sum_7_2 + (a_word_3[1] * b_word_1[0]);
      sum_7_3 = sum_7_3 + (a_word_3[1] * b_word_1[1]);
      sum_7_4 = sum_7_4 + (a_word_3[1] * b_word_2[0]);
      sum_7_5 = sum_7_5 + (a_word_3[1] * b_word_2[1]);
      sum_7_6 = sum_7_6 + (a_word_3[1] * b_word_3[0]);
      sum_7_7 = sum_7_7 + (a_word_3[1] * b_word_3[1]);
      sum_8_0 = sum_8_0 + (a_word_4[0] * b_word_0[0]);
      sum_8_1 = sum_8_1 + (a_word_4[0] * b_word_0[1]);
      sum_8_2 = sum_8_2 + (a_word_4[0] * b_word_1[0]);
      sum_8_3 = sum_8_3 + (a_word_4[0] * b_word_1[1]);
      sum_8_4 = sum_8_4 + (a_word_4[0] * b_word_2[0]);
      sum_8_5 = sum_8_5 + (a_word_4[0] * b_word_2[1]);
      sum_8_6 = sum_8_6 + (a_word_4[0] * b_word_3[0]);
      sum_8_7 = sum_8_7 + (a_word_4[0] * b_word_3[1]);
      sum_9_0 = sum_9_0 + (a_word_4[1] * b_word_0[0]);
      sum_9_1 = sum_9_1 + (a_word_4[1] * b_word_0[1]);
      sum_9_2 = sum_9_2 + (a_word_4[1] * b_word_1[0]);
      sum_9_3 = sum_9_3 + (a_word_4[1] * b_word_1[1]);
      sum_9_4 = sum_9_4 + (a_word_4[1] * b_word_2[0]);
      sum_9_5 = sum_9_5 + (a_word_4[1] * b_word_2[1]);
      sum_9_6 = sum_9_6 + (a_word_4[1] * b_word_3[0]);
      sum_9_7 = sum_9_7 + (a_word_4[1] * b_word_3[1]);
      sum_10_0 = sum_10_0 + (a_word_5[0] * b_word_0[0]);
      sum_10_1 = sum_10_1 + (a_word_5[0] * b_word_0[1]);
      sum_10_2 = sum_10_2 + (a_word_5[0] * b_word_1[0]);
      sum_10_3 = sum_10_3 + (a_word_5[0] * b_word_1[1]);
      sum_10_4 = sum_10_4 + (a_word_5[0] * b_word_2[0]);
      sum_10_5 = sum_10_5 + (a_word_5[0] * b_word_2[1]);
      sum_10_6 = sum_10_6 + (a_word_5[0] * b_word_3[0]);
      sum_10_7 = sum_10_7 + (a_word_5[0] * b_word_3[1]);
      sum_11_0 = sum_11_0 + (a_word_5[1] * b_word_0[0]);
      sum_11_1 = sum_11_1 + (a_word_5[1] * b_word_0[1]);
      sum_11_2 = sum_11_2 + (a_word_5[1] * b_word_1[0]);
      sum_11_3 = sum_11_3 + (a_word_5[1] * b_word_1[1]);
      sum_11_4 = sum_11_4 + (a_word_5[1] * b_word_2[0]);
      sum_11_5 = sum_11_5 + (a_word_5[1] * b_word_2[1]);
      sum_11_6 = sum_11_6 + (a_word_5[1] * b_word_3[0]);
      sum_11_7 = sum_11_7 + (a_word_5[1] * b_word_3[1]);
      sum_12_0 = sum_12_0 + (a_word_6[0] * b_word_0[0]);
      sum_12_1 = sum_12_1 + (a_word_6[0] * b_word_0[1]);
      sum_12_2 = sum_12_2 + (a_word_6[0] * b_word_1[0]);
      sum_12_3 = sum_12_3 + (a_word_6[0] * b_word_1[1]);
      sum_12_4 = sum_12_4 + (a_word_6[0] * b_word_2[0]);
      sum_12_5 = sum_12_5 + (a_word_6[0] * b_word_2[1]);
      sum_12_6 = sum_12_6 + (a_word_6[0] * b_word_3[0]);
      sum_12_7 = sum_12_7 + (a_word_6[0] * b_word_3[1]);
      sum_13_0 = sum_13_0 + (a_word_6[1] * b_word_0[0]);
      sum_13_1 = sum_13_1 + (a_word_6[1] * b_word_0[1]);
      sum_13_2 = sum_13_2 + (a_word_6[1] * b_word_1[0]);
      sum_13_3 = sum_13_3 + (a_word_6[1] * b_word_1[1]);
      sum_13_4 = sum_13_4 + (a_word_6[1] * b_word_2[0]);
      sum_13_5 = sum_13_5 + (a_word_6[1] * b_word_2[1]);
      sum_13_6 = sum_13_6 + (a_word_6[1] * b_word_3[0]);
      sum_13_7 = sum_13_7 + (a_word_6[1] * b_word_3[1]);
      sum_14_0 = sum_14_0 + (a_word_7[0] * b_word_0[0]);
      sum_14_1 = sum_14_1 + (a_word_7[0] * b_word_0[1]);
      sum_14_2 = sum_14_2 + (a_word_7[0] * b_word_1[0]);
      sum_14_3 = sum_14_3 + (a_word_7[0] * b_word_1[1]);
      sum_14_4 = sum_14_4 + (a_word_7[0] * b_word_2[0]);
      sum_14_5 = sum_14_5 + (a_word_7[0] * b_word_2[1]);
      sum_14_6 = sum_14_6 + (a_word_7[0] * b_word_3[0]);
      sum_14_7 = sum_14_7 + (a_word_7[0] * b_word_3[1]);
      sum_15_0 = sum_15_0 + (a_word_7[1] * b_word_0[0]);
      sum_15_1 = sum_15_1 + (a_word_7[1] * b_word_0[1]);
      sum_15_2 = sum_15_2 + (a_word_7[1] * b_word_1[0]);
      sum_15_3 = sum_15_3 + (a_word_7[1] * b_word_1[1]);
      sum_15_4 = sum_15_4 + (a_word_7[1] * b_word_2[0]);
      sum_15_5 = sum_15_5 + (a_word_7[1] * b_word_2[1]);
      sum_15_6 = sum_15_6 + (a_word_7[1] * b_word_3[0]);
      sum_15_7 = sum_15_7 + (a_word_7[1] * b_word_3[1]);
      a_row += a_vectors;
      b_row += b_words;
      }
      {
      let a_vector_0 = stationary[a_row + 0u];
      let a_vector_1 = stationary[a_row + 1u];
      let a_word_0 = decode_a(a_vector_0[0]);
      let a_word_1 = decode_a(a_vector_0[1]);
      let a_word_2 = decode_a(a_vector_0[2]);
      let a_word_3 = decode_a(a_vector_0[3]);
      let a_word_4 = decode_a(a_vector_1[0]);
      let a_word_5 = decode_a(a_vector_1[1]);
      let a_word_6 = decode_a(a_vector_1[2]);
      let a_word_7 = decode_a(a_vector_1[3]);
      let b_word_0 = decode_b(moving[b_row + 0u]);
      let b_word_1 = decode_b(moving[b_row + 16u]);
      let b_word_2 = decode_b(moving[b_row + 32u]);
      let b_word_3 = decode_b(moving[b_row + 48u]);
      sum_0_0 = sum_0_0 + (a_word_0[0] * b_word_0[0]);
      sum_0_1 = sum_0_1 + (a_word_0[0] * b_word_0[1]);
      sum_0_2 = sum_0_2 + (a_word_0[0] * b_word_1[0]);
      sum_0_3 = sum_0_3 + (a_word_0[0] * b_word_1[1]);
      sum_0_4 = sum_0_4 + (a_word_0[0] * b_word_2[0]);
      sum_0_5 = sum_0_5 + (a_word_0[0] * b_word_2[1]);
      sum_0_6 = sum_0_6 + (a_word_0[0] * b_word_3[0]);
      sum_0_7 = sum_0_7 + (a_word_0[0] * b_word_3[1]);
      sum_1_0 = sum_1_0 + (a_word_0[1] * b_word_0[0]);
      sum_1_1 = sum_1_1 + (a_word_0[1] * b_word_0[1]);
      sum_1_2 = sum_1_2 + (a_word_0[1] * b_word_1[0]);
      sum_1_3 = sum_1_3 + (a_word_0[1] * b_word_1[1]);
      sum_1_4 = sum_1_4 + (a_word_0[1] * b_word_2[0]);
      sum_1_5 = sum_1_5 + (a_word_0[1] * b_word_2[1]);
      sum_1_6 = sum_1_6 + (a_word_0[1] * b_word_3[0]);
      sum_1_7 = sum_1_7 + (a_word_0[1] * b_word_3[1]);
      sum_2_0 = sum_2_0 + (a_word_1[0] * b_word_0[0]);
      sum_2_1 = sum_2_1 + (a_word_1[0] * b_word_0[1]);
      sum_2_2 = sum_2_2 + (a_word_1[0] * b_word_1[0]);
      sum_2_3 = sum_2_3 + (a_word_1[0] * b_word_1[1]);
      sum_2_4 = sum_2_4 + (a_word_1[0] * b_word_2[0]);
      sum_2_5 = sum_2_5 + (a_word_1[0] * b_word_2[1]);
      sum_2_6 = sum_2_6 + (a_word_1[0] * b_word_3[0]);
      sum_2_7 = sum_2_7 + (a_word_1[0] * b_word_3[1]);
      sum_3_0 = sum_3_0 + (a_word_1[1] * b_word_0[0]);
      sum_3_1 = sum_3_1 + (a_word_1[1] * b_word_0[1]);
      sum_3_2 = sum_3_2 + (a_word_1[1] * b_word_1[0]);
      sum_3_3 = sum_3_3 + (a_word_1[1] * b_word_1[1]);
      sum_3_4 = sum_3_4 + (a_word_1[1] * b_word_2[0]);
      sum_3_5 = sum_3_5 + (a_word_1[1] * b_word_2[1]);
      sum_3_6 = sum_3_6 + (a_word_1[1] * b_word_3[0]);
      sum_3_7 = sum_3_7 + (a_word_1[1] * b_word_3[1]);
      sum_4_0 = sum_4_0 + (a_word_2[0] * b_word_0[0]);
      sum_4_1 = sum_4_1 + (a_word_2[0] * b_word_0[1]);
      sum_4_2 = sum_4_2 + (a_word_2[0] * b_word_1[0]);
      sum_4_3 = sum_4_3 + (a_word_2[0] * b_word_1[1]);
      sum_4_4 = sum_4_4 + (a_word_2[0] * b_word_2[0]);
      sum_4_5 = sum_4_5 + (a_word_2[0] * b_word_2[1]);
      sum_4_6 = sum_4_6 + (a_word_2[0] * b_word_3[0]);
      sum_4_7 = sum_4_7 + (a_word_2[0] * b_word_3[1]);
      sum_5_0 = sum_5_0 + (a_word_2[1] * b_word_0[0]);
      sum_5_1 = sum_5_1 + (a_word_2[1] * b_word_0[1]);
      sum_5_2 = sum_5_2 + (a_word_2[1] * b_word_1[0]);
      sum_5_3 = sum_5_3 + (a_word_2[1] * b_word_1[1]);
      sum_5_4 = sum_5_4 + (a_word_2[1] * b_word_2[0]);
      sum_5_5 = sum_5_5 + (a_word_2[1] * b_word_2[1]);
      sum_5_6 = sum_5_6 + (a_word_2[1] * b_word_3[0]);
      sum_5_7 = sum_5_7 + (a_word_2[1] * b_word_3[1]);
      sum_6_0 = sum_6_0 + (a_word_3[0] * b_word_0[0]);
      sum_6_1 = sum_6_1 + (a_word_3[0] * b_word_0[1]);
      sum_6_2 = sum_6_2 + (a_word_3[0] * b_word_1[0]);
      sum_6_3 = sum_6_3 + (a_word_3[0] * b_word_1[1]);
      sum_6_4 = sum_6_4 + (a_word_3[0] * b_word_2[0]);
      sum_6_5 = sum_6_5 + (a_word_3[0] * b_word_2[1]);
      sum_6_6 = sum_6_6 + (a_word_3[0] * b_word_3[0]);
      sum_6_7 = sum_6_7 + (a_word_3[0] * b_word_3[1]);
      sum_7_0 = sum_7_0 + (a_word_3[1] * b_word_0[0]);
      sum_7_1 = sum_7_1 + (a_word_3[1] * b_word_0[1]);
      sum_7_2 = sum_7_2 + (a_word_3[1] * b_word_1[0]);
      sum_7_3 = sum_7_3 + (a_word_3[1] * b_word_1[1]);
      sum_7_4 = sum_7_4 + (a_word_3[1] * b_word_2[0]);
      sum_7_5 = sum_7_5 + (a_word_3[1] * b_word_2[1]);
      sum_7_6 = sum_7_6 + (a_word_3[1] * b_word_3[0]);
      sum_7_7 = sum_7_7 + (a_word_3[1] * b_word_3[1]);
      sum_8_0 = sum_8_0 + (a_word_4[0] * b_word_0[0]);
      sum_8_1 = sum_8_1 + (a_word_4[0] * b_word_0[1]);
      sum_8_2 = sum_8_2 + (a_word_4[0] * b_word_1[0]);
      sum_8_3 = sum_8_3 + (a_word_4[0] * b_word_1[1]);
      sum_8_4 = sum_8_4 + (a_word_4[0] * b_word_2[0]);
      sum_8_5 = sum_8_5 + (a_word_4[0] * b_word_2[1]);
      sum_8_6 = sum_8_6 + (a_word_4[0] * b_word_3[0]);
      sum_8_7 = sum_8_7 + (a_word_4[0] * b_word_3[1]);
      sum_9_0 = sum_9_0 + (a_word_4[1] * b_word_0[0]);
      sum_9_1 = sum_9_1 + (a_word_4[1] * b_word_0[1]);
      sum_9_2 = sum_9_2 + (a_word_4[1] * b_word_1[0]);
      sum_9_3 = sum_9_3 + (a_word_4[1] * b_word_1[1]);
      sum_9_4 = sum_9_4 + (a_word_4[1] * b_word_2[0]);
      sum_9_5 = sum_9_5 + (a_word_4[1] * b_word_2[1]);
      sum_9_6 = sum_9_6 + (a_word_4[1] * b_word_3[0]);
      sum_9_7 = sum_9_7 + (a_word_4[1] * b_word_3[1]);
      sum_10_0 = sum_10_0 + (a_word_5[0] * b_word_0[0]);
      sum_10_1 = sum_10_1 + (a_word_5[0] * b_word_0[1]);
      sum_10_2 = sum_10_2 + (a_word_5[0] * b_word_1[0]);
      sum_10_3 = sum_10_3 + (a_word_5[0] * b_word_1[1]);
      sum_10_4 = sum_10_4 + (a_word_5[0] * b_word_2[0]);
      sum_10_5 = sum_10_5 + (a_word_5[0] * b_word_2[1]);
      sum_10_6 = sum_10_6 + (a_word_5[0] * b_word_3[0]);
      sum_10_7 = sum_10_7 + (a_word_5[0] * b_word_3[1]);
      sum_11_0 = sum_11_0 + (a_word_5[1] * b_word_0[0]);
      sum_11_1 = sum_11_1 + (a_word_5[1] * b_word_0[1]);
      sum_11_2 = sum_11_2 + (a_word_5[1] * b_word_1[0]);
      sum_11_3 = sum_11_3 + (a_word_5[1] * b_word_1[1]);
      sum_11_4 = sum_11_4 + (a_word_5[1] * b_word_2[0]);
      sum_11_5 = sum_11_5 + (a_word_5[1] * b_word_2[1]);
      sum_11_6 = sum_11_6 + (a_word_5[1] * b_word_3[0]);
      sum_11_7 = sum_11_7 + (a_word_5[1] * b_word_3[1]);
      sum_12_0 = sum_12_0 + (a_word_6[0] * b_word_0[0]);
      sum_12_1 = sum_12_1 + (a_word_6[0] * b_word_0[1]);
      sum_12_2 = sum_12_2 + (a_word_6[0] * b_word_1[0]);
      sum_12_3 = sum_12_3 + (a_word_6[0] * b_word_1[1]);
      sum_12_4 = sum_12_4 + (a_word_6[0] * b_word_2[0]);
      sum_12_5 = sum_12_5 + (a_word_6[0] * b_word_2[1]);
      sum_12_6 = sum_12_6 + (a_word_6[0] * b_word_3[0]);
      sum_12_7 = sum_12_7 + (a_word_6[0] * b_word_3[1]);
      sum_13_0 = sum_13_0 + (a_word_6[1] * b_word_0[0]);
      sum_13_1 = sum_13_1 + (a_word_6[1] * b_word_0[1]);
      sum_13_2 = sum_13_2 + (a_word_6[1] * b_word_1[0]);
      sum_13_3 = sum_13_3 + (a_word_6[1] * b_word_1[1]);
      sum_13_4 = sum_13_4 + (a_word_6[1] * b_word_2[0]);
      sum_13_5 = sum_13_5 + (a_word_6[1] * b_word_2[1]);
      sum_13_6 = sum_13_6 + (a_word_6[1] * b_word_3[0]);
      sum_13_7 = sum_13_7 + (a_word_6[1] * b_word_3[1]);
      sum_14_0 = sum_14_0 + (a_word_7[0] * b_word_0[0]);
      sum_14_1 = sum_14_1 + (a_word_7[0] * b_word_0[1]);
      sum_14_2 = sum_14_2 + (a_word_7[0] * b_word_1[0]);
      sum_14_3 = sum_14_3 + (a_word_7[0] * b_word_1[1]);
      sum_14_4 = sum_14_4 + (a_word_7[0] * b_word_2[0]);
      sum_14_5 = sum_14_5 + (a_word_7[0] * b_word_2[1]);
      sum_14_6 = sum_14_6 + (a_word_7[0] * b_word_3[0]);
      sum_14_7 = sum_14_7 + (a_word_7[0] * b_word_3[1]);
      sum_15_0 = sum_15_0 + (a_word_7[1] * b_word_0[0]);
      sum_15_1 = sum_15_1 + (a_word_7[1] * b_word_0[1]);
      sum_15_2 = sum_15_2 + (a_word_7[1] * b_word_1[0]);
      sum_15_3 = sum_15_3 + (a_word_7[1] * b_word_1[1]);
      sum_15_4 = sum_15_4 + (a_word_7[1] * b_word_2[0]);
      sum_15_5 = sum_15_5 + (a_word_7[1] * b_word_2[1]);
      sum_15_6 = sum_15_6 + (a_word_7[1] * b_word_3[0]);
      sum_15_7 = sum_15_7 + (a_word_7[1] * b_word_3[1]);
      a_row += a_vectors;
      b_row += b_words;
      }
    }
    for (; p < rows; p++) {
      let a_vector_0 = stationary[a_row + 0u];
      let a_vector_1 = stationary[a_row + 1u];
      let a_word_0 = decode_a(a_vector_0[0]);
      let a_word_1 = decode_a(a_vector_0[1]);
      let a_word_2 = decode_a(a_vector_0[2]);
      let a_word_3 = decode_a(a_vector_0[3]);
      let a_word_4 = decode_a(a_vector_1[0]);
      let a_word_5 = decode_a(a_vector_1[1]);
      let a_word_6 = decode_a(a_vector_1[2]);
      let a_word_7 = decode_a(a_vector_1[3]);
      let b_word_0 = decode_b(moving[b_row + 0u]);
      let b_word_1 = decode_b(moving[b_row + 16u]);
      let b_word_2 = decode_b(moving[b_row + 32u]);
      let b_word_3 = decode_b(moving[b_row + 48u]);
      sum_0_0 = sum_0_0 + (a_word_0[0] * b_word_0[0]);
      sum_0_1 = sum_0_1 + (a_word_0[0] * b_word_0[1]);
      sum_0_2 = sum_0_2 + (a_word_0[0] * b_word_1[0]);
      sum_0_3 = sum_0_3 + (a_word_0[0] * b_word_1[1]);
      sum_0_4 = sum_0_4 + (a_word_0[0] * b_word_2[0]);
      sum_0_5 = sum_0_5 + (a_word_0[0] * b_word_2[1]);
      sum_0_6 = sum_0_6 + (a_word_0[0] * b_word_3[0]);
      sum_0_7 = sum_0_7 + (a_word_0[0] * b_word_3[1]);
      sum_1_0 = sum_1_0 + (a_word_0[1] * b_word_0[0]);
      sum_1_1 = sum_1_1 + (a_word_0[1] * b_word_0[1]);
      sum_1_2 = sum_1_2 + (a_word_0[1] * b_word_1[0]);
      sum_1_3 = sum_1_3 + (a_word_0[1] * b_word_1[1]);
      sum_1_4 = sum_1_4 + (a_word_0[1] * b_word_2[0]);
      sum_1_5 = sum_1_5 + (a_word_0[1] * b_word_2[1]);
      sum_1_6 = sum_1_6 + (a_word_0[1] * b_word_3[0]);
      sum_1_7 = sum_1_7 + (a_word_0[1] * b_word_3[1]);
      sum_2_0 = sum_2_0 + (a_word_1[0] * b_word_0[0]);
      sum_2_1 = sum_2_1 + (a_word_1[0] * b_word_0[1]);
      sum_2_2 = sum_2_2 + (a_word_1[0] * b_word_1[0]);
      sum_2_3 = sum_2_3 + (a_word_1[0] * b_word_1[1]);
      sum_2_4 = sum_2_4 + (a_word_1[0] * b_word_2[0]);
      sum_2_5 = sum_2_5 + (a_word_1[0] * b_word_2[1]);
      sum_2_6 = sum_2_6 + (a_word_1[0] * b_word_3[0]);
      sum_2_7 = sum_2_7 + (a_word_1[0] * b_word_3[1]);
      sum_3_0 = sum_3_0 + (a_word_1[1] * b_word_0[0]);
      sum_3_1 = sum_3_1 + (a_word_1[1] * b_word_0[1]);
      sum_3_2 = sum_3_2 + (a_word_1[1] * b_word_1[0]);
      sum_3_3 = sum_3_3 + (a_word_1[1] * b_word_1[1]);
      sum_3_4 = sum_3_4 + (a_word_1[1] * b_word_2[0]);
      sum_3_5 = sum_3_5 + (a_word_1[1] * b_word_2[1]);
      sum_3_6 = sum_3_6 + (a_word_1[1] * b_word_3[0]);
      sum_3_7 = sum_3_7 + (a_word_1[1] * b_word_3[1]);
      sum_4_0 = sum_4_0 + (a_word_2[0] * b_word_0[0]);
      sum_4_1 = sum_4_1 + (a_word_2[0] * b_word_0[1]);
      sum_4_2 = sum_4_2 + (a_word_2[0] * b_word_1[0]);
      sum_4_3 = sum_4_3 + (a_word_2[0] * b_word_1[1]);
      sum_4_4 = sum_4_4 + (a_word_2[0] * b_word_2[0]);
      sum_4_5 = sum_4_5 + (a_word_2[0] * b_word_2[1]);
      sum_4_6 = sum_4_6 + (a_word_2[0] * b_word_3[0]);
      sum_4_7 = sum_4_7 + (a_word_2[0] * b_word_3[1]);
      sum_5_0 = sum_5_0 + (a_word_2[1] * b_word_0[0]);
      sum_5_1 = sum_5_1 + (a_word_2[1] * b_word_0[1]);
      sum_5_2 = sum_5_2 + (a_word_2[1] * b_word_1[0]);
      sum_5_3 = sum_5_3 + (a_word_2[1] * b_word_1[1]);
      sum_5_4 = sum_5_4 + (a_word_2[1] * b_word_2[0]);
      sum_5_5 = sum_5_5 + (a_word_2[1] * b_word_2[1]);
      sum_5_6 = sum_5_6 + (a_word_2[1] * b_word_3[0]);
      sum_5_7 = sum_5_7 + (a_word_2[1] * b_word_3[1]);
      sum_6_0 = sum_6_0 + (a_word_3[0] * b_word_0[0]);
      sum_6_1 = sum_6_1 + (a_word_3[0] * b_word_0[1]);
      sum_6_2 = sum_6_2 + (a_word_3[0] * b_word_1[0]);
      sum_6_3 = sum_6_3 + (a_word_3[0] * b_word_1[1]);
      sum_6_4 = sum_6_4 + (a_word_3[0] * b_word_2[0]);
      sum_6_5 = sum_6_5 + (a_word_3[0] * b_word_2[1]);
      sum_6_6 = sum_6_6 + (a_word_3[0] * b_word_3[0]);
      sum_6_7 = sum_6_7 + (a_word_3[0] * b_word_3[1]);
      sum_7_0 = sum_7_0 + (a_word_3[1] * b_word_0[0]);
      sum_7_1 = sum_7_1 + (a_word_3[1] * b_word_0[1]);
      sum_7_2 = sum_7_2 + (a_word_3[1] * b_word_1[0]);
      sum_7_3 = sum_7_3 + (a_word_3[1] * b_word_1[1]);
      sum_7_4 = sum_7_4 + (a_word_3[1] * b_word_2[0]);
      sum_7_5 = sum_7_5 + (a_word_3[1] * b_word_2[1]);
      sum_7_6 = sum_7_6 + (a_word_3[1] * b_word_3[0]);
      sum_7_7 = sum_7_7 + (a_word_3[1] * b_word_3[1]);
      sum_8_0 = sum_8_0 + (a_word_4[0] * b_word_0[0]);
      sum_8_1 = sum_8_1 + (a_word_4[0] * b_word_0[1]);
      sum_8_2 = sum_8_2 + (a_word_4[0] * b_word_1[0]);
      sum_8_3 = sum_8_3 + (a_word_4[0] * b_word_1[1]);
      sum_8_4 = sum_8_4 + (a_word_4[0] * b_word_2[0]);
      sum_8_5 = sum_8_5 + (a_word_4[0] * b_word_2[1]);
      sum_8_6 = sum_8_6 + (a_word_4[0] * b_word_3[0]);
      sum_8_7 = sum_8_7 + (a_word_4[0] * b_word_3[1]);
      sum_9_0 = sum_9_0 + (a_word_4[1] * b_word_0[0]);
      sum_9_1 = sum_9_1 + (a_word_4[1] * b_word_0[1]);
      sum_9_2 = sum_9_2 + (a_word_4[1] * b_word_1[0]);
      sum_9_3 = sum_9_3 + (a_word_4[1] * b_word_1[1]);
      sum_9_4 = sum_9_4 + (a_word_4[1] * b_word_2[0]);
      sum_9_5 = sum_9_5 + (a_word_4[1] * b_word_2[1]);
      sum_9_6 = sum_9_6 + (a_word_4[1] * b_word_3[0]);
      sum_9_7 = sum_9_7 + (a_word_4[1] * b_word_3[1]);
      sum_10_0 = sum_10_0 + (a_word_5[0] * b_word_0[0]);
      sum_10_1 = sum_10_1 + (a_word_5[0] * b_word_0[1]);
      sum_10_2 = sum_10_2 + (a_word_5[0] * b_word_1[0]);
      sum_10_3 = sum_10_3 + (a_word_5[0] * b_word_1[1]);
      sum_10_4 = sum_10_4 + (a_word_5[0] * b_word_2[0]);
      sum_10_5 = sum_10_5 + (a_word_5[0] * b_word_2[1]);
      sum_10_6 = sum_10_6 + (a_word_5[0] * b_word_3[0]);
      sum_10_7 = sum_10_7 + (a_word_5[0] * b_word_3[1]);
      sum_11_0 = sum_11_0 + (a_word_5[1] * b_word_0[0]);
      sum_11_1 = sum_11_1 + (a_word_5[1] * b_word_0[1]);
      sum_11_2 = sum_11_2 + (a_word_5[1] * b_word_1[0]);
      sum_11_3 = sum_11_3 + (a_word_5[1] * b_word_1[1]);
      sum_11_4 = sum_11_4 + (a_word_5[1] * b_word_2[0]);
      sum_11_5 = sum_11_5 + (a_word_5[1] * b_word_2[1]);
      sum_11_6 = sum_11_6 + (a_word_5[1] * b_word_3[0]);
      sum_11_7 = sum_11_7 + (a_word_5[1] * b_word_3[1]);
      sum_12_0 = sum_12_0 + (a_word_6[0] * b_word_0[0]);
      sum_12_1 = sum_12_1 + (a_word_6[0] * b_word_0[1]);
      sum_12_2 = sum_12_2 + (a_word_6[0] * b_word_1[0]);
      sum_12_3 = sum_12_3 + (a_word_6[0] * b_word_1[1]);
      sum_12_4 = sum_12_4 + (a_word_6[0] * b_word_2[0]);
      sum_12_5 = sum_12_5 + (a_word_6[0] * b_word_2[1]);
      sum_12_6 = sum_12_6 + (a_word_6[0] * b_word_3[0]);
      sum_12_7 = sum_12_7 + (a_word_6[0] * b_word_3[1]);
      sum_13_0 = sum_13_0 + (a_word_6[1] * b_word_0[0]);
      sum_13_1 = sum_13_1 + (a_word_6[1] * b_word_0[1]);
      sum_13_2 = sum_13_2 + (a_word_6[1] * b_word_1[0]);
      sum_13_3 = sum_13_3 + (a_word_6[1] * b_word_1[1]);
      sum_13_4 = sum_13_4 + (a_word_6[1] * b_word_2[0]);
      sum_13_5 = sum_13_5 + (a_word_6[1] * b_word_2[1]);
      sum_13_6 = sum_13_6 + (a_word_6[1] * b_word_3[0]);
      sum_13_7 = sum_13_7 + (a_word_6[1] * b_word_3[1]);
      sum_14_0 = sum_14_0 + (a_word_7[0] * b_word_0[0]);
      sum_14_1 = sum_14_1 + (a_word_7[0] * b_word_0[1]);
      sum_14_2 = sum_14_2 + (a_word_7[0] * b_word_1[0]);
      sum_14_3 = sum_14_3 + (a_word_7[0] * b_word_1[1]);
      sum_14_4 = sum_14_4 + (a_word_7[0] * b_word_2[0]);
      sum_14_5 = sum_14_5 + (a_word_7[0] * b_word_2[1]);
      sum_14_6 = sum_14_6 + (a_word_7[0] * b_word_3[0]);
      sum_14_7 = sum_14_7 + (a_word_7[0] * b_word_3[1]);
      sum_15_0 = sum_15_0 + (a_word_7[1] * b_word_0[0]);
      sum_15_1 = sum_15_1 + (a_word_7[1] * b_word_0[1]);
      sum_15_2 = sum_15_2 + (a_word_7[1] * b_word_1[0]);
      sum_15_3 = sum_15_3 + (a_word_7[1] * b_word_1[1]);
      sum_15_4 = sum_15_4 + (a_word_7[1] * b_word_2[0]);
      sum_15_5 = sum_15_5 + (a_word_7[1] * b_word_2[1]);
      sum_15_6 = sum_15_6 + (a_word_7[1] * b_word_3[0]);
      sum_15_7 = sum_15_7 + (a_word_7[1] * b_word_3[1]);
      a_row += a_vectors;
      b_row += b_words;
    }

    if (index == 0u && !accumulates) {
      total[0] = (sum_0_0);
      total[1] = (sum_0_1);
      total[2] = (sum_0_2);
      total[3] = (sum_0_3);
      total[4] = (sum_0_4);
      total[5] = (sum_0_5);
      total[6] = (sum_0_6);
      total[7] = (sum_0_7);
      total[8] = (sum_1_0);
      total[9] = (sum_1_1);
      total[10] = (sum_1_2);
      total[11] = (sum_1_3);
      total[12] = (sum_1_4);
      total[13] = (sum_1_5);
      total[14] = (sum_1_6);
      total[15] = (sum_1_7);
      total[16] = (sum_2_0);
      total[17] = (sum_2_1);
      total[18] = (sum_2_2);
      total[19] = (sum_2_3);
      total[20] = (sum_2_4);
      total[21] = (sum_2_5);
      total[22] = (sum_2_6);
      total[23] = (sum_2_7);
      total[24] = (sum_3_0);
      total[25] = (sum_3_1);
      total[26] = (sum_3_2);
      total[27] = (sum_3_3);
      total[28] = (sum_3_4);
      total[29] = (sum_3_5);
      total[30] = (sum_3_6);
      total[31] = (sum_3_7);
      total[32] = (sum_4_0);
      total[33] = (sum_4_1);
      total[34] = (sum_4_2);
      total[35] = (sum_4_3);
      total[36] = (sum_4_4);
      total[37] = (sum_4_5);
      total[38] = (sum_4_6);
      total[39] = (sum_4_7);
      total[40] = (sum_5_0);
      total[41] = (sum_5_1);
      total[42] = (sum_5_2);
      total[43] = (sum_5_3);
      total[44] = (sum_5_4);
      total[45] = (sum_5_5);
      total[46] = (sum_5_6);
      total[47] = (sum_5_7);
      total[48] = (sum_6_0);
      total[49] = (sum_6_1);
      total[50] = (sum_6_2);
      total[51] = (sum_6_3);
      total[52] = (sum_6_4);
      total[53] = (sum_6_5);
      total[54] = (sum_6_6);
      total[55] = (sum_6_7);
      total[56] = (sum_7_0);
      total[57] = (sum_7_1);
      total[58] = (sum_7_2);
      total[59] = (sum_7_3);
      total[60] = (sum_7_4);
      total[61] = (sum_7_5);
      total[62] = (sum_7_6);
      total[63] = (sum_7_7);
      total[64] = (sum_8_0);
      total[65] = (sum_8_1);
      total[66] = (sum_8_2);
      total[67] = (sum_8_3);
      total[68] = (sum_8_4);
      total[69] = (sum_8_5);
      total[70] = (sum_8_6);
      total[71] = (sum_8_7);
      total[72] = (sum_9_0);
      total[73] = (sum_9_1);
      total[74] = (sum_9_2);
      total[75] = (sum_9_3);
      total[76] = (sum_9_4);
      total[77] = (sum_9_5);
      total[78] = (sum_9_6);
      total[79] = (sum_9_7);
      total[80] = (sum_10_0);
      total[81] = (sum_10_1);
      total[82] = (sum_10_2);
      total[83] = (sum_10_3);
      total[84] = (sum_10_4);
      total[85] = (sum_10_5);
      total[86] = (sum_10_6);
      total[87] = (sum_10_7);
      total[88] = (sum_11_0);
      total[89] = (sum_11_1);
      total[90] = (sum_11_2);
      total[91] = (sum_11_3);
      total[92] = (sum_11_4);
      total[93] = (sum_11_5);
      total[94] = (sum_11_6);
      total[95] = (sum_11_7);
      total[96] = (sum_12_0);
      total[97] = (sum_12_1);
      total[98] = (sum_12_2);
      total[99] = (sum_12_3);
      total[100] = (sum_12_4);
      total[101] = (sum_12_5);
      total[102] = (sum_12_6);
      total[103] = (sum_12_7);
      total[104] = (sum_13_0);
      total[105] = (sum_13_1);
      total[106] = (sum_13_2);
      total[107] = (sum_13_3);
      total[108] = (sum_13_4);
      total[109] = (sum_13_5);
      total[110] = (sum_13_6);
      total[111] = (sum_13_7);
      total[112] = (sum_14_0);
      total[113] = (sum_14_1);
      total[114] = (sum_14_2);
      total[115] = (sum_14_3);
      total[116] = (sum_14_4);
      total[117] = (sum_14_5);
      total[118] = (sum_14_6);
      total[119] = (sum_14_7);
      total[120] = (sum_15_0);
      total[121] = (sum_15_1);
      total[122] = (sum_15_2);
      total[123] = (sum_15_3);
      total[124] = (sum_15_4);
      total[125] = (sum_15_5);
      total[126] = (sum_15_6);
      total[127] = (sum_15_7);
    } else {
      total[0] = (total[0] + rounded(sum_0_0));
      total[1] = (total[1] + rounded(sum_0_1));
      total[2] = (total[2] + rounded(sum_0_2));
      total[3] = (total[3] + rounded(sum_0_3));
      total[4] = (total[4] + rounded(sum_0_4));
      total[5] = (total[5] + rounded(sum_0_5));
      total[6] = (total[6] + rounded(sum_0_6));
      total[7] = (total[7] + rounded(sum_0_7));
      total[8] = (total[8] + rounded(sum_1_0));
      total[9] = (total[9] + rounded(sum_1_1));
      total[10] = (total[10] + rounded(sum_1_2));
      total[11] = (total[11] + rounded(sum_1_3));
      total[12] = (total[12] + rounded(sum_1_4));
      total[13] = (total[13] + rounded(sum_1_5));
      total[14] = (total[14] + rounded(sum_1_6));
      total[15] = (total[15] + rounded(sum_1_7));
      total[16] = (total[16] + rounded(sum_2_0));
      total[17] = (total[17] + rounded(sum_2_1));
      total[18] = (total[18] + rounded(sum_2_2));
      total[19] = (total[19] + rounded(sum_2_3));
      total[20] = (total[20] + rounded(sum_2_4));
      total[21] = (total[21] + rounded(sum_2_5));
      total[22] = (total[22] + rounded(sum_2_6));
      total[23] = (total[23] + rounded(sum_2_7));
      total[24] = (total[24] + rounded(sum_3_0));
      total[25] = (total[25] + rounded(sum_3_1));
      total[26] = (total[26] + rounded(sum_3_2));
      total[27] = (total[27] + rounded(sum_3_3));
      total[28] = (total[28] + rounded(sum_3_4));
      total[29] = (total[29] + rounded(sum_3_5));
      total[30] = (total[30] + rounded(sum_3_6));
      total[31] = (total[31] + rounded(sum_3_7));
      total[32] = (total[32] + rounded(sum_4_0));
      total[33] = (total[33] + rounded(sum_4_1));
      total[34] = (total[34] + rounded(sum_4_2));
      total[35] = (total[35] + rounded(sum_4_3));
      total[36] = (total[36] + rounded(sum_4_4));
      total[37] = (total[37] + rounded(sum_4_5));
      total[38] = (total[38] + rounded(sum_4_6));
      total[39] = (total[39] + rounded(sum_4_7));
      total[40] = (total[40] + rounded(sum_5_0));
      total[41] = (total[41] + rounded(sum_5_1));
      total[42] = (total[42] + rounded(sum_5_2));
      total[43] = (total[43] + rounded(sum_5_3));
      total[44] = (total[44] + rounded(sum_5_4));
      total[45] = (total[45] + rounded(sum_5_5));
      total[46] = (total[46] + rounded(sum_5_6));
      total[47] = (total[47] + rounded(sum_5_7));
      total[48] = (total[48] + rounded(sum_6_0));
      total[49] = (total[49] + rounded(sum_6_1));
      total[50] = (total[50] + rounded(sum_6_2));
      total[51] = (total[51] + rounded(sum_6_3));
      total[52] = (total[52] + rounded(sum_6_4));
      total[53] = (total[53] + rounded(sum_6_5));
      total[54] = (total[54] + rounded(sum_6_6));
      total[55] = (total[55] + rounded(sum_6_7));
      total[56] = (total[56] + rounded(sum_7_0));
      total[57] = (total[57] + rounded(sum_7_1));
      total[58] = (total[58] + rounded(sum_7_2));
      total[59] = (total[59] + rounded(sum_7_3));
      total[60] = (total[60] + rounded(sum_7_4));
      total[61] = (total[61] + rounded(sum_7_5));
      total[62] = (total[62] + rounded(sum_7_6));
      total[63] = (total[63] + rounded(sum_7_7));
      total[64] = (total[64] + rounded(sum_8_0));
      total[65] = (total[65] + rounded(sum_8_1));
      total[66] = (total[66] + rounded(sum_8_2));
      total[67] = (total[67] + rounded(sum_8_3));
      total[68] = (total[68] + rounded(sum_8_4));
      total[69] = (total[69] + rounded(sum_8_5));
      total[70] = (total[70] + rounded(sum_8_6));
      total[71] = (total[71] + rounded(sum_8_7));
      total[72] = (total[72] + rounded(sum_9_0));
      total[73] = (total[73] + rounded(sum_9_1));
      total[74] = (total[74] + rounded(sum_9_2));
      total[75] = (total[75] + rounded(sum_9_3));
      total[76] = (total[76] + rounded(sum_9_4));
      total[77] = (total[77] + rounded(sum_9_5));
      total[78] = (total[78] + rounded(sum_9_6));
      total[79] = (total[79] + rounded(sum_9_7));
      total[80] = (total[80] + rounded(sum_10_0));
      total[81] = (total[81] + rounded(sum_10_1));
      total[82] = (total[82] + rounded(sum_10_2));
      total[83] = (total[83] + rounded(sum_10_3));
      total[84] = (total[84] + rounded(sum_10_4));
      total[85] = (total[85] + rounded(sum_10_5));
      total[86] = (total[86] + rounded(sum_10_6));
      total[87] = (total[87] + rounded(sum_10_7));
      total[88] = (total[88] + rounded(sum_11_0));
      total[89] = (total[89] + rounded(sum_11_1));
      total[90] = (total[90] + rounded(sum_11_2));
      total[91] = (total[91] + rounded(sum_11_3));
      total[92] = (total[92] + rounded(sum_11_4));
      total[93] = (total[93] + rounded(sum_11_5));
      total[94] = (total[94] + rounded(sum_11_6));
      total[95] = (total[95] + rounded(sum_11_7));
      total[96] = (total[96] + rounded(sum_12_0));
      total[97] = (total[97] + rounded(sum_12_1));
      total[98] = (total[98] + rounded(sum_12_2));
      total[99] = (total[99] + rounded(sum_12_3));
      total[100] = (total[100] + rounded(sum_12_4));
      total[101] = (total[101] + rounded(sum_12_5));
      total[102] = (total[102] + rounded(sum_12_6));
      total[103] = (total[103] + rounded(sum_12_7));
      total[104] = (total[104] + rounded(sum_13_0));
      total[105] = (total[105] + rounded(sum_13_1));
      total[106] = (total[106] + rounded(sum_13_2));
      total[107] = (total[107] + rounded(sum_13_3));
      total[108] = (total[108] + rounded(sum_13_4));
      total[109] = (total[109] + rounded(sum_13_5));
      total[110] = (total[110] + rounded(sum_13_6));
      total[111] = (total[111] + rounded(sum_13_7));
      total[112] = (total[112] + rounded(sum_14_0));
      total[113] = (total[113] + rounded(sum_14_1));
      total[114] = (total[114] + rounded(sum_14_2));
      total[115] = (total[115] + rounded(sum_14_3));
      total[116] = (total[116] + rounded(sum_14_4));
      total[117] = (total[117] + rounded(sum_14_5));
      total[118] = (total[118] + rounded(sum_14_6));
      total[119] = (total[119] + rounded(sum_14_7));
      total[120] = (total[120] + rounded(sum_15_0));
      total[121] = (total[121] + rounded(sum_15_1));
      total[122] = (total[122] + rounded(sum_15_2));
      total[123] = (total[123] + rounded(sum_15_3));
      total[124] = (total[124] + rounded(sum_15_4));
      total[125] = (total[125] + rounded(sum_15_5));
      total[126] = (total[126] + rounded(sum_15_6));
      total[127] = (total[127] + rounded(sum_15_7));
    }
  }

  for (var i = 0u; i < min(16u, m - row); i++) {
    for (var j = 0u; j < 8u; j++) {
      let column = (column_word + (j / 2u) * 16u) * 2u + j % 2u;
      if (column < n) {
        dst_put(row + i, column, bitcast<u32>(total[i * 8u + j]));
      }
    }
  }
}

fn open() {
  dst_open(descriptor + 12u);
  dst_open_words();
}

fn width() -> u32 {
  return dst_width;
}

// One operand of an instruction: where element i of a lane lies, and its code. Lane p is the p-th partition of the operand.
// Its words of the descriptor are: byte of the first element (of a partition, on chip), first partition, elements of each
// partition, then for each dimension from the innermost its stride in bytes and its count.
//
// Chip memory is interleaved: word w of partition p is word 128 w + p, so that neighbouring lanes take neighbouring words.

var<private> dst_base: u32;
var<private> dst_partition: u32;
var<private> dst_width: u32;
var<private> dst_stride_0: u32;

fn dst_open(at: u32) {
  dst_base = descriptors[at];
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  dst_partition = descriptors[at + 1u] + chip_first();
  dst_width = descriptors[at + 2u];
  dst_stride_0 = descriptors[at + 3u];
}

/// The byte of element i: of its partition, on chip.
fn dst_byte(i: u32) -> u32 {
  var byte = dst_base;
  byte += i * dst_stride_0;
  return byte;
}


/// Where element 0 of the operand's first partition lies, and how far the next element is, in words. Bytes are multiples of 4.
var<private> dst_word: u32;
var<private> dst_step: u32;

fn dst_open_words() {
  dst_word = dst_base * 32u + dst_partition;
  dst_step = dst_stride_0 * 32u;
}

fn dst_code(lane: u32, i: u32) -> u32 {
  return chip[dst_word + lane + i * dst_step];
}

fn dst_put_code(lane: u32, i: u32, code: u32) {
  chip[dst_word + lane + i * dst_step] = code;
}

/// float32 bits.
fn dst_value(lane: u32, i: u32) -> u32 {
  return decode_float32(dst_code(lane, i));
}

/// Rounds float32 bits to the operand's format, once.
fn dst_put(lane: u32, i: u32, bits: u32) {
  dst_put_code(lane, i, dst_encode(bits));
}

// Codes of every number format to float32 bits and back, in u32 arithmetic only: adapters may flush float32 subnormals,
// round packing built-ins otherwise than to nearest even, and optimise tests for NaN away (docs/numerics.md).
// The twin of src/numerics/decode.ts and encode.ts; src/execute/webgpu/conversions.ts adds a function for each format
// that calls these with the format's constants, which the compiler then folds. Codes are less than 2^bits. Names begin
// with decode_, encode_, ROUND_, FLOAT32_ or Float, so that the text can stand beside a kernel's.

const FLOAT32_INFINITY = 0x7f800000u;
const FLOAT32_NAN = 0x7fc00000u;

const ROUND_NEAREST_EVEN = 0u;
const ROUND_TOWARD_ZERO = 1u;
const ROUND_STOCHASTIC = 2u;

/// A float format with its codes shifted right by `padding`, without their sign.
struct FloatFormat {
  exponent_bits: u32,
  mantissa_bits: u32,
  bias: u32,
  padding: u32,
  max_finite: u32,
  /// The largest code that is not NaN: infinity, or the largest finite value where there is none.
  largest: u32,
  nan: u32,
}

/// What an encoding does beyond the finite values.
struct FloatOverflow {
  infinite: u32,
  finite: u32,
}

/// value / 2^shift, rounded; value < 2^31, and < 2^24 where shift > 23. Only stochastic rounding reads the draw: it
/// rounds up exactly when draw < discarded fraction * 2^32, a fraction narrower than 2^-32 compared by its ceiling.
fn encode_round_shift(value: u32, shift: u32, rounding: u32, draw: u32) -> u32 {
  if (shift == 0u) {
    return value;
  }
  let down = min(shift, 31u);
  let kept = value >> down;
  if (rounding == ROUND_NEAREST_EVEN) {
    return (value + (1u << (down - 1u)) - 1u + (kept & 1u)) >> down;
  }
  if (rounding == ROUND_STOCHASTIC) {
    var threshold = value << ((32u - shift) & 31u);
    if (shift > 32u) {
      let narrow = min(shift - 32u, 31u);
      threshold = (value + (1u << narrow) - 1u) >> narrow;
    }
    return kept + select(0u, 1u, draw < threshold);
  }
  return kept;
}

/// x with its leading one moved to bit 23, and how far it moved; 0 < x < 2^24.
fn decode_leading_one(x: u32) -> vec2<u32> {
  let up = countLeadingZeros(x) - 8u;
  return vec2<u32>(x << up, up);
}

/// float32 bits of a code of a float format whose exponent is narrower than float32's.
fn decode_narrow(code: u32, format: FloatFormat) -> u32 {
  let sign_bit = format.exponent_bits + format.mantissa_bits;
  let sign = ((code >> sign_bit) & 1u) << 31u;
  let magnitude = code & ((1u << sign_bit) - 1u);
  let rebase = 127u - format.bias;
  if (magnitude > format.largest) {
    return FLOAT32_NAN;
  }
  if (magnitude > format.max_finite) {
    return sign | FLOAT32_INFINITY;
  }
  if ((magnitude >> format.mantissa_bits) > 0u) {
    return sign | ((magnitude << (23u - format.mantissa_bits)) + (rebase << 23u));
  }
  if (magnitude == 0u) {
    return sign;
  }
  let subnormal = decode_leading_one(magnitude);
  return sign | (subnormal.x + ((rebase + 23u - format.mantissa_bits - subnormal.y) << 23u));
}

/// float32 bits of a float8_e8m0fnu code: 2^(code - 127), which is a float32 subnormal for code 0.
fn decode_scale(code: u32) -> u32 {
  return select(select(code << 23u, 0x00400000u, code == 0u), FLOAT32_NAN, code == 0xffu);
}

/// float32 bits of an integer's magnitude, rounded to nearest even from 2^24 on.
fn decode_magnitude(magnitude: u32) -> u32 {
  if (magnitude == 0u) {
    return 0u;
  }
  if (magnitude < 0x01000000u) {
    let leading = decode_leading_one(magnitude);
    return leading.x + ((149u - leading.y) << 23u);
  }
  // Seven bits of headroom for the rounding's carry: u32 beyond 2^31 would overflow encode_round_shift.
  let down = 8u - countLeadingZeros(magnitude);
  let kept = magnitude >> down;
  let rest = magnitude - (kept << down);
  let half = 1u << (down - 1u);
  let up = rest > half || (rest == half && (kept & 1u) == 1u);
  return kept + select(0u, 1u, up) + ((149u + down) << 23u);
}

fn decode_unsigned(code: u32) -> u32 {
  return decode_magnitude(code);
}

fn decode_signed(code: u32, bits: u32) -> u32 {
  let sign = (code >> (bits - 1u)) & 1u;
  let extended = code << (32u - bits);
  let magnitude = select(extended, 0u - extended, sign == 1u) >> (32u - bits);
  return (sign << 31u) | decode_magnitude(magnitude);
}

/// The significand of finite float32 bits as an integer, and the exponent it counts with: significand * 2^(exponent - 150).
fn encode_significand(magnitude: u32) -> vec2<u32> {
  let exponent = max(magnitude >> 23u, 1u);
  return vec2<u32>(magnitude - ((exponent - 1u) << 23u), exponent);
}

/// The code of float32 bits in a float format with a sign.
fn encode_float(bits: u32, format: FloatFormat, overflow: FloatOverflow, rounding: u32, draw: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > FLOAT32_INFINITY) {
    return format.nan << format.padding;
  }
  let shift = 23u - format.mantissa_bits;
  let min_normal = 128u - format.bias;
  var code = overflow.infinite;
  if (magnitude < FLOAT32_INFINITY) {
    if (magnitude >= (min_normal << 23u)) {
      code = encode_round_shift(magnitude - ((min_normal - 1u) << 23u), shift, rounding, draw);
    } else {
      let parts = encode_significand(magnitude);
      code = encode_round_shift(parts.x, shift + min_normal - parts.y, rounding, draw);
    }
    code = select(code, overflow.finite, code > format.max_finite);
  }
  let sign = (bits >> 31u) << (format.exponent_bits + format.mantissa_bits);
  return select(code | sign, code, code > format.largest) << format.padding;
}

/// The float8_e8m0fnu code of float32 bits: NaN for a negative value, code 0 for all below 2^-127.
fn encode_scale(bits: u32, overflow: FloatOverflow, rounding: u32, draw: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > FLOAT32_INFINITY || bits > 0x80000000u) {
    return 0xffu;
  }
  if (magnitude == FLOAT32_INFINITY) {
    return overflow.infinite;
  }
  var code = 0u;
  if (magnitude >= 0x00800000u) {
    code = encode_round_shift(magnitude, 23u, rounding, draw);
  } else {
    code = encode_round_shift(max(magnitude, 0x00400000u) - 0x00400000u, 22u, rounding, draw);
  }
  return select(code, overflow.finite, code == 0xffu);
}

/// The code of float32 bits in an integer format: magnitudes beyond the limits are clamped, NaN is 0.
fn encode_integer(bits: u32, mask: u32, max_positive: u32, max_negative: u32, rounding: u32, draw: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > FLOAT32_INFINITY) {
    return 0u;
  }
  let negative = bits != magnitude;
  let limit = select(max_positive, max_negative, negative);
  let parts = encode_significand(magnitude);
  var integer = limit; // 2^32 and beyond
  if (parts.y < 150u) {
    integer = encode_round_shift(parts.x, 150u - parts.y, rounding, draw);
  } else if (parts.y < 159u) {
    integer = parts.x << (parts.y - 150u);
  }
  integer = min(integer, limit);
  return select(integer, 0u - integer, negative) & mask;
}

fn decode_float32(code: u32) -> u32 {
  return code;
}

fn dst_encode(bits: u32) -> u32 {
  return select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > FLOAT32_INFINITY);
}

// One word of packed codes to float32, exactly, in few operations: what the fused matmul's inner loop uses. Each adapter's
// results are compared with src/numerics on every code before they are trusted. No path meets a float32 subnormal.

fn decode_a(word: u32) -> array<f32, 2> {
  return array<f32, 2>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u));
}

// One word of packed codes to float32, exactly, in few operations: what the fused matmul's inner loop uses. Each adapter's
// results are compared with src/numerics on every code before they are trusted. No path meets a float32 subnormal.

fn decode_b(word: u32) -> array<f32, 2> {
  return array<f32, 2>(bitcast<f32>(word << 16u), bitcast<f32>(word & 0xffff0000u));
}
