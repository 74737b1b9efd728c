// The twin of src/isa/functions/power.ts: x^y = exp(y log |x|), its special cases those of IEEE 754-2019, 9.2.1.
// Needs pair.wgsl, exponential.wgsl and logarithm.wgsl.

/// Whether y is an integer (x), and an odd one (y).
fn power_integer(y: u32) -> vec2<bool> {
  let magnitude = f_magnitude(y);
  let places = 150 - i32(magnitude >> 23u); // bits below the unit, of 24
  let below = u32(clamp(places, 0, 31));
  let significand = (magnitude & 0x7fffffu) | FLOAT32_MIN_NORMAL;
  let whole = (magnitude == 0u) | ((places <= 23) & ((significand & ((1u << below) - 1u)) == 0u));
  return vec2<bool>(
    whole & f_is_finite(y),
    whole & (places >= 0) & (places <= 23) & (magnitude != 0u) & (((significand >> below) & 1u) == 1u),
  );
}

fn alu_power(x: u32, y: u32) -> u32 {
  let size = f_magnitude(x);
  let integer = power_integer(y);
  let sign = select(0u, FLOAT32_SIGN, is_negative(x) & integer.y);
  let limit = 1099511627776.0; // 2^40
  let result = exp_of(times(log_of(size), clamp(bitcast<f32>(y), -limit, limit)));
  var power = sign | round_pair(result.pair, result.exponent);
  power = select(power, FLOAT32_NAN, is_negative(x) & !integer.x & f_is_finite(y));
  power = select(power, FLOAT32_ONE, (size == FLOAT32_ONE) & !f_is_finite(y));
  let zero = (size == 0u) != is_negative(y);
  power = select(power, sign | select(FLOAT32_INFINITY, 0u, zero), (size == 0u) | (size == FLOAT32_INFINITY));
  power = select(power, FLOAT32_NAN, f_is_nan(x) | f_is_nan(y));
  return select(power, FLOAT32_ONE, (x == FLOAT32_ONE) | (f_magnitude(y) == 0u));
}
