/** Products and sums of src/execute/reference/matmul.ts, four lanes at a time. `Mode` is Exact, Fused or Flushed. */
import { flushed, zeroWhere } from './decode';

/** sum + x * y. Fused rounds once where the engine can: the same bits, because it is asked for only where products are exact. */
@inline
export function multiplyAdd<Mode>(sum: v128, x: v128, y: v128): v128 {
  if (isFloat<Mode>()) {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, sum);
  }
  return add<Mode>(sum, multiply<Mode>(x, y));
}

/**
 * A product. Flushed makes it zero when it is tiny after rounding: when its value rounded to 24 bits with unbounded exponent is below
 * 2^-126. Multiplying x by 2^64 first gives that rounding: where |x * y| is near 2^-126 both are at most 1, so nothing overflows.
 */
@inline
function multiply<Mode>(x: v128, y: v128): v128 {
  const product = f32x4.mul(x, y);
  if (isFloat<Mode>() || isSigned<Mode>()) return product;
  const unbounded = f32x4.mul(f32x4.mul(x, f32x4.splat(18446744073709551616.0)), y); // 2^64
  return zeroWhere(f32x4.lt(f32x4.abs(unbounded), f32x4.splat(2.168404344971009e-19)), product); // 2^-62
}

/** A sum; a subnormal one is exact, so that it is tiny whether one looks before rounding or after. */
@inline
export function add<Mode>(x: v128, y: v128): v128 {
  const sum = f32x4.add(x, y);
  return isFloat<Mode>() || isSigned<Mode>() ? sum : flushed(sum);
}
