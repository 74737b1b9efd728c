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
/// For each lane of a slot, core after core: how many elements were reported, then place and value of the first of them.
@group(0) @binding(4) var<storage, read_write> reports: array<u32>;

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

/// Counts an element that the run's findings list, and keeps the first one of the lane.
fn report(lane: u32, i: u32, bits: u32) {
  let at = descriptors[descriptor + 1u] + (core * lanes() + lane) * 3u;
  if (reports[at] == 0u) {
    reports[at + 1u] = i;
    reports[at + 2u] = bits;
  }
  reports[at] += 1u;
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let lane = id.x;
  let work = without_core(id.z);
  begin = (dispatch.first_chunk + id.y) * dispatch.chunk;
  for (var k = 0u; k < dispatch.run; k++) {
    // A chain of several kinds: which kind each is, and its descriptor, stand in a table. Kinds that are not due take as long
    // as one element on adapters that go through every branch.
    descriptor = descriptors[dispatch.first + k * 2u + 1u];
    let within = lane < lanes() && is_due();
    let kind = select(2u, descriptors[dispatch.first + k * 2u], within);
    switch (kind) {
      case 0u: {
        kind0_open();
        end = kind0_width();
        kind0_run(lane);
      }
      case 1u: {
        kind1_open();
        end = kind1_width();
        kind1_run(lane);
      }
      default: {}
    }
  }
}

fn kind0_open() {
  kind0_dst_open(descriptor + 3u);
  kind0_dst_open_words();
  kind0_src_open(descriptor + 8u);
}


fn kind0_width() -> u32 {
  return kind0_dst_width;
}



var<private> kind0_dst_base: u32;

var<private> kind0_dst_partition: u32;

var<private> kind0_dst_width: u32;

var<private> kind0_dst_stride_0: u32;


fn kind0_dst_open(at: u32) {
  kind0_dst_base = descriptors[at];
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  kind0_dst_partition = descriptors[at + 1u] + chip_first();
  kind0_dst_width = descriptors[at + 2u];
  kind0_dst_stride_0 = descriptors[at + 3u];
}


fn kind0_dst_byte(i: u32) -> u32 {
  var byte = kind0_dst_base;
  byte += i * kind0_dst_stride_0;
  return byte;
}



var<private> kind0_dst_word: u32;

var<private> kind0_dst_step: u32;


fn kind0_dst_open_words() {
  kind0_dst_word = kind0_dst_base * 32u + kind0_dst_partition;
  kind0_dst_step = kind0_dst_stride_0 * 32u;
}



fn kind0_dst_put_code(lane: u32, i: u32, code: u32) {
  chip[kind0_dst_word + lane + i * kind0_dst_step] = code;
}



fn kind0_dst_put(lane: u32, i: u32, bits: u32) {
  kind0_dst_put_code(lane, i, kind0_dst_encode(bits));
}



var<private> kind0_src_base: u32;

var<private> kind0_src_partition: u32;

var<private> kind0_src_width: u32;

var<private> kind0_src_stride_0: u32;

var<private> kind0_src_count_0: u32;

var<private> kind0_src_stride_1: u32;


fn kind0_src_open(at: u32) {
  kind0_src_base = descriptors[at];
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  kind0_src_partition = descriptors[at + 1u] + chip_first();
  kind0_src_width = descriptors[at + 2u];
  kind0_src_stride_0 = descriptors[at + 3u];
  kind0_src_count_0 = descriptors[at + 4u];
  kind0_src_stride_1 = descriptors[at + 5u];
}


fn kind0_src_byte(i: u32) -> u32 {
  var byte = kind0_src_base;
  var rest = i;
  let outer_0 = rest / kind0_src_count_0;
  byte += (rest - outer_0 * kind0_src_count_0) * kind0_src_stride_0;
  rest = outer_0;
  byte += rest * kind0_src_stride_1;
  return byte;
}




fn kind0_src_code(lane: u32, i: u32) -> u32 {
  let byte = kind0_src_byte(i);
  let column = kind0_src_partition + lane;
  return (chip[(byte >> 2u) * 128u + column] >> ((byte & 3u) * 8u)) & 0xffffu;
}



fn kind0_src_value(lane: u32, i: u32) -> u32 {
  return decode_bfloat16(kind0_src_code(lane, i));
}




fn kind0_run(lane: u32) {
  for (var i = begin; i < end; i++) {
    kind0_dst_put(lane, i, kind0_src_value(lane, i));
  }
}


fn kind0_dst_encode(bits: u32) -> u32 {
  return select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > FLOAT32_INFINITY);
}



fn kind1_open() {
  kind1_dst_open(descriptor + 3u);
  kind1_dst_open_words();
  kind1_data_open(descriptor + 8u);
  kind1_data_open_words();
}


fn kind1_width() -> u32 {
  return kind1_dst_width;
}



var<private> kind1_dst_base: u32;

var<private> kind1_dst_partition: u32;

var<private> kind1_dst_width: u32;

var<private> kind1_dst_stride_0: u32;


fn kind1_dst_open(at: u32) {
  kind1_dst_base = descriptors[at];
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  kind1_dst_partition = descriptors[at + 1u] + chip_first();
  kind1_dst_width = descriptors[at + 2u];
  kind1_dst_stride_0 = descriptors[at + 3u];
}


fn kind1_dst_byte(i: u32) -> u32 {
  var byte = kind1_dst_base;
  byte += i * kind1_dst_stride_0;
  return byte;
}



var<private> kind1_dst_word: u32;

var<private> kind1_dst_step: u32;


fn kind1_dst_open_words() {
  kind1_dst_word = kind1_dst_base * 32u + kind1_dst_partition;
  kind1_dst_step = kind1_dst_stride_0 * 32u;
}



fn kind1_dst_put_code(lane: u32, i: u32, code: u32) {
  chip[kind1_dst_word + lane + i * kind1_dst_step] = code;
}



fn kind1_dst_put(lane: u32, i: u32, bits: u32) {
  kind1_dst_put_code(lane, i, kind1_dst_encode(bits));
}



var<private> kind1_data_base: u32;

var<private> kind1_data_partition: u32;

var<private> kind1_data_width: u32;

var<private> kind1_data_stride_0: u32;


fn kind1_data_open(at: u32) {
  kind1_data_base = descriptors[at];
  // Partitions of one core stand side by side, those of the next lie behind all of its words.
  kind1_data_partition = descriptors[at + 1u] + chip_first();
  kind1_data_width = descriptors[at + 2u];
  kind1_data_stride_0 = descriptors[at + 3u];
}


fn kind1_data_byte(i: u32) -> u32 {
  var byte = kind1_data_base;
  byte += i * kind1_data_stride_0;
  return byte;
}



var<private> kind1_data_word: u32;

var<private> kind1_data_step: u32;


fn kind1_data_open_words() {
  kind1_data_word = kind1_data_base * 32u + kind1_data_partition;
  kind1_data_step = kind1_data_stride_0 * 32u;
}


fn kind1_data_code(lane: u32, i: u32) -> u32 {
  return chip[kind1_data_word + lane + i * kind1_data_step];
}



fn kind1_data_value(lane: u32, i: u32) -> u32 {
  return decode_float32(kind1_data_code(lane, i));
}




fn kind1_run(lane: u32) {
  let scalar_0 = 0u;
  let scalar_1 = 0u;
  for (var i = begin; i < end; i++) {
    var x = kind1_data_value(lane, i);
    x = alu_reciprocal(x);
    kind1_dst_put(lane, i, x);
  }
}


fn kind1_dst_encode(bits: u32) -> u32 {
  return select(bits, 0x7fc00000u, (bits & 0x7fffffffu) > FLOAT32_INFINITY);
}



const FLOAT32_INFINITY = 0x7f800000u;

const FLOAT32_NAN = 0x7fc00000u;


const ROUND_NEAREST_EVEN = 0u;

const ROUND_TOWARD_ZERO = 1u;

const ROUND_STOCHASTIC = 2u;


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


struct FloatOverflow {
  infinite: u32,
  finite: u32,
}


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


fn decode_leading_one(x: u32) -> vec2<u32> {
  let up = countLeadingZeros(x) - 8u;
  return vec2<u32>(x << up, up);
}


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


fn decode_scale(code: u32) -> u32 {
  return select(select(code << 23u, 0x00400000u, code == 0u), FLOAT32_NAN, code == 0xffu);
}


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


fn encode_significand(magnitude: u32) -> vec2<u32> {
  let exponent = max(magnitude >> 23u, 1u);
  return vec2<u32>(magnitude - ((exponent - 1u) << 23u), exponent);
}


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


fn decode_bfloat16(code: u32) -> u32 {
  return code << 16u;
}


fn decode_float32(code: u32) -> u32 {
  return code;
}


const FLOAT32_SIGN = 0x80000000u;

const FLOAT32_MAGNITUDE = 0x7fffffffu;

const FLOAT32_FRACTION = 0x007fffffu;

const FLOAT32_MIN_NORMAL = 0x00800000u;

const FLOAT32_ONE = 0x3f800000u;

const FLOAT32_64_BINADES = 0x20000000u; // 64 in the field of the exponent

const FLOAT32_RAISED = 0x20800000u; // 2^-126 times 2^64


fn f_magnitude(x: u32) -> u32 {
  return x & FLOAT32_MAGNITUDE;
}


fn f_is_nan(x: u32) -> bool {
  return f_magnitude(x) > FLOAT32_INFINITY;
}


fn f_is_finite(x: u32) -> bool {
  return f_magnitude(x) < FLOAT32_INFINITY;
}


fn n_add(x: f32, y: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x + y) ^ zero_word());
}


fn n_multiply(x: f32, y: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x * y) ^ zero_word());
}


fn n_subtract(x: f32, y: f32) -> f32 {
  return n_add(x, -y);
}


fn f_raise(x: u32) -> u32 {
  let magnitude = f_magnitude(x);
  let fraction = n_subtract(bitcast<f32>(magnitude + FLOAT32_RAISED), bitcast<f32>(FLOAT32_RAISED));
  let raised = select(magnitude + FLOAT32_64_BINADES, bitcast<u32>(fraction), magnitude < FLOAT32_MIN_NORMAL);
  return (x & FLOAT32_SIGN) | raised;
}


struct Float32Split {
  mantissa: u32,
  field: i32,
}


fn f_split(magnitude: u32) -> Float32Split {
  let subnormal = magnitude < FLOAT32_MIN_NORMAL;
  let code = select(magnitude, f_raise(magnitude), subnormal);
  let field = i32(code >> 23u) - select(0, 64, subnormal);
  return Float32Split((code & FLOAT32_FRACTION) | FLOAT32_ONE, field);
}


fn f_place(x: u32, rest: i32, field: i32) -> u32 {
  let normal = min(x + (u32(clamp(field, 0, 400)) << 23u) - FLOAT32_ONE, FLOAT32_INFINITY);
  let power = u32(128 - clamp(field, -30, 1)) << 23u;
  let sum = n_add(bitcast<f32>(x), bitcast<f32>(power));
  let lost = n_subtract(bitcast<f32>(x), n_subtract(sum, bitcast<f32>(power)));
  let half = bitcast<f32>(power - (24u << 23u));
  let up = select(0u, 1u, (lost == half) & (rest > 0));
  let down = select(0u, 1u, (lost == -half) & (rest < 0));
  let subnormal = bitcast<u32>(sum) - power + up - down;
  return select(subnormal, normal, i32(x >> 23u) + field > 127);
}


fn f_add(a: u32, b: u32) -> u32 {
  let sum = bitcast<u32>(n_add(bitcast<f32>(a), bitcast<f32>(b)));
  let raised = bitcast<u32>(n_add(bitcast<f32>(f_raise(a)), bitcast<f32>(f_raise(b))));
  let size = f_magnitude(raised);
  let fraction = bitcast<u32>(n_add(bitcast<f32>(size), bitcast<f32>(FLOAT32_RAISED))) - FLOAT32_RAISED;
  let lowered = select(size - FLOAT32_64_BINADES, fraction, size < FLOAT32_RAISED);
  let large = max(f_magnitude(a), f_magnitude(b)) >= 0x0d800000u;
  return select((raised & FLOAT32_SIGN) | lowered, sum, large);
}


fn f_multiply(a: u32, b: u32) -> u32 {
  let product = bitcast<u32>(n_multiply(bitcast<f32>(a), bitcast<f32>(b)));
  let small = min(f_magnitude(a), f_magnitude(b));
  let large = max(f_magnitude(a), f_magnitude(b));
  let x = f_split(small);
  let y = f_split(large);
  let mantissa = bitcast<u32>(n_multiply(bitcast<f32>(x.mantissa), bitcast<f32>(y.mantissa)));
  let significand = (mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  let exact = ((x.mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL) * ((y.mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL);
  let wide = mantissa >= FLOAT32_ONE + FLOAT32_MIN_NORMAL; // 2 or more
  let rest = bitcast<i32>(exact - select(significand << 23u, significand << 24u, wide));
  let placed = f_place(mantissa, rest, x.field + y.field - 127);
  let tiny = (small < FLOAT32_MIN_NORMAL) | (f_magnitude(product) < FLOAT32_MIN_NORMAL);
  let guarded = ((a ^ b) & FLOAT32_SIGN) | select(placed, large, large >= FLOAT32_INFINITY);
  return select(product, guarded, tiny & (small != 0u));
}


fn f_subtract(a: u32, b: u32) -> u32 {
  return f_add(a, b ^ FLOAT32_SIGN);
}



fn invert_mantissa(m: Pair) -> Pair {
  let guess = polynomial_reciprocal(n_subtract(m.hi, 1.5));
  let back = exact_product(m.hi, guess);
  let left = n_subtract(n_subtract(n_subtract(1.0, back.hi), back.lo), n_multiply(m.lo, guess));
  return quick_sum(guess, n_multiply(guess, n_add(left, n_multiply(left, left))));
}


fn inverse(x: Pair) -> Pair {
  let parts = split(bitcast<u32>(x.hi));
  return shifted(invert_mantissa(Pair(parts.mantissa, shift(x.lo, -parts.exponent))), -parts.exponent);
}


fn finite_reciprocal(x: u32) -> u32 {
  let parts = split(f_magnitude(x));
  return with_sign(round_pair(invert_mantissa(exact(parts.mantissa)), -parts.exponent), x);
}


fn alu_reciprocal(x: u32) -> u32 {
  let sign = x & FLOAT32_SIGN;
  let parts = f_split(f_magnitude(x));
  let inverse = invert_mantissa(exact(bitcast<f32>(parts.mantissa)));
  let guess = bitcast<u32>(n_add(inverse.hi, inverse.lo));
  let significand = (guess & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  let q = select(significand, 2u * significand, guess >= FLOAT32_ONE);
  let m = (parts.mantissa & FLOAT32_FRACTION) | FLOAT32_MIN_NORMAL;
  let left = bitcast<i32>(0u - q * m);
  let step = select(0, 1, 2 * left > i32(m)) - select(0, 1, -2 * left > i32(m));
  let twice = guess + u32(step) + FLOAT32_MIN_NORMAL;
  var result = f_place(twice, left - step * i32(m), 253 - parts.field);
  result = select(result, FLOAT32_INFINITY, f_magnitude(x) == 0u);
  result = select(result, 0u, f_magnitude(x) == FLOAT32_INFINITY);
  return select(sign | result, FLOAT32_NAN, f_is_nan(x));
}


struct Root {
  inverse: Pair,
  exponent: i32,
  square: f32,
}


fn inverse_root(x: u32) -> Root {
  let parts = split(x);
  let odd = (parts.exponent & 1) == 1;
  let square = select(parts.mantissa, n_multiply(parts.mantissa, 2.0), odd);
  let first = polynomial_rsqrt(n_subtract(parts.mantissa, 1.5));
  let guess = select(first, n_multiply(first, 0.7071067690849304), odd);
  let power = exact_product(guess, guess);
  let back = exact_product(square, power.hi);
  let left = n_subtract(n_subtract(n_subtract(1.0, back.hi), back.lo), n_multiply(square, power.lo));
  let correction = n_multiply(left, n_add(0.5, n_multiply(left, 0.375)));
  return Root(quick_sum(guess, n_multiply(guess, correction)), -(parts.exponent >> 1u), square);
}


fn finite_rsqrt(x: u32) -> u32 {
  let root = inverse_root(x);
  return round_pair(root.inverse, root.exponent);
}


fn alu_rsqrt(x: u32) -> u32 {
  var result = select(finite_rsqrt(x), 0u, x == FLOAT32_INFINITY);
  result = select(result, FLOAT32_NAN, is_negative(x) | f_is_nan(x));
  return select(result, with_sign(FLOAT32_INFINITY, x), f_magnitude(x) == 0u);
}


fn finite_sqrt(x: u32) -> u32 {
  let root = inverse_root(x);
  let guess = n_multiply(root.square, root.inverse.hi);
  let back = exact_product(guess, guess);
  let left = n_subtract(n_subtract(root.square, back.hi), back.lo);
  let result = n_add(guess, n_multiply(n_multiply(0.5, root.inverse.hi), left));
  return scale(result, -root.exponent);
}


fn polynomial_reciprocal(t: f32) -> f32 {
  var sum = -0.10448446869850159f;
  sum = n_add(n_multiply(sum, t), 0.15672670304775238f);
  sum = n_add(n_multiply(sum, t), -0.19590836763381958f);
  sum = n_add(n_multiply(sum, t), 0.29386255145072937f);
  sum = n_add(n_multiply(sum, t), -0.44446712732315063f);
  sum = n_add(n_multiply(sum, t), 0.6667006611824036f);
  return sum;
}


fn polynomial_rsqrt(t: f32) -> f32 {
  var sum = -0.030677184462547302f;
  sum = n_add(n_multiply(sum, t), 0.05089898407459259f);
  sum = n_add(n_multiply(sum, t), -0.0751933604478836f);
  sum = n_add(n_multiply(sum, t), 0.13542504608631134f);
  sum = n_add(n_multiply(sum, t), -0.2721712291240692f);
  sum = n_add(n_multiply(sum, t), 0.8165057897567749f);
  return sum;
}



struct Pair {
  hi: f32,
  lo: f32,
}


struct Scaled {
  pair: Pair,
  exponent: i32,
}


struct Split {
  mantissa: f32,
  exponent: i32,
}


fn is_negative(x: u32) -> bool {
  return x >= FLOAT32_SIGN;
}


fn with_sign(magnitude: u32, x: u32) -> u32 {
  return magnitude ^ (x & FLOAT32_SIGN);
}


fn split(x: u32) -> Split {
  let parts = f_split(f_magnitude(x));
  return Split(bitcast<f32>((x & FLOAT32_SIGN) | parts.mantissa), parts.field - 127);
}


fn scale(x: f32, exponent: i32) -> u32 {
  let code = bitcast<u32>(x);
  let mantissa = (code & FLOAT32_FRACTION) | FLOAT32_ONE;
  let magnitude = f_place(mantissa, 0, i32(f_magnitude(code) >> 23u) + exponent);
  return (code & FLOAT32_SIGN) | select(magnitude, 0u, f_magnitude(code) < FLOAT32_MIN_NORMAL);
}


fn shift(x: f32, exponent: i32) -> f32 {
  let code = bitcast<u32>(x);
  let tiny = (i32(f_magnitude(code) >> 23u) + min(exponent, 0) < 1) | (f_magnitude(code) < FLOAT32_MIN_NORMAL);
  return bitcast<f32>(select(code + (u32(exponent) << 23u), code & FLOAT32_SIGN, tiny));
}


fn floor_of(x: f32) -> i32 {
  let whole = i32(x);
  return whole - select(0, 1, f32(whole) > x);
}


fn exact(x: f32) -> Pair {
  return Pair(x, 0.0);
}


fn choose(otherwise: Pair, pair: Pair, condition: bool) -> Pair {
  return Pair(select(otherwise.hi, pair.hi, condition), select(otherwise.lo, pair.lo, condition));
}


fn quick_sum(x: f32, y: f32) -> Pair {
  let hi = n_add(x, y);
  return Pair(hi, n_subtract(y, n_subtract(hi, x)));
}


fn exact_sum(x: f32, y: f32) -> Pair {
  let hi = n_add(x, y);
  let right = n_subtract(hi, x);
  return Pair(hi, n_add(n_subtract(x, n_subtract(hi, right)), n_subtract(y, right)));
}


fn upper(x: f32) -> f32 {
  let shifted_up = n_multiply(x, 4097.0);
  return n_subtract(shifted_up, n_subtract(shifted_up, x));
}


fn exact_product(x: f32, y: f32) -> Pair {
  let hi = n_multiply(x, y);
  let xh = upper(x);
  let yh = upper(y);
  let xl = n_subtract(x, xh);
  let yl = n_subtract(y, yh);
  let start = n_subtract(n_multiply(xh, yh), hi);
  let crossed = n_add(n_add(start, n_multiply(xh, yl)), n_multiply(xl, yh));
  return Pair(hi, n_add(crossed, n_multiply(xl, yl)));
}


fn sum(x: Pair, y: Pair) -> Pair {
  let s = exact_sum(x.hi, y.hi);
  return quick_sum(s.hi, n_add(s.lo, n_add(x.lo, y.lo)));
}


fn plus(x: Pair, y: f32) -> Pair {
  let s = exact_sum(x.hi, y);
  return quick_sum(s.hi, n_add(s.lo, x.lo));
}


fn product(x: Pair, y: Pair) -> Pair {
  let p = exact_product(x.hi, y.hi);
  return quick_sum(p.hi, n_add(p.lo, n_add(n_multiply(x.hi, y.lo), n_multiply(x.lo, y.hi))));
}


fn times(x: Pair, y: f32) -> Pair {
  let p = exact_product(x.hi, y);
  return quick_sum(p.hi, n_add(p.lo, n_multiply(x.lo, y)));
}


fn negative(x: Pair) -> Pair {
  return Pair(-x.hi, -x.lo);
}


fn shifted(x: Pair, exponent: i32) -> Pair {
  return Pair(shift(x.hi, exponent), shift(x.lo, exponent));
}


fn unscaled(x: Scaled) -> Pair {
  return choose(shifted(x.pair, max(x.exponent, -60)), Pair(0.0, 0.0), x.exponent < -60);
}


fn round_pair(x: Pair, exponent: i32) -> u32 {
  return scale(n_add(x.hi, x.lo), exponent);
}


fn rounded_times(x: u32, factor: Pair, exponent: i32) -> u32 {
  let parts = split(x);
  return select(round_pair(times(factor, parts.mantissa), parts.exponent + exponent), x, f_magnitude(x) == 0u);
}

