/** No share of a peak, a roof or the time is above all of it, whatever the Program, the chip and its constants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS, TIMINGS, type ChipName, type Timing } from '../../src/chip';
import { planMatmul, planToProgram } from '../../src/lower';
import { parseProgram, type Program } from '../../src/program';
import { arrayUse } from '../../src/time/throughput';
import { reportOf, timeProgram, type TimeOptions } from '../../src/time';
import { anyRecipe, drawCase, isSound } from '../fuzz/program';

/** Sums in float64. */
const ALL = 1 + 1e-9;

function expectShares(program: Program, options: TimeOptions): void {
  const timeline = timeProgram(program, options);
  const { matmuls, roofline, dma, tracks, path, resources, lines } = reportOf(timeline);
  const shares = {
    mfu: matmuls?.mfu,
    hfu: matmuls?.hfu,
    whileBusy: matmuls?.whileBusy,
    roofline: roofline?.share,
    dmaMean: dma?.meanShare,
    dmaMost: dma?.mostShare,
    dmaRate: dma && dma.rate / dma.peak,
    dmaRateWhileBusy: dma && dma.rateWhileBusy / dma.peak,
    inSmall: dma?.inSmall,
    timeInSmall: dma?.timeInSmall,
    array: Math.max(0, ...arrayUse(timeline, 50).values),
    ...Object.fromEntries(tracks.map(({ track, share }) => [track, share])),
    ...Object.fromEntries([...path, ...resources, ...lines].map(({ share }, at) => [`part ${at}`, share])),
  };
  const above = Object.entries(shares).filter(([, share = 0]) => !(share >= 0 && share <= ALL));
  expect(Object.fromEntries(above)).toEqual({});
  if (matmuls !== undefined) expect(matmuls.mfu).toBeLessThanOrEqual(matmuls.hfu * ALL);
}

/** Any constants that a chip could have. */
const factor = fc.double({ min: 0.05, max: 20, noNaN: true });
const anyOptions = (chip: ChipName): fc.Arbitrary<TimeOptions> =>
  fc
    .record({
      schedule: fc.boolean(),
      cores: fc.integer({ min: 1, max: CHIPS[chip].cores }),
      scaled: fc.dictionary(fc.constantFrom('dmaPeak', 'dmaStart', 'dmaDescriptor', 'hbmStackRate'), factor),
      sustained: fc.double({ min: 0.1, max: 1, noNaN: true }),
    })
    .map(({ schedule, cores, scaled, sustained }) => {
      const own: Partial<Record<string, number>> = scaled;
      const { dmaPeak, dmaStart, dmaDescriptor, hbmStackRate } = TIMINGS[chip];
      const peak = dmaPeak * (own.dmaPeak ?? 1);
      const timing: Partial<Timing> = {
        dmaPeak: peak,
        dmaSustained: peak * sustained,
        dmaStart: dmaStart * (own.dmaStart ?? 1),
        dmaDescriptor: dmaDescriptor * (own.dmaDescriptor ?? 1),
        hbmStackRate: hbmStackRate * (own.hbmStackRate ?? 1),
      };
      return { schedule, cores, timing };
    });

describe.each(CHIP_NAMES)('%s', (chip) => {
  test('plans', () => {
    const extent = fc.integer({ min: 1, max: 700 });
    const dtypes = fc.constantFrom('float32', 'bfloat16', 'float8_e4m3', 'float8_e5m2');
    fc.assert(
      fc.property(
        fc.record({ m: extent, n: extent, k: extent, a: dtypes, doubleRow: fc.boolean() }),
        anyOptions(chip),
        ({ a, doubleRow, ...sizes }, options) => {
          const double = doubleRow && sizes.k % 2 === 0 && CHIPS[chip].matmul.doubleRow.includes(a);
          fc.pre(CHIPS[chip].matmul.dtypes.includes(a));
          expectShares(planToProgram(planMatmul({ ...sizes, a, b: a, chip, doubleRow: double })), options);
        },
      ),
      { numRuns: 20 },
    );
  });

  test('random Programs', () => {
    fc.assert(
      fc.property(anyRecipe(chip).map(drawCase), anyOptions(chip), (drawn, options) => {
        fc.pre(isSound(drawn));
        expectShares(drawn.program, options);
      }),
      { numRuns: 100 },
    );
  });
});

const TILES = `hbm x float32 [128, 8192] input
hbm y float32 [128, 8192] output
sbuf t float32 partitions 0:128 elements 8192 address 0
psum p float32 partitions 0:128 elements 512 bank 0
first dma dma_copy t p0:128 [1,8192] = src x [8192,128][1,8192]
`;
const LAST = 'last dma dma_copy y [8192,128][1,8192] = src t p0:128 [1,8192]\n';
/** All but the first add to the sums of the one before. */
const matmul = (at: number, more: string, columns: number) =>
  `m${at} tensor nc_matmul p p0:128 [1,${columns}] = stationary t p0:128 [1,128], moving t p0:128 [1,${columns}], accumulate ${String(at > 0)}, performance none${more}\n`;
const transpose = (id: string) => `${id} tensor nc_transpose p p0:128 [1,128] = data t p0:128 [1,128]\n`;
const read = (id: string, columns: number) =>
  `${id} vector tensor_copy t p0:128 +512 [1,${columns}] = src p p0:128 [1,${columns}]\n`;
const twenty = (text: (at: number) => string) => Array.from({ length: 20 }, (_, at) => text(at)).join('');
const programOf = (chip: ChipName, text: string) => parseProgram(`program ${chip}\n${TILES}${text}${LAST}`);

describe('what reached more than all of it', () => {
  test.each(CHIP_NAMES)('float32 that is transposed, or holds ones and zeros only, on %s', (chip) => {
    const ones = ', stationary_onezero true, moving_onezero true';
    for (const text of [
      twenty((at) => transpose(`t${at}`)) + read('r', 128),
      twenty((at) => matmul(at, ones, 512)) + read('r', 512),
    ]) {
      expectShares(programOf(chip, text), {});
    }
  });

  test.each(CHIP_NAMES)('large transfers, faster than engines sustain, on %s', (chip) => {
    const loads = twenty((at) => `l${at} dma dma_copy t p0:128 [1,8192] = src x [8192,128][1,8192]\n`);
    expectShares(programOf(chip, matmul(0, '', 1) + read('r', 1) + loads), {});
  });

  test('copies within HBM, of which each byte is read and written', () => {
    const copies = twenty((at) => `c${at} dma dma_copy y [1,1048576] = src x [1,1048576]\n`);
    const timing = { hbmStackRate: 1e4 };
    expectShares(programOf('trn2', matmul(0, '', 1) + read('r', 1) + copies), { timing });
  });
});
