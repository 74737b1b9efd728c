fn {{ name }}(x: u32) -> u32 {
  return select(activation_limit(x, {{ at_minus_infinity }}, {{ at_infinity }}), {{ finite }}(x), f_is_finite(x));
}
