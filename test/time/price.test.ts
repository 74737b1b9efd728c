/** Costs by hand, what is said beside them, and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS } from '../../src/chip';
import { UserError } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import {
  comparedLines,
  compareCosts,
  costLines,
  costOf,
  costTableLines,
  EXAMPLE_PRICES,
  exampleOf,
  GPU_INSTANCES,
  gpuCostOf,
  INSTANCE_NAMES,
  INSTANCES,
  parseGpu,
  parsePrice,
  runOf,
  sizesUpTo,
  workOfRun,
  type CostRequest,
  type Gpu,
  type Price,
} from '../../src/time/price';

const HOUR = 3.6e12;
/** A millisecond on one core, at a price of a chip that makes cents of hours. */
const request: CostRequest = {
  chip: 'trn2',
  timeNs: 1e6,
  price: { usdPerHour: 3.6, per: 'chip' },
};
const gpu: Gpu = { peak: 1000, bandwidth: 2000, efficiency: 0.5, usdPerHour: 7.2 };
const work = { flops: 1e9, bytes: 1e6 };

/** The message of what is refused. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('It was not refused');
}

describe('a cost', () => {
  test('is the price of the time: by the core, the chip or the instance', () => {
    // 3.6 USD an hour are 1e-12 USD a nanosecond.
    expect(costOf(request)).toMatchObject({ unit: 'product', nsPerUnit: 1e6, usdPerHour: 3.6 });
    expect(costOf(request).usdPerUnit).toBeCloseTo(1e-6, 18);
    const eight = costOf({ ...request, cores: 8 });
    expect(eight.usdPerHour).toBe(3.6);
    expect(eight.usdPerUnit).toBeCloseTo(1e-6 / 8, 18);
    const perCore = costOf({ ...request, cores: 8, price: { usdPerHour: 3.6, per: 'core' } });
    expect(perCore.usdPerHour).toBeCloseTo(28.8, 12);
    expect(perCore.usdPerUnit).toBeCloseTo(1e-6, 18);
    const instances: CostRequest = {
      ...request,
      ...{ cores: 8, chips: 16, instances: 4 },
      price: { usdPerHour: 36, per: 'instance', instance: 'trn2.48xlarge' },
    };
    expect(costOf(instances)).toMatchObject({ usdPerHour: 144, nsPerUnit: 1e6 / 512 });
    expect(costOf({ ...request, chips: 16, instances: 2 }).usdPerHour).toBeCloseTo(3.6 * 32, 12);
  });

  test('is of as many runs as the unit takes, which may be a part of one', () => {
    const step = costOf({ ...request, unit: 'training step', runs: 32 });
    expect(step).toMatchObject({ unit: 'training step', nsPerUnit: 32e6 });
    expect(costOf({ ...request, unit: 'token', runs: 1 / 128 }).nsPerUnit).toBe(1e6 / 128);
  });

  test('counts an efficiency of scaling where several cores run, and says it, given or not', () => {
    const scaled = costOf({ ...request, cores: 4, scaling: 0.5 });
    expect(scaled.nsPerUnit).toBe(1e6 / 2);
    expect(scaled.assumptions.join(' ')).toContain(
      '4 cores share the runs evenly, and do 2 times the work of one: an efficiency of scaling of 50 %, which was given',
    );
    expect(costOf({ ...request, cores: 4 }).assumptions.join(' ')).toContain('100 %, which nobody gave');
    const alone = costOf({ ...request, scaling: 0.5 });
    expect(alone.nsPerUnit).toBe(1e6);
    expect(alone.assumptions.join(' ')).not.toContain('scaling');
  });

  test('says what is paid for and idle, and when cores share HBM that did not when it was timed', () => {
    const price: Price = { usdPerHour: 36, per: 'instance', instance: 'trn2.48xlarge' };
    const all = { ...request, cores: 8, timedCores: 8, chips: 16 };
    expect(costOf({ ...request, price, chips: 2 }).assumptions).toContain(
      'Paid for and idle: 7 of the 8 cores of each chip, 14 of the 16 chips of each instance.',
    );
    for (const cost of [
      costOf({ ...all, price }),
      costOf({ ...request, price: { ...price, per: 'core', instance: undefined } }),
    ]) {
      expect(cost.assumptions.join(' ')).not.toContain('idle:');
      expect(cost.assumptions.join(' ')).not.toContain('at HBM');
    }
    expect(costOf({ ...request, cores: 8 }).assumptions).toContain(
      'The time is that of 1 core of a chip at HBM; here 8 cores of each share it.',
    );
  });

  test('is never given without what was assumed', async () => {
    const lines = costTableLines({
      ...request,
      cores: 8,
      chips: 2,
      price: parsePrice('trn2.48xlarge'),
      runs: 32,
      unit: 'training step',
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/cost.txt');
    expect(costTableLines(request)).toEqual(costLines(costOf(request)));
  });

  test('falls with every core, and a unit of n runs costs n times as much', () => {
    const size = fc.record({
      cores: fc.integer({ min: 1, max: 8 }),
      chips: fc.integer({ min: 1, max: 64 }),
      instances: fc.integer({ min: 1, max: 9 }),
    });
    const amounts = fc.record({
      timeNs: fc.double({ min: 1, max: 1e15, noNaN: true }),
      scaling: fc.double({ min: 0.01, max: 1, noNaN: true }),
      runs: fc.integer({ min: 1, max: 1e6 }),
      per: fc.constantFrom('core', 'chip', 'instance' as const),
    });
    fc.assert(
      fc.property(size, amounts, (of, { per, ...rest }) => {
        const price: Price = { usdPerHour: 2, per };
        const cost = costOf({ chip: 'trn2', ...of, ...rest, price });
        const { cores, chips, instances } = of;
        const workers = cores * chips * instances;
        const expected = (rest.timeNs * rest.runs) / (workers === 1 ? 1 : workers * rest.scaling);
        expect(cost.nsPerUnit / expected).toBeCloseTo(1, 12);
        const paid = { core: workers, chip: chips * instances, instance: instances }[per];
        expect(cost.usdPerUnit / ((2 * paid * expected) / HOUR)).toBeCloseTo(1, 12);
      }),
    );
  });

  test.each<[Partial<CostRequest>, string]>([
    [
      { price: { usdPerHour: -1, per: 'chip' } },
      'price, in USD per hour, must be a number above 0, received -1.',
    ],
    [{ price: { usdPerHour: NaN, per: 'chip' } }, 'received NaN.'],
    [{ price: { usdPerHour: Infinity, per: 'chip' } }, 'received Infinity.'],
    [{ price: { usdPerHour: 0, per: 'chip' } }, 'received 0.'],
    [
      { price: { usdPerHour: 1e308, per: 'chip' } },
      'price, in USD per hour, must be a number from 1e-12 to 1000000, received 1e+308.',
    ],
    [{ runs: 1e300 }, 'runs must be a number from 1e-12 to 1e+21, received 1e+300.'],
    [{ scaling: 1e-300 }, 'efficiency of scaling must be a number from 1e-12 to 1, received 1e-300.'],
    [{ instances: 1e10 }, 'instances must be a whole number of 1..1000000000, received 10000000000.'],
    [{ price: { usdPerHour: '3' as never, per: 'chip' } }, 'received "3".'],
    [{ timeNs: NaN }, 'time of a run, in ns, must be a number above 0, received NaN.'],
    [{ timeNs: 0 }, 'time of a run, in ns, must be a number above 0, received 0.'],
    [{ runs: 0 }, 'runs must be a number above 0, received 0.'],
    [{ runs: Infinity }, 'runs must be a number above 0, received Infinity.'],
    [{ scaling: 0 }, 'efficiency of scaling must be a number above 0 and at most 1, received 0.'],
    [{ scaling: 1.5 }, 'efficiency of scaling must be a number above 0 and at most 1, received 1.5.'],
    [{ scaling: NaN }, 'received NaN.'],
    [{ cores: 9 }, 'cores of each trn2 must be a whole number of 1..8, received 9.'],
    [{ cores: 0 }, 'cores of each trn2 must be a whole number of 1..8, received 0.'],
    [{ timedCores: 9 }, 'cores that it was timed with must be a whole number of 1..8, received 9.'],
    [{ chips: 1.5 }, 'chips of each instance must be a whole number of at least 1, received 1.5.'],
    [{ instances: -1 }, 'instances must be a whole number of at least 1, received -1.'],
    [
      { chips: 17, price: { usdPerHour: 1, per: 'instance', instance: 'trn2.48xlarge' } },
      'chips of each instance must be at most the 16 of trn2.48xlarge, received 17.',
    ],
    [
      { price: { usdPerHour: 1, per: 'instance', instance: 'trn1.2xlarge' } },
      'price must be of an instance with trn2, received one of trn1.2xlarge, which has trn1.',
    ],
  ])('of %j is refused', (change, message) => {
    expect(refusal(() => costOf({ ...request, ...change }))).toContain(message);
  });
});

describe('sizes', () => {
  test('double from one core to all that was asked for', () => {
    expect(sizesUpTo({ cores: 8, chips: 3, instances: 2 }).map(({ cores, chips, instances }) => [cores, chips, instances])).toEqual([
      [1, 1, 1], [2, 1, 1], [4, 1, 1], [8, 1, 1], [8, 2, 1], [8, 3, 1], [8, 3, 2],
    ]); // prettier-ignore
    expect(sizesUpTo({ cores: 1, chips: 1, instances: 1 })).toHaveLength(1);
  });
});

describe('a GPU', () => {
  test('takes as long as multiplying or moving at its share of the peaks, whichever is longer', () => {
    // 1e9 operations at 500 TFLOP/s are 2 us; 1e6 bytes at 1,000 GB/s are 1 us.
    expect(gpuCostOf(gpu, work)).toMatchObject({ timeNs: 2000, bound: 'multipliers', nsPerUnit: 2000 });
    expect(gpuCostOf(gpu, { flops: 1e9, bytes: 4e6 })).toMatchObject({ timeNs: 4000, bound: 'memory' });
    // 7.2 USD an hour are 2e-12 USD a nanosecond.
    expect(gpuCostOf(gpu, work, 'token', 3).usdPerUnit).toBeCloseTo(12e-9, 20);
    expect(gpuCostOf(gpu, { flops: 0, bytes: 2e6 })).toMatchObject({ timeNs: 2000, bound: 'memory' });
  });

  test.each<[Partial<Gpu>, string]>([
    [{ peak: 0 }, 'peak of the GPU, in TFLOP/s, must be a number above 0, received 0.'],
    [{ bandwidth: NaN }, 'bandwidth of the GPU, in GB/s, must be a number above 0, received NaN.'],
    [{ efficiency: 50 }, 'that it reaches, must be a number above 0 and at most 1, received 50.'],
    [{ usdPerHour: -4 }, 'price of the GPU, in USD per hour, must be a number above 0, received -4.'],
    [
      { usdPerHour: Infinity },
      'price of the GPU, in USD per hour, must be a number above 0, received Infinity.',
    ],
  ])('of %j is refused', (change, message) => {
    expect(refusal(() => gpuCostOf({ ...gpu, ...change }, work))).toContain(message);
  });

  test.each([
    [{ flops: -1, bytes: 1 }, 'flops of a run must be a number of at least 0, received -1.'],
    [{ flops: 1, bytes: NaN }, 'bytes of a run must be a number of at least 0, received NaN.'],
    [{ flops: 0, bytes: 0 }, 'flops and bytes of a run together must be a number above 0, received 0.'],
  ])('with the work %j is refused', (wrong, message) => {
    expect(refusal(() => gpuCostOf(gpu, wrong))).toBe(message);
  });
});

describe('a comparison', () => {
  test('says which side costs more, and below it all that is assumed of both', async () => {
    const compared = compareCosts(
      { ...request, price: parsePrice('trn2.3xlarge'), cores: 8 },
      parseGpu('name=H100,peak=989,bandwidth=3350,efficiency=0.5,price=p5.48xlarge'),
      { flops: 6e10, bytes: 1e8, moved: 'once' },
    );
    const lines = comparedLines(compared);
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/cost-compared.txt');
    for (const sentence of [...compared.chip.assumptions, ...compared.gpu.assumptions]) {
      expect(lines).toContain(`  - ${sentence}`);
    }
  });

  test('has the ratio of the two, in words too', () => {
    const of = (usdPerHour: number) => compareCosts(request, { ...gpu, usdPerHour }, work);
    // 1e-6 USD on the chip; 2,000 ns on the GPU.
    expect(of(7.2).ratio).toBeCloseTo(0.004, 12);
    expect(comparedLines(of(7.2))[2]).toBe(
      'Under all that is assumed below, a product costs 250 times as much on the chip.',
    );
    expect(comparedLines(of(3600))[2]).toBe(
      'Under all that is assumed below, a product costs 2 times as much on the GPU.',
    );
    expect(comparedLines(of(1800))[2]).toBe(
      'Under all that is assumed below, a product costs the same on both.',
    );
  });

  test('never says that something is less without assumptions', () => {
    const price = fc.double({ min: 0.001, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(price, price, fc.integer({ min: 1, max: 8 }), (chip, other, cores) => {
        const compared = compareCosts(
          { ...request, cores, price: { usdPerHour: chip, per: 'chip' } },
          { ...gpu, usdPerHour: other },
          work,
        );
        const lines = comparedLines(compared);
        expect(lines.join('\n')).not.toMatch(/cheap/i);
        expect(lines.indexOf('Assumed:')).toBe(3);
        expect(lines.slice(4)).toEqual(compared.assumptions.map((sentence) => `  - ${sentence}`));
        expect(compared.assumptions.length).toBeGreaterThanOrEqual(8);
      }),
    );
  });
});

describe('what was timed', () => {
  const program = parseProgram(
    [
      'program trn2',
      'hbm x float32 [4, 8] input',
      'hbm y bfloat16 [4, 8] output',
      'hbm z float32 [100] scratch',
    ].join('\n'),
  );
  const traffic = { hbmRead: 300, hbmWritten: 50, sbufRead: 1, sbufWritten: 2, psumRead: 3, psumWritten: 4 };

  test('gives its time and work to a cost', () => {
    expect(runOf({ chip: 'trn2', total: 5, cores: 2 })).toEqual({
      chip: 'trn2',
      timeNs: 5,
      cores: 2,
      timedCores: 2,
    });
    const timed = { program, traffic, flops: { hardware: 9, model: 7 } };
    expect(workOfRun(timed)).toEqual({ flops: 7, bytes: 350, moved: 'by the Program' });
    expect(workOfRun(timed, 'once')).toEqual({ flops: 7, bytes: 128 + 64, moved: 'once' });
  });
});

describe('instances and examples', () => {
  test('have as many cores as their chips, all chips some instance', () => {
    for (const name of INSTANCE_NAMES) {
      const { chip, chips, cores } = INSTANCES[name];
      expect(cores).toBe(chips * CHIPS[chip].cores);
    }
    expect([...new Set(INSTANCE_NAMES.map((name) => INSTANCES[name].chip))]).toEqual([...CHIP_NAMES]);
    expect(INSTANCES['trn2-ultraserver'].cores).toBe(512);
    expect(INSTANCES['trn3-gen2-ultraserver'].cores).toBe(1152);
  });

  test('are dated, sourced and of an instance that is known', () => {
    for (const { instance, perHour, date, source, region } of EXAMPLE_PRICES) {
      expect(instance in INSTANCES || instance in GPU_INSTANCES).toBe(true);
      expect(perHour).toBeGreaterThan(0);
      expect(date).toMatch(/^20\d\d-\d\d(-\d\d)?$/);
      expect(source.length).toBeGreaterThan(10);
      expect(region).toMatch(/^[a-z]+-[a-z]+-\d$/);
    }
  });
});

describe('the text of a price', () => {
  test('is an amount of something, or an instance with an example', () => {
    expect(parsePrice('2.235/chip')).toEqual({ usdPerHour: 2.235, per: 'chip' });
    expect(parsePrice(' 1e-1 / core ')).toEqual({ usdPerHour: 0.1, per: 'core' });
    expect(parsePrice('30/instance')).toEqual({ usdPerHour: 30, per: 'instance' });
    expect(parsePrice('21.5/trn1.32xlarge')).toEqual({
      usdPerHour: 21.5,
      per: 'instance',
      instance: 'trn1.32xlarge',
    });
    const example = parsePrice('trn1.32xlarge');
    expect(example).toMatchObject({ usdPerHour: 21.5, per: 'instance', instance: 'trn1.32xlarge' });
    expect(example.source).toMatch(
      /^an example that was not verified: trn1\.32xlarge, on demand, us-east-1, 2026-08-26, from /,
    );
  });

  test.each([
    ['-1/chip', 'A price must be above 0, USD per hour as in 0.28/core, 2.235/chip or 21.5/trn1.32xlarge'],
    ['nan/chip', 'received "nan/chip".'],
    ['Infinity/chip', 'received "Infinity/chip".'],
    ['0/chip', 'received "0/chip".'],
    ['/chip', 'received "/chip".'],
    ['3', 'A price is USD per hour as in 0.28/core, 2.235/chip or 21.5/trn1.32xlarge, or an instance whose'],
    ['3/chips', 'A price is of a core, chip, instance or trn1.2xlarge, '],
    ['3/chips', 'received "chips"; the nearest is chip.'],
    ['3/chip/core', 'received "chip/core"'],
    ['trn1.32xlage', 'received "trn1.32xlage"; the nearest is trn1.32xlarge.'],
    ['p5.48xlarge', 'received "p5.48xlarge"'],
    ['trn2u.48xlarge', 'There is no example price of trn2u.48xlarge: give one, as in 100/trn2u.48xlarge.'],
    ['', 'received "".'],
  ])('%s is refused', (text, message) => {
    expect(refusal(() => parsePrice(text))).toContain(message);
  });
});

describe('the text of a GPU', () => {
  test('gives peak, bandwidth, efficiency and price, in any order', () => {
    expect(parseGpu('peak=989,bandwidth=3350,efficiency=0.5,price=4.326')).toEqual({
      ...{ peak: 989, bandwidth: 3350, efficiency: 0.5, usdPerHour: 4.326 },
    });
    expect(parseGpu(' price=2, name=A100 , efficiency = 1,bandwidth=2e3,peak=312')).toEqual({
      ...{ name: 'A100', peak: 312, bandwidth: 2000, efficiency: 1, usdPerHour: 2 },
    });
    const example = parseGpu('peak=989,bandwidth=3350,efficiency=0.5,price=p5.48xlarge');
    expect(example.usdPerHour).toBe((exampleOf('p5.48xlarge')?.perHour ?? NaN) / 8);
    expect(example.source).toMatch(/2026-08-26, from .*, divided by its 8 GPUs$/);
  });

  test.each([
    ['peak=989', 'A GPU is peak=TFLOP/s,bandwidth=GB/s,efficiency=SHARE,price=USD per hour, as in'],
    ['peak=989', '"peak=989" lacks bandwidth, efficiency, price.'],
    ['', 'received "" in "".'],
    ['peak', 'received "peak" in "peak".'],
    ['peek=989', 'A GPU has peak, bandwidth, efficiency, price, name, received "peek"; the nearest is peak.'],
    ['peak=1,peak=2', 'The peak of a GPU is given once, received "peak=1,peak=2".'],
    ['peak=,bandwidth=1,efficiency=1,price=1', 'The peak of a GPU is a number without a unit, received "":'],
    ['peak=1,bandwidth=-1,efficiency=1,price=1', 'must be a number above 0, received -1.'],
    ['peak=1,bandwidth=1,efficiency=50,price=1', 'at most 1, received 50.'],
    [
      'peak=1,bandwidth=1,efficiency=1,price=-1',
      'a number above 0, or one of p5.4xlarge, p5.48xlarge, received "-1".',
    ],
    ['peak=1,bandwidth=1,efficiency=1,price=nan', 'received "nan".'],
    ['peak=1,bandwidth=1,efficiency=1,price=trn1.2xlarge', 'received "trn1.2xlarge".'],
  ])('%s is refused', (text, message) => {
    expect(refusal(() => parseGpu(text))).toContain(message);
  });
});
