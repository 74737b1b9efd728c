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

// The frame of every kernel of the interpreter. A kernel does one kind of instruction: as many of them as a dispatch has
// descriptors for. Invocation x of a dispatch is a lane, which owns one partition: it runs instructions one after the other
// (`run` of them, a chain), and nobody else writes its partition meanwhile. Instructions that do not depend on each other stand
// side by side (z), for each of them all cores of the run; where elements do too, lanes are cut into chunks (y).
//
// Dispatch, descriptor and `word` are in dispatch.wgsl.

@group(0) @binding(2) var<storage, read_write> chip: array<u32, 1048576>;
@group(0) @binding(3) var<storage, read_write> hbm: array<u32>;
/// What is known of the operands of matmuls (tensor/pack.wgsl).
@group(0) @binding(4) var<storage, read_write> stats: array<atomic<u32>>;
@group(0) @binding(5) var<storage, read_write> scratch: array<u32, 4194304>;

/// The elements of each partition that this invocation does: begin .. end-1.
var<private> begin: u32;
var<private> end: u32;

fn lanes() -> u32 {
  return descriptors[descriptor];
}

fn read_hbm(at: u32) -> u32 {
  return hbm[hbm_first() + at];
}

fn write_hbm(at: u32, value: u32) {
  hbm[hbm_first() + at] = value;
}


@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.x;
  let work = without_core(id.z);
  begin = (dispatch.first_chunk + id.y) * dispatch.chunk;
  for (var k = 0u; k < dispatch.run; k++) {
    descriptor = dispatch.first + (work * dispatch.run + k) * 12u;
    if (lane < lanes() && is_due()) {
      open();
      end = min(begin + dispatch.chunk, width());
      run(lane);
    }
  }
}

fn open() {
  src_open(descriptor + 7u);
  src_open_words();
}

fn width() -> u32 {
  return src_width;
}

// One operand of an instruction: where element i of a lane lies, and its code. Lane p is the p-th partition of the operand.
// Its words of the descriptor are: byte of the first element (of a partition, on chip), first partition, elements of each
// partition, then for each dimension from the innermost its stride in bytes and its count.
//
// Chip memory is interleaved: word w of partition p is word 128 w + p, so that neighbouring lanes take neighbouring words.

var<private> src_base: u32;
var<private> src_partition: u32;
var<private> src_width: u32;
var<private> src_stride_0: u32;

fn src_open(at: u32) {
  src_base = descriptors[at];
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  src_partition = descriptors[at + 1u] + chip_first();
  src_width = descriptors[at + 2u];
  src_stride_0 = descriptors[at + 3u];
}

/// The byte of element i: of its partition, on chip.
fn src_byte(i: u32) -> u32 {
  var byte = src_base;
  byte += i * src_stride_0;
  return byte;
}


/// Where element 0 of the operand's first partition lies, and how far the next element is, in words. Bytes are multiples of 4.
var<private> src_word: u32;
var<private> src_step: u32;

fn src_open_words() {
  src_word = src_base * 32u + src_partition;
  src_step = src_stride_0 * 32u;
}

fn src_code(lane: u32, i: u32) -> u32 {
  return chip[src_word + lane + i * src_step];
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


// Brings an operand of a matmul from its partitions to scratch, row after row, padded: two bfloat16 to a word where the format's
// values all are bfloat16, else float32. With double-row a partition holds two rows. The lowest exponent of what is not zero is
// kept where the adapter flushes subnormals (stats): it tells whether the quick product has every bit.

fn run(lane: u32) {
  let columns = word(0u);
  let row_words = word(1u);
  let first = scratch_first() + word(2u);
  var small = 0u;
  for (var j = 0u; j < 1u; j++) {
    let row = first + (lane * 1u + j) * row_words;
    for (var w = 0u; w < row_words; w++) {
      var packed = 0u;
      // Two elements lie in a word as they are wanted.
      if (w * 2u < columns) {
        packed = src_code(lane, (j * columns) / 2u + w);
        let low = (packed >> 7u) & 0xffu;
        let high = (packed >> 23u) & 0xffu;
        small = max(small, select(0u, 255u - low, (packed & 0x7fffu) != 0u));
        small = max(small, select(0u, 255u - high, (packed & 0x7fff0000u) != 0u));
      }
      scratch[row + w] = packed;
    }
  }
  atomicMax(&stats[stats_first() + word(3u)], small);
}
