import { describe, expect, test } from 'vitest';
import {
  CHIPS,
  CHIP_NAMES,
  codesProblem,
  doubleRowProblem,
  dtypeProblem,
  matmulPairProblem,
  parseChip,
  partitionProblem,
} from '../../src/chip';
import { PACKED_DTYPES, UserError } from '../../src/numerics';

describe.each(CHIP_NAMES)('%s', (name) => {
  const chip = CHIPS[name];

  test('has a peak of 2 x array x clock, and a quarter of it for float32', () => {
    const peak = (2 * 128 * 128 * chip.clocks.tensor) / 1000;
    expect(chip.peakTflops.bits16).toBe(Math.round(peak));
    expect(chip.peakTflops.float32).toBe(Math.round(peak / chip.matmul.float32Passes));
    expect(chip.peakTflops.fp8).toBe(chip.peakTflops.bits16 * (chip.matmul.doubleRow.length > 0 ? 2 : 1));
  });

  test('holds whatever it multiplies, and packs only fp8 that it multiplies', () => {
    expect(chip.dtypes).toEqual(expect.arrayContaining([...chip.matmul.dtypes]));
    expect(chip.matmul.dtypes).toEqual(expect.arrayContaining([...chip.matmul.doubleRow]));
    expect(chip.matmul.doubleRow).not.toContain('float8_e3m4');
  });

  test('multiplies in either order alike', () => {
    for (const a of chip.matmul.dtypes) {
      for (const b of chip.matmul.dtypes) {
        const legal = matmulPairProblem(chip, a, b) === undefined;
        expect(matmulPairProblem(chip, b, a) === undefined).toBe(legal);
      }
    }
  });
});

test('SBUF is 24, 28 and 32 MiB, PSUM 2 MiB', () => {
  const mib = CHIP_NAMES.map((name) => (CHIPS[name].sbuf.bytes * CHIPS[name].sbuf.partitions) / 2 ** 20);
  expect(mib).toEqual([24, 28, 32]);
  const { partitions, banks, bankBytes } = CHIPS.trn2.psum;
  expect(partitions * banks * bankBytes).toBe(2 ** 21);
  expect(CHIPS.trn1.sbuf.usableBytes).toBe(176 * 1024);
});

test('parseChip takes names and lists them otherwise', () => {
  expect(CHIP_NAMES.map(parseChip)).toEqual(['trn1', 'trn2', 'trn3']);
  expect(() => parseChip('trn4')).toThrow(new UserError('No chip "trn4": choose one of trn1, trn2, trn3.'));
});

test.each([
  [
    'trn1',
    'float8_e3m4',
    'bfloat16',
    /^trn1 does not multiply float8_e3m4: choose from float32, .*float8_e5m2\.$/,
  ],
  ['trn2', 'bfloat16', 'float8_e4m3fn', /^trn2 does not multiply float8_e4m3fn/],
  [
    'trn2',
    'float32',
    'bfloat16',
    /^float32 and tfloat32 multiply only float32 or tfloat32, received float32 and bfloat16/,
  ],
  ['trn3', 'float8_e4m3fn', 'float8_e4m3', /^float8_e4m3 and float8_e4m3fn cannot be mixed/],
] as const)('%s does not multiply %s by %s', (chip, a, b, message) => {
  expect(matmulPairProblem(CHIPS[chip], a, b)).toMatch(message);
});

test.each([
  ['trn1', 'float8_e4m3', 'float8_e4m3', false],
  ['trn2', 'float8_e4m3', 'float8_e5m2', true],
  ['trn2', 'float8_e3m4', 'float8_e5m2', false],
  ['trn2', 'bfloat16', 'bfloat16', false],
  ['trn3', 'float8_e4m3fn', 'float8_e5m2', true],
] as const)('double-row on %s of %s and %s: %s', (chip, a, b, legal) => {
  expect(doubleRowProblem(CHIPS[chip], a, b) === undefined).toBe(legal);
});

test('only trn3 holds e4m3fn, and none an MX format', () => {
  const holders = (dtype: 'float8_e4m3fn' | 'float4_e2m1fn') =>
    CHIP_NAMES.filter((name) => dtypeProblem(CHIPS[name], dtype) === undefined);
  expect(holders('float8_e4m3fn')).toEqual(['trn3']);
  expect(holders('float4_e2m1fn')).toEqual([]);
});

test('partitions start at a quadrant that fits them', () => {
  const legal = (count: number) =>
    Array.from({ length: 129 }, (_, start) => start).filter(
      (start) => partitionProblem(start, count) === undefined,
    );
  expect([1, 32, 33, 64, 65, 128].map(legal)).toEqual([
    [0, 32, 64, 96],
    [0, 32, 64, 96],
    [0, 64],
    [0, 64],
    [0],
    [0],
  ]);
  expect(legal(0)).toEqual([]);
  expect(legal(129)).toEqual([]);
  expect(partitionProblem(32, 64)).toBe('64 partitions must start at partition 0 or 64, received 32.');
});

test('only trn3 has packed formats, and they are no numbers', () => {
  expect(CHIP_NAMES.filter((name) => CHIPS[name].packed.length > 0)).toEqual(['trn3']);
  for (const dtype of PACKED_DTYPES) {
    expect(codesProblem(CHIPS.trn3, dtype)).toBeUndefined();
    expect(dtypeProblem(CHIPS.trn3, dtype)).toMatch(`${dtype} is four elements in a code and no number`);
    expect(codesProblem(CHIPS.trn2, dtype)).toMatch(`trn2 has no ${dtype}`);
  }
});
