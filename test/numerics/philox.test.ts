/** Philox 4x32-10 by the known answers of Random123 (kat_vectors), and the draws of stochastic rounding. */
import { expect, test } from 'vitest';
import {
  encodeArray,
  philox4x32,
  stochasticDraw,
  stochasticDraws,
  UserError,
  type Counter,
  type Key,
} from '../../src/numerics';

const ONES = 0xffffffff;
const KNOWN: readonly { readonly counter: Counter; readonly key: Key; readonly words: readonly number[] }[] =
  [
    { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [ONES, ONES, ONES, ONES],
      key: [ONES, ONES],
      words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ];

test.each(KNOWN)('Random123 known answer for counter $counter', ({ counter, key, words }) => {
  expect(philox4x32(counter, key)).toEqual(words);
});

test('a draw is one word of the block of four elements that its element is in', () => {
  const key = { seed: 0x1_0000_0002, launch: 3, instance: 4 };
  const second = philox4x32([1, 0, 4, 3], [2, 1]);
  expect([4, 5, 6, 7].map((element) => stochasticDraw({ ...key, element }))).toEqual(second);
  const far = 2 ** 40 + 1;
  expect(stochasticDraw({ ...key, element: far })).toBe(philox4x32([0, 2 ** 6, 4, 3], [2, 1])[1]);
});

test.each([0, 1, 2, 3, 4, 6])('stochasticDraws from element %s are the draws one by one', (element) => {
  const key = { seed: 9, launch: 1, instance: 2 };
  const wanted = Array.from({ length: 11 }, (_, index) =>
    stochasticDraw({ ...key, element: element + index }),
  );
  expect([...stochasticDraws({ ...key, element }, 11)]).toEqual(wanted);
});

test('seed, launch, instance and element each give other draws', () => {
  const key = { seed: 5, launch: 5, instance: 5, element: 5 };
  const draws = [
    key,
    { ...key, seed: 6 },
    { ...key, launch: 6 },
    { ...key, instance: 6 },
    { ...key, element: 6 },
  ];
  expect(new Set(draws.map(stochasticDraw)).size).toBe(5);
});

test('over many draws a value rounds up in proportion to its fraction', () => {
  const count = 1 << 16;
  const draws = stochasticDraws({ seed: 7, launch: 0, instance: 0, element: 0 }, count);
  const values = new Float32Array(count).fill(1 + 2 ** -9); // a quarter of the way from 1 to the next bfloat16
  const codes = encodeArray('bfloat16', values, { rounding: 'stochastic', draws });
  const ups = Array.from(codes).filter((code) => code === 0x3f81).length;
  // Five standard deviations of the binomial; the seed is fixed, so this is no matter of chance.
  expect(Math.abs(ups - count / 4)).toBeLessThan(5 * Math.sqrt((count * 3) / 16));
});

test.each([
  { seed: -1 },
  { seed: 0.5 },
  { launch: 2 ** 32 },
  { instance: -1 },
  { element: Number.MAX_SAFE_INTEGER + 1 },
])('a key out of range is refused: %o', (part) => {
  expect(() => stochasticDraw({ seed: 0, launch: 0, instance: 0, element: 0, ...part })).toThrow(UserError);
});
