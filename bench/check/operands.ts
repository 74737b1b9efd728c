/**
 * Operands of the two checks. Small integers make every order of additions exact, so that missing, doubled or misplaced
 * products show with no tolerance; random values make the order itself show.
 */
import type { MatmulOperands } from '../../src/execute/matmul';
import type { MatmulPlan } from '../../src/lower';
import {
  codeArray,
  elementOf,
  encodeArray,
  FORMATS,
  isPacked,
  PACKED_LANES,
  packLanes,
  UserError,
  type CodeArray,
  type Dtype,
} from '../../src/numerics';
import { integersBelow, words } from './draws';

/** Below it, integers and their sums are exact in float32. */
export const EXACT = 2 ** 24;

/** Standard deviations that a sum of small integers stays from an output format's largest value. */
const HEADROOM = 4;

/**
 * Operands of integers +-1 .. +-r, r as large as the formats, K and the output's range allow: every partial sum is an
 * integer below 2^24. Where even ones would overflow the output's format, part of the elements are zero.
 *
 * @throws UserError for K of 2^23 or more, where ones need not sum exactly with C.
 */
export function smallIntegerOperands(plan: MatmulPlan, seed: number): MatmulOperands {
  const { m, n, k } = plan;
  const { bias, residual } = plan.epilogue ?? {};
  if (k >= EXACT / 2) {
    throw new UserError(
      `The small-integer check needs K below ${EXACT / 2}, so that sums are exact in float32; received K = ${k}. Split the product along K.`,
    );
  }
  // Elements that are +-r with likelihood d give sums of K products a standard deviation of d r^2 sqrt(K).
  const deviation = FORMATS[plan.out].maxFinite / HEADROOM / Math.sqrt(k);
  const most = Math.max(1, Math.floor(Math.sqrt(Math.min((EXACT - 1) / 2 / k, deviation))));
  const density = Math.min(1, deviation);
  const draw = (dtype: Dtype, limit: number, count: number, stream: number): CodeArray => {
    const range = Math.min(limit, largestInteger(dtype));
    const next = words(seed, stream);
    const magnitude = integersBelow(range, next);
    return drawn(dtype, count, () => {
      const size = next() / 2 ** 32 < density ? magnitude() + 1 : 0;
      return next() % 2 === 0 ? size : 0 - size; // never -0, so that zero sums are +0 in any order
    });
  };
  return {
    a: draw(plan.a, most, m * k, 0),
    b: draw(plan.b, most, k * n, 1),
    ...(plan.accumulate && { c: draw(plan.out, 256, m * n, 2) }),
    ...(bias && { bias: draw(bias, 256, n, 6) }),
    ...(residual && { residual: draw(residual, 256, m * n, 7) }),
  };
}

/**
 * Finite operands whose sums round at most additions, so that their order shows. Formats of 16 bits or more are roughly
 * normal: A and C of standard deviation 1, B of about 1 / sqrt(K), so that sums stay near 1. Sums of products so spread of
 * 8-bit formats would be exact: these are spread over binades instead, as far as the format and the output's range allow.
 */
export function randomOperands(plan: MatmulPlan, seed: number): MatmulOperands {
  const { m, n, k } = plan;
  const { bias, residual } = plan.epilogue ?? {};
  const top = Math.min(4, Math.floor(Math.log2(FORMATS[plan.out].maxFinite / 8) / 2));
  const draw = (dtype: Dtype, deviation: number, count: number, stream: number): CodeArray => {
    const next = words(seed, stream);
    const spread = FORMATS[dtype].bits <= 8;
    return drawn(
      dtype,
      count,
      spread ? overBinades(dtype, top, next) : () => deviation * roughlyNormal(next),
    );
  };
  return {
    a: draw(plan.a, 1, m * k, 3),
    b: draw(plan.b, 2 ** Math.round(-Math.log2(k) / 2), k * n, 4),
    ...(plan.accumulate && { c: draw(plan.out, 1, m * n, 5) }),
    ...(bias && { bias: draw(bias, 1, n, 8) }),
    ...(residual && { residual: draw(residual, 1, m * n, 9) }),
  };
}

/** Codes of roughly normal values of deviation 1, any number of them, the same on every host. */
export function normalCodes(dtype: Dtype, count: number, seed: number, stream: number): CodeArray {
  const next = words(seed, stream);
  return drawn(dtype, count, () => roughlyNormal(next));
}

/** Values of any sign and mantissa whose exponents are uniform from the format's smallest (or 2^(top - 16)) to 2^top. */
function overBinades(dtype: Dtype, top: number, next: () => number): () => number {
  const { minNormal, minSubnormal = minNormal } = FORMATS[dtype];
  const lowest = Math.max(Math.round(Math.log2(minSubnormal)), top - 16);
  const exponent = integersBelow(Math.max(1, top - lowest + 1), next);
  return () => {
    const word = next();
    const magnitude = (1 + (word >>> 16) / 65536) * 2 ** (lowest + exponent());
    return word % 2 === 0 ? magnitude : -magnitude;
  };
}

/** The sum of four uniforms of 16 bits, centred and scaled to deviation 1: exact, so the same on every host. */
function roughlyNormal(next: () => number): number {
  const x = next();
  const y = next();
  return ((x >>> 16) + (x & 0xffff) + (y >>> 16) + (y & 0xffff) - 131070) * PER_UNIT;
}
const PER_UNIT = Math.sqrt(3) / 65536; // a uniform on [0, 1] has variance 1/12, four have 1/3

/** Codes of drawn values, of packed formats lane by lane. An operand that came out all zero gets a one, which every format of an operand has. */
function drawn(dtype: Dtype, count: number, next: () => number): CodeArray {
  if (isPacked(dtype)) return packLanes(dtype, drawn(elementOf(dtype), PACKED_LANES * count, next));
  const codes = codeArray(dtype, count);
  for (let start = 0; start < count; start += CHUNK) {
    const values = new Float32Array(Math.min(CHUNK, count - start));
    for (let i = 0; i < values.length; i++) values[i] = next();
    codes.set(encodeArray(dtype, values, { saturate: true }), start);
  }
  if (codes.every((code) => code === 0)) codes.set(encodeArray(dtype, Float32Array.of(1)));
  return codes;
}
const CHUNK = 2 ** 16;

/** The largest r up to 256 such that the format holds every integer of 0 to r. */
function largestInteger(dtype: Dtype): number {
  const { kind, mantissaBits, maxFinite } = FORMATS[dtype];
  return Math.min(256, Math.floor(maxFinite), kind === 'float' ? 2 ** (mantissaBits + 1) : Infinity);
}
