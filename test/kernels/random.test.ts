/** Random inputs in packed formats: every lane is drawn, and a code's lanes are drawn apart. */
import { expect, test } from 'vitest';
import { normalCodes } from '../../bench/check';
import { randomCodes } from '../../src/kernels/random';
import { codeArray, elementOf, PACKED_DTYPES, unpackLanes } from '../../src/numerics';

test.each(PACKED_DTYPES)('%s', (dtype) => {
  const integers = { kind: 'integers', low: 1, high: 4 } as const;
  const drawn = [
    randomCodes({ shape: [4, 25], dtype, distribution: integers }, 5, 0),
    normalCodes(dtype, 100, 5, 0),
  ];
  for (const codes of drawn) {
    expect(codes).toHaveLength(100);
    expect(codes.constructor).toBe(codeArray(dtype, 0).constructor);
    const lanes = [0, 1, 2, 3].map((lane) => unpackLanes(dtype, codes).filter((_, at) => at % 4 === lane));
    for (const lane of lanes) expect(new Set(lane).size).toBeGreaterThan(2);
    expect(new Set(lanes.map((lane) => lane.join())).size).toBe(4);
  }
  const [whole = codeArray(dtype, 0)] = drawn;
  // 1, 2, 3 and 4 have codes of their own in each of the formats.
  expect(new Set(unpackLanes(dtype, whole)).size).toBe(4);
  expect(unpackLanes(dtype, whole).constructor).toBe(codeArray(elementOf(dtype), 0).constructor);
});
