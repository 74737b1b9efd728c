/**
 * Philox 4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC11), and the draws of stochastic rounding made from it. `shaders/philox.wgsl` is its twin.
 */
import { UserError } from './errors';

export type Counter = readonly [number, number, number, number];
export type Key = readonly [number, number];

/** The high and low words of a 32 x 32 -> 64 bit product. */
function multiply(left: number, right: number): [number, number] {
  const low = (left & 0xffff) * right; // below 2^48, exact in a double
  const high = (left >>> 16) * right + Math.floor(low / 0x10000);
  return [Math.floor(high / 0x10000), Math.imul(left, right) >>> 0];
}

/** Four u32 words for a counter of four and a key of two, after ten rounds. */
export function philox4x32(counter: Counter, key: Key): [number, number, number, number] {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(0xd2511f53, a);
    const [high1, low1] = multiply(0xcd9e8d57, c);
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [a, b, c, d];
}

/** What a draw is keyed by. Seed and element are integers of 0 to 2^53 - 1, launch and instance u32. */
export interface DrawKey {
  readonly seed: number;
  /** Which run of the Program. */
  readonly launch: number;
  /** Which dynamic instance of an instruction within the run. */
  readonly instance: number;
  /** Which element of the instruction's output, in access-pattern order. */
  readonly element: number;
}

function requireInteger(name: keyof DrawKey, value: number, limit: number): void {
  if (!Number.isInteger(value) || value < 0 || value > limit) {
    throw new UserError(`A draw's ${name} is an integer of 0 to ${limit}; received ${value}.`);
  }
}

function words(value: number): [number, number] {
  return [value >>> 0, Math.floor(value / 2 ** 32)];
}

/** Four elements share a counter: (element div 4, low and high word; instance; launch), keyed by the seed's two words. */
function block({ seed, launch, instance }: Omit<DrawKey, 'element'>, index: number): number[] {
  return philox4x32([...words(index), instance, launch], words(seed));
}

/** `count` draws for the elements from `element` on, one u32 each. Throws UserError when a key is out of range. */
export function stochasticDraws(key: DrawKey, count: number): Uint32Array<ArrayBuffer> {
  requireInteger('seed', key.seed, Number.MAX_SAFE_INTEGER);
  requireInteger('launch', key.launch, 0xffffffff);
  requireInteger('instance', key.instance, 0xffffffff);
  requireInteger('element', key.element, Number.MAX_SAFE_INTEGER);
  const draws = new Uint32Array(count);
  const lane = key.element % 4;
  const first = (key.element - lane) / 4;
  for (let index = -lane; index < count; index += 4) {
    const four = block(key, first + (index + lane) / 4);
    for (const [offset, draw] of four.entries()) if (index + offset >= 0) draws[index + offset] = draw;
  }
  return draws;
}

/** The u32 draw of one element. Throws UserError when a key is out of range. */
export function stochasticDraw(key: DrawKey): number {
  return stochasticDraws(key, 1)[0] ?? 0;
}
