// One operand of an instruction: where element i of a lane lies, and its code. Lane p is the p-th partition of the operand.
// Its words of the descriptor are: byte of the first element (of a partition, on chip), first partition, elements of each
// partition, then for each dimension from the innermost its stride in bytes and its count.
//
// Chip memory is interleaved: word w of partition p is word 128 w + p, so that neighbouring lanes take neighbouring words.

var<private> {{NAME}}_base: u32;
//: if CHIP
var<private> {{NAME}}_partition: u32;
//: end
var<private> {{NAME}}_width: u32;
//: for d in RANK
var<private> {{NAME}}_stride_{{d}}: u32;
//: if d < RANK - 1
var<private> {{NAME}}_count_{{d}}: u32;
//: end
//: end

fn {{NAME}}_open(at: u32) {
  {{NAME}}_base = descriptors[at];
  //: if CHIP
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  {{NAME}}_partition = descriptors[at + 1u] + chip_first();
  //: end
  {{NAME}}_width = descriptors[at + 2u];
  //: for d in RANK
  {{NAME}}_stride_{{d}} = descriptors[at + {{3 + 2 * d}}u];
  //: if d < RANK - 1
  {{NAME}}_count_{{d}} = descriptors[at + {{4 + 2 * d}}u];
  //: end
  //: end
}

/// The byte of element i: of its partition, on chip.
fn {{NAME}}_byte(i: u32) -> u32 {
  var byte = {{NAME}}_base;
  //: if RANK == 1
  byte += i * {{NAME}}_stride_0;
  //: else
  var rest = i;
  //: for d in RANK
  //: if d < RANK - 1
  let outer_{{d}} = rest / {{NAME}}_count_{{d}};
  byte += (rest - outer_{{d}} * {{NAME}}_count_{{d}}) * {{NAME}}_stride_{{d}};
  rest = outer_{{d}};
  //: else
  byte += rest * {{NAME}}_stride_{{d}};
  //: end
  //: end
  //: end
  return byte;
}

//: if CHIP
//: if FLAT
/// The code of element e, counted over all partitions.
fn {{NAME}}_flat(e: u32) -> u32 {
  let lane = e / {{NAME}}_width;
  return {{NAME}}_code(lane, e - lane * {{NAME}}_width);
}
//: end

//: if LINEAR
/// Where element 0 of the operand's first partition lies, and how far the next element is, in words. Bytes are multiples of 4.
var<private> {{NAME}}_word: u32;
var<private> {{NAME}}_step: u32;

fn {{NAME}}_open_words() {
  {{NAME}}_word = {{NAME}}_base * 32u + {{NAME}}_partition;
  {{NAME}}_step = {{NAME}}_stride_0 * 32u;
}
//: end

//: if LOAD
fn {{NAME}}_code(lane: u32, i: u32) -> u32 {
  //: if LINEAR
  return chip[{{NAME}}_word + lane + i * {{NAME}}_step];
  //: else
  let byte = {{NAME}}_byte(i);
  let column = {{NAME}}_partition + lane;
  //: if ALIGNED
  //: if BITS == 32
  return chip[(byte >> 2u) * 128u + column];
  //: else
  return (chip[(byte >> 2u) * 128u + column] >> ((byte & 3u) * 8u)) & {{MASK}}u;
  //: end
  //: else
  var code = 0u;
  for (var b = 0u; b < {{BITS / 8}}u; b++) {
    let at = byte + b;
    code |= ((chip[(at >> 2u) * 128u + column] >> ((at & 3u) * 8u)) & 0xffu) << (b * 8u);
  }
  return code;
  //: end
  //: end
}
//: end

//: if STORE
fn {{NAME}}_put_code(lane: u32, i: u32, code: u32) {
  //: if LINEAR
  chip[{{NAME}}_word + lane + i * {{NAME}}_step] = code;
  //: else
  let byte = {{NAME}}_byte(i);
  let column = {{NAME}}_partition + lane;
  //: if ALIGNED
  //: if BITS == 32
  chip[(byte >> 2u) * 128u + column] = code;
  //: else
  let word = (byte >> 2u) * 128u + column;
  let shift = (byte & 3u) * 8u;
  chip[word] = (chip[word] & ~({{MASK}}u << shift)) | (code << shift);
  //: end
  //: else
  for (var b = 0u; b < {{BITS / 8}}u; b++) {
    let at = byte + b;
    let word = (at >> 2u) * 128u + column;
    let shift = (at & 3u) * 8u;
    chip[word] = (chip[word] & ~(0xffu << shift)) | (((code >> (b * 8u)) & 0xffu) << shift);
  }
  //: end
  //: end
}
//: end
//: else
//: if FLAT
fn {{NAME}}_flat(e: u32) -> u32 {
  let byte = {{NAME}}_byte(e);
  //: if ALIGNED
  return (read_hbm(byte >> 2u) >> ((byte & 3u) * 8u)) & {{MASK}}u;
  //: else
  var code = 0u;
  for (var b = 0u; b < {{BITS / 8}}u; b++) {
    let at = byte + b;
    code |= ((read_hbm(at >> 2u) >> ((at & 3u) * 8u)) & 0xffu) << (b * 8u);
  }
  return code;
  //: end
}
//: end

//: if LOAD
fn {{NAME}}_code(lane: u32, i: u32) -> u32 {
  return {{NAME}}_flat(lane * {{NAME}}_width + i);
}
//: end

//: if STORE
fn {{NAME}}_put_code(lane: u32, i: u32, code: u32) {
  let byte = {{NAME}}_byte(lane * {{NAME}}_width + i);
  //: if ALIGNED
  //: if BITS == 32
  write_hbm(byte >> 2u, code);
  //: else
  // Invocations share words of a narrow tensor: each replaces its own bits.
  let shift = (byte & 3u) * 8u;
  atomicAnd(&hbm[hbm_first() + (byte >> 2u)], ~({{MASK}}u << shift));
  atomicOr(&hbm[hbm_first() + (byte >> 2u)], code << shift);
  //: end
  //: else
  for (var b = 0u; b < {{BITS / 8}}u; b++) {
    let at = byte + b;
    let shift = (at & 3u) * 8u;
    atomicAnd(&hbm[hbm_first() + (at >> 2u)], ~(0xffu << shift));
    atomicOr(&hbm[hbm_first() + (at >> 2u)], ((code >> (b * 8u)) & 0xffu) << shift);
  }
  //: end
}
//: end
//: end

//: if VALUE
/// float32 bits.
fn {{NAME}}_value(lane: u32, i: u32) -> u32 {
  return {{DECODE}}({{NAME}}_code(lane, i));
}
//: end

//: if PUT
/// Rounds float32 bits to the operand's format, once.
//: if STOCHASTIC
var<private> {{NAME}}_seed: vec2<u32>;
var<private> {{NAME}}_element: vec2<u32>;
var<private> {{NAME}}_pitch: vec2<u32>;

fn {{NAME}}_open_draws(at: u32) {
  {{NAME}}_seed = vec2<u32>(descriptors[at], descriptors[at + 1u]);
  {{NAME}}_element = vec2<u32>(descriptors[at + 2u], descriptors[at + 3u]);
  {{NAME}}_pitch = vec2<u32>(descriptors[at + 4u], descriptors[at + 5u]);
}

fn {{NAME}}_put(lane: u32, i: u32, bits: u32) {
  // element + lane * pitch + i in two words.
  let first = {{NAME}}_element.x + lane * {{NAME}}_pitch.x;
  let low = first + i;
  let high = {{NAME}}_element.y + philox_multiply_high(lane, {{NAME}}_pitch.x) + lane * {{NAME}}_pitch.y
    + select(0u, 1u, first < {{NAME}}_element.x) + select(0u, 1u, low < i);
  let block = philox4x32(vec4<u32>((low >> 2u) | (high << 30u), high >> 2u, 0u, 0u), {{NAME}}_seed);
  {{NAME}}_put_code(lane, i, {{NAME}}_encode(bits, block[low & 3u]));
}
//: else
fn {{NAME}}_put(lane: u32, i: u32, bits: u32) {
  {{NAME}}_put_code(lane, i, {{NAME}}_encode(bits));
}
//: end
//: end
