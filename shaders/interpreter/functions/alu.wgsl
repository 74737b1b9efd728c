// The ALU operators of Vector and GpSimd: the twin of src/isa/alu.ts. Arithmetic and unary operators take and give u32 of float32
// bits, bitwise ones codes of `width` bits. Orders and tests look at the bits: adapters optimise tests for NaN away and take
// subnormals for zero.

/// Integers in the order of the numbers, -0 below +0.
fn alu_order(x: u32) -> i32 {
  let code = bitcast<i32>(x);
  return code ^ ((code >> 31u) & 0x7fffffff);
}

fn alu_is_zero(x: u32) -> bool {
  return f_magnitude(x) == 0u;
}

fn alu_one_is_nan(x: u32, y: u32) -> bool {
  return max(f_magnitude(x), f_magnitude(y)) > FLOAT32_INFINITY;
}

/// 1.0 or +0.0.
fn alu_truth(condition: bool) -> u32 {
  return select(0u, FLOAT32_ONE, condition);
}

fn alu_equals(x: u32, y: u32) -> bool {
  return !alu_one_is_nan(x, y) & ((x == y) | (f_magnitude(x | y) == 0u));
}

fn alu_is_below(x: u32, y: u32) -> bool {
  return !alu_one_is_nan(x, y) & (alu_order(x) < alu_order(y)) & (f_magnitude(x | y) != 0u);
}

fn alu_add(x: u32, y: u32) -> u32 {
  return f_add(x, y);
}

fn alu_subtract(x: u32, y: u32) -> u32 {
  return f_subtract(x, y);
}

fn alu_multiply(x: u32, y: u32) -> u32 {
  return f_multiply(x, y);
}

fn alu_maximum(x: u32, y: u32) -> u32 {
  return select(select(y, x, alu_order(x) > alu_order(y)), FLOAT32_NAN, alu_one_is_nan(x, y));
}

fn alu_minimum(x: u32, y: u32) -> u32 {
  return select(select(y, x, alu_order(x) < alu_order(y)), FLOAT32_NAN, alu_one_is_nan(x, y));
}

fn alu_equal(x: u32, y: u32) -> u32 {
  return alu_truth(alu_equals(x, y));
}

fn alu_not_equal(x: u32, y: u32) -> u32 {
  return alu_truth(!alu_equals(x, y));
}

fn alu_greater_equal(x: u32, y: u32) -> u32 {
  return alu_truth(alu_is_below(y, x) | alu_equals(x, y));
}

fn alu_greater(x: u32, y: u32) -> u32 {
  return alu_truth(alu_is_below(y, x));
}

fn alu_less_equal(x: u32, y: u32) -> u32 {
  return alu_truth(alu_is_below(x, y) | alu_equals(x, y));
}

fn alu_less(x: u32, y: u32) -> u32 {
  return alu_truth(alu_is_below(x, y));
}

fn alu_logical_and(x: u32, y: u32) -> u32 {
  return alu_truth(!alu_is_zero(x) & !alu_is_zero(y));
}

fn alu_logical_or(x: u32, y: u32) -> u32 {
  return alu_truth(!alu_is_zero(x) | !alu_is_zero(y));
}

fn alu_logical_xor(x: u32, y: u32) -> u32 {
  return alu_truth(alu_is_zero(x) != alu_is_zero(y));
}

fn alu_abs_max(x: u32, y: u32) -> u32 {
  return select(y, x, f_is_nan(x) | (f_magnitude(x) > f_magnitude(y)));
}

fn alu_abs_min(x: u32, y: u32) -> u32 {
  return select(y, x, f_is_nan(x) | ((f_magnitude(x) < f_magnitude(y)) & !f_is_nan(y)));
}

fn alu_abs(x: u32) -> u32 {
  return f_magnitude(x);
}

fn alu_square(x: u32) -> u32 {
  return f_multiply(x, x);
}

fn alu_relu(x: u32) -> u32 {
  return alu_maximum(x, 0u);
}

/// The low `width` bits.
fn alu_low(x: u32, width: u32) -> u32 {
  return x & (0xffffffffu >> (32u - width));
}

fn alu_bitwise_and(x: u32, y: u32, width: u32) -> u32 {
  return x & y;
}

fn alu_bitwise_or(x: u32, y: u32, width: u32) -> u32 {
  return x | y;
}

fn alu_bitwise_xor(x: u32, y: u32, width: u32) -> u32 {
  return x ^ y;
}

fn alu_invert(x: u32, width: u32) -> u32 {
  return alu_low(~x, width);
}

fn alu_left_shift(x: u32, y: u32, width: u32) -> u32 {
  return select(0u, alu_low(x << (y & 31u), width), y < width);
}

fn alu_right_shift(x: u32, y: u32, width: u32) -> u32 {
  return select(0u, x >> (y & 31u), y < width);
}
