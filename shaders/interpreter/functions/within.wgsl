fn {{ name }}(x: u32) -> u32 {
  let size = f_magnitude(x);
  var result = activation_beyond(size, {{ above_at }}, {{ above_unit }}, {{ above_coefficients }});
//: if has_below
  // All is 2^64 times as large: below the square root's range a subnormal counts, and so does one that is left of a difference.
  let below = activation_beyond(f_raise(size), {{ below_at }}, {{ below_unit }}, {{ below_coefficients }});
  result = select(result, below, size < {{ low }});
//: end
  result = with_sign(result, x);
  result = select(result, {{ finite }}(x), (size >= {{ low }}) & (size <= {{ high }}));
//: if odd
//: else
  result = select(result, FLOAT32_NAN, is_negative(x));
//: end
//: if has_zeros
  result = select(result, select({{ at_zero }}, {{ at_minus_zero }}, is_negative(x)), size == 0u);
//: end
  return select(activation_limit(x, {{ at_minus_infinity }}, {{ at_infinity }}), result, f_is_finite(x));
}
