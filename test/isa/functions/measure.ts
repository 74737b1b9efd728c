/** How far the functions of src/isa/functions are from the true ones, over float32 inputs of their whole valid ranges. */
import { ACTIVATIONS, isValid } from '../../../src/isa/functions';
import { codeArray, decodeArray } from '../../../src/numerics';
import type { ActivationOp } from '../../../src/program';
import { TRUE } from './oracle';

export interface Worst {
  readonly error: number;
  readonly at: number;
}

export interface Measured {
  readonly inputs: number;
  /** In units in the last place of the true value: 2^-23 of its power of two, at least 2^-149. Not within 1/8 of a root. */
  readonly ulp: Worst;
  /** Of results of a magnitude of at most 1. */
  readonly absolute: Worst;
}

/** A small generator of 32-bit words (xorshift32, Marsaglia 2003): inputs are the same wherever they are drawn. */
export function wordsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

export function floatOf(code: number): number {
  bits[0] = code;
  return float[0] ?? NaN;
}

export function bitsOf(value: number): number {
  float[0] = value;
  return bits[0] ?? NaN;
}

/** Where a function crosses zero at an inexact input, an error of its own size says nothing: the absolute one does. */
export const ROOTS: Readonly<Partial<Record<ActivationOp, number>>> = {
  gelu_dx: -0.7517915,
  gelu_apprx_sigmoid_dx: -0.7511543,
  silu_dx: -1.2784645,
};

/** Where definitions change, ranges end or results cross zero: inputs all around are measured. */
const PLACES = [
  0.4142, 0.5, 0.75, 0.75115, 0.75179, 1, 1.27846, Math.SQRT1_2, Math.SQRT2, Math.PI / 4, Math.PI / 2, (3 * Math.PI) / 4,
  Math.PI, 8, 16, 20.79, 41.6, 87.33, 88.72, 103.97, 256, 2 ** -42, 2 ** 42, 2 ** -64, 2 ** 64, 2 ** -116, 2 ** 118,
  2 ** -87, 2 ** 97,
]; // prettier-ignore

/** Every bfloat16 and float16; 64 evenly spaced and 64 random inputs of every binade; 1000 around each place; a fine grid. */
export function* denseInputs(seed: number): Generator<number> {
  for (const dtype of ['bfloat16', 'float16'] as const) {
    yield* decodeArray(
      dtype,
      codeArray(dtype, 65536).map((_, code) => code),
    );
  }
  const word = wordsFrom(seed);
  for (let binade = 0; binade < 512; binade++) {
    for (let step = 0; step < 64; step++) {
      yield floatOf(binade * 2 ** 23 + step * 2 ** 17);
      yield floatOf(binade * 2 ** 23 + (word() >>> 9));
    }
  }
  for (const place of PLACES) {
    const middle = bitsOf(place);
    for (let step = -500; step < 500; step++) {
      yield floatOf(middle + step);
      yield -floatOf(middle + step);
    }
  }
  for (const width of [4, 32, 256])
    for (let i = 0; i < 20000; i++) yield Math.fround((word() / 2 ** 32 - 0.5) * width);
}

/** Every float32 from 1 to 4. */
export function* everyInputOfTwoBinades(): Generator<number> {
  for (let code = bitsOf(1); code < bitsOf(4); code++) yield floatOf(code);
}

/** Inputs with any bits, and inputs of everyday size. */
export function* randomInputs(seed: number, count: number): Generator<number> {
  const word = wordsFrom(seed);
  for (let i = 0; i < count; i++) {
    yield floatOf(word());
    yield Math.fround((word() / 2 ** 32 - 0.5) * 64);
  }
}

/** A unit in the last place of float32 at a value. */
export function ulpOf(value: number): number {
  const size = Math.abs(value);
  if (size < 2 ** -126) return 2 ** -149;
  return 2 ** (((bitsOf(Math.min(size, 2 ** 127)) >>> 23) & 0xff) - 150);
}

/** The largest errors over the finite valid inputs. Where the true value rounds to infinity, anything else is infinitely wrong. */
export function measure(op: ActivationOp, inputs: Iterable<number>): Measured {
  const activation = ACTIVATIONS[op];
  let count = 0;
  let ulp: Worst = { error: 0, at: 0 };
  let absolute: Worst = { error: 0, at: 0 };
  for (const x of inputs) {
    if (!Number.isFinite(x) || !isValid(activation, x)) continue;
    count++;
    const truth = TRUE[op](x);
    const received = activation.apply(x);
    if (received === Math.fround(truth) && !Number.isFinite(received)) continue;
    const error = Math.abs(received - truth);
    if (Math.abs(truth) <= 1 && !(error <= absolute.error)) absolute = { error, at: x };
    const nearRoot = Math.abs(x - (ROOTS[op] ?? Infinity)) < 1 / 8;
    if (!nearRoot && !(error / ulpOf(truth) <= ulp.error)) ulp = { error: error / ulpOf(truth), at: x };
  }
  return { inputs: count, ulp, absolute };
}
