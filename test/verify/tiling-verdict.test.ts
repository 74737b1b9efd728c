/** The verdict on whole tilings: sound ones on every chip, plans, memories, samples, the adapter. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { ourPlan, readTiling } from '../../bench/tiling';
import { CHIPS, CHIP_NAMES } from '../../src/chip';
import { referenceMatmul } from '../../src/execute/reference';
import { planMatmul, sliceOf } from '../../src/lower';
import type { MatmulDevice, PreparedProduct } from '../../bench/tools';
import type { TilePass } from '../../src/verify/tiling';
import { anyRequest } from '../lower/requests';
import { at, BASE, FAULTS } from './tiling-faults';
import { judge, passesOf, product, RAN, SHAPE, SOUND, statesOf, TILE, tilingText } from './tilings';

describe.each(CHIP_NAMES)('sound tilings on %s', (chip) => {
  it.each(Object.entries(SOUND))('%s', async (_, nest) => {
    const verdict = await judge(tilingText({ ...nest, chip }));
    expect(statesOf(verdict)).toEqual(RAN);
    expect(verdict.checks.flatMap(({ details }) => details)).toEqual([]);
    expect(verdict).toMatchObject({ right: true, firstWrong: null });
    expect(verdict.grid.marks).toEqual(new Array(9).fill('right'));
  });

  it('ours', async () => {
    expect(statesOf(await judge(undefined, { wanted: { ...SHAPE, chip } }))).toEqual(RAN);
  });

  it('K-major A, narrow output, the widest tile', async () => {
    const { moving } = CHIPS[chip].matmul;
    const verdict = await judge(
      tilingText({ tile: { m: 128, n: moving, k: 128 }, aLayout: 'k-major', out: 'bfloat16', chip }),
      { wanted: { m: 3, n: moving + 1, k: 130 } },
    );
    expect(statesOf(verdict)).toEqual(RAN);
  });
});

describe('nothing is said of what is sound', () => {
  it('any plan of ours, on any chip, in any formats', async () => {
    await fc.assert(
      fc.asyncProperty(anyRequest(40, 20), async (request) => {
        const plan = planMatmul(request);
        const verdict = await judge(JSON.stringify(plan), { wanted: {} });
        expect(verdict.checks.filter(({ state }) => state === 'wrong')).toEqual([]);
        expect(verdict.checks.flatMap(({ details }) => details)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  const extent = fc.integer({ min: 1, max: 20 });
  const anyNest = fc
    .record({
      tile: fc.record({ m: extent, n: extent, k: extent }),
      // K runs inside of M and N, so that one tile at a time is open.
      outer: fc.constantFrom(['m', 'n'] as const, ['n', 'm'] as const),
      passesToAGroup: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      banks: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 }),
      buffers: fc.record({ a: extent, b: extent, out: extent }),
      aLayout: fc.constantFrom('row-major', 'k-major'),
    })
    .map(({ outer, passesToAGroup, ...rest }) => ({
      ...rest,
      ...(passesToAGroup && { group: passesToAGroup * rest.tile.k }),
      loops: [...outer, 'k'].map((axis) => ({ axis })),
    }));

  it('any loops with K inside', async () => {
    await fc.assert(
      fc.asyncProperty(anyNest, async (nest) => {
        expect(statesOf(await judge(tilingText(nest)))).toEqual(RAN);
      }),
      { numRuns: 60 },
    );
  });
});

test('banks that tiles of different widths take one after the other', async () => {
  const pass = { m: [0, 4], k: [0, 5], start: true, stop: true };
  const passes = [
    { ...pass, n: [0, 1024], bank: 0 },
    { ...pass, n: [1024, 1100], bank: 1 },
  ];
  const verdict = await judge(tilingText({ passes, chip: 'trn3' }), { wanted: { m: 4, n: 1100, k: 5 } });
  expect(statesOf(verdict)).toEqual(RAN);
});

describe('groups of one tile that are open at once, in banks of their own', () => {
  const pass = (bank: number, k: readonly [number, number], start: boolean, stop: boolean): TilePass => ({
    ...{ m: [0, 64], n: [0, 64], k, bank, start, stop },
  });
  const wanted = { m: 64, n: 64, k: 96 };
  const opened = [pass(0, [0, 32], true, false), pass(1, [32, 64], true, false)];
  it.each([
    [
      'closed in the order in which they opened',
      [pass(0, [64, 80], false, true), pass(1, [80, 96], false, true)],
    ],
    ['closed in the other order', [pass(1, [64, 80], false, true), pass(0, [80, 96], false, true)]],
  ])('%s', async (_, closed) => {
    const verdict = await judge(tilingText({ passes: [...opened, ...closed] }), { wanted });
    expect(verdict.checks.flatMap(({ details }) => details)).toEqual([]);
    expect(statesOf(verdict)).toEqual(RAN);
  });
});

describe('a plan that was edited', () => {
  const wanted = { m: 300, n: 300, k: 300 };
  const plan = ourPlan(wanted);

  it('whose blocks and tiles are larger than the product is right: they end where it does', async () => {
    const large = { ...plan, block: { ...plan.block, m: 1100, n: 9999 }, tile: { ...plan.tile, n: 512 } };
    const verdict = await judge(JSON.stringify(large), { wanted });
    expect(statesOf(verdict)).toEqual(RAN);
    expect(verdict.memory.psum.banks).toBe(3);
  });

  it('groups may have any numbers: they add in the order of the passes', async () => {
    const passes = plan.passes.map((pass, index) => ({ ...pass, group: 4 - index }));
    expect(statesOf(await judge(JSON.stringify({ ...plan, passes }), { wanted }))).toEqual(RAN);
  });
});

test('double-row passes of fp8, by hand and ours', async () => {
  const fp8 = { a: 'float8_e4m3', b: 'float8_e5m2' } as const;
  const wanted = { m: 5, n: 9, k: 300 };
  const tile = { m: 4, n: 8, k: 256 };
  const byHand = await judge(tilingText({ ...fp8, tile, doubleRow: true }), { wanted });
  expect(statesOf(byHand)).toEqual(RAN);
  expect(statesOf(await judge(undefined, { wanted: { ...wanted, ...fp8 } }))).toEqual(RAN);
});

describe('the canonical bits are said apart', () => {
  const wanted = { m: 4, n: 5, k: 300 };
  const tile = { m: 4, n: 5, k: 128 };
  it('128 rows to a pass in one group: the same order', async () => {
    const { canonical } = await judge(tilingText({ tile }), { wanted });
    expect(canonical).toMatchObject({ sameOrder: true, differing: 0, compared: 20 });
  });

  it('passes in another order of K are right, and not canonical', async () => {
    const passes = passesOf({ tile }, { ...product(), ...wanted }).map(({ m, n, bank }, index, all) => ({
      ...{ m, n, bank, k: all[all.length - 1 - index]?.k, start: index === 0, stop: index === 2 },
    }));
    const verdict = await judge(tilingText({ passes }), { wanted });
    expect(statesOf(verdict)).toEqual(RAN);
    expect(verdict.canonical.sameOrder).toBe(false);
    expect(verdict.canonical.differing).toBeGreaterThan(0);
    expect(verdict.canonical.text).toMatch(/^Not the canonical 128-row bits/);
    expect(verdict.right).toBe(true);
  });
});

describe('memories', () => {
  it('of SBUF add up, with what lies between tensors', async () => {
    const { checks, memory } = await judge(undefined);
    const { text } = checks.find(({ name }) => name === 'memory') ?? { text: '' };
    const parts = /\((.*)\)/.exec(text)?.[1]?.split(', ') ?? [];
    const bytes = parts.map((part) => {
      const [, held, each] = /^(\d+) .* of (\d+) bytes$/.exec(part) ?? [];
      return each === undefined ? Number(/^\d*/.exec(part)?.[0]) : Number(held) * Number(each);
    });
    expect(bytes.filter((sum) => sum > 0).reduce((sum, each) => sum + each, 0)).toBe(memory.sbuf.bytes);
    expect(text).toMatch(/\d+ between them, since tensors begin at multiples of 64/);
  });

  it('more open tiles than banks', async () => {
    const verdict = await judge(
      tilingText({ tile: TILE, loops: [{ axis: 'k' }, { axis: 'm' }, { axis: 'n' }] }),
    );
    expect(statesOf(verdict)).toMatchObject({ memory: 'wrong', groups: 'wrong' });
    expect(verdict.memory.psum).toMatchObject({ banks: 9, of: 8, pass: 8 });
  });

  it('sums that SBUF cannot hold', async () => {
    const verdict = await judge(
      tilingText({
        tile: { m: 128, n: 512, k: 8 },
        group: 8,
        loops: [{ axis: 'k' }, { axis: 'm' }, { axis: 'n' }],
      }),
      { wanted: { m: 1280, n: 6144, k: 16 } },
    );
    expect(statesOf(verdict)).toMatchObject({ memory: 'wrong', integers: 'left-out', groups: 'right' });
    expect(verdict.checks.find(({ name }) => name === 'memory')?.details[0]).toMatch(
      /120 sums of groups of 2048 bytes/,
    );
  });

  it('a plan whose block is too large for PSUM', async () => {
    const tall = { ...SHAPE, k: 200 };
    const plan = JSON.stringify({
      ...ourPlan(tall),
      tile: { m: 2, n: 44, k: 128 },
      block: { m: 20, n: 44, k: 200 },
    });
    expect(statesOf(await judge(plan, { wanted: tall }))).toMatchObject({
      memory: 'wrong',
      integers: 'left-out',
    });
  });
});

describe('a sample of tiles', () => {
  it('has the bits of the whole, and finds a fault that is in it', async () => {
    const sound = await judge(tilingText(SOUND['K streamed past a block']), { budget: 1 });
    expect(statesOf(sound)).toEqual(RAN);
    expect(sound.grid.marks.filter((mark) => mark === 'right')).toHaveLength(2);
    expect(sound.grid.marks.filter((mark) => mark === 'unchecked')).toHaveLength(7);
    const faulty = await judge(tilingText({ passes: FAULTS['a restart']?.passes }), { budget: 1 });
    expect([faulty.firstWrong?.row, faulty.firstWrong?.column]).toEqual([1, 0]);
    expect(faulty.firstWrong?.first).not.toBeNull();
  });

  it.each(Object.entries(SOUND))('%s: a slice holds only what its store depends on', (_, nest) => {
    const program = readTiling(tilingText(nest), SHAPE).program();
    const stores = program.instructions.filter(({ dst }) => dst?.space === 'hbm');
    const [last] = stores.slice(-1);
    const slice = sliceOf(program, (store) => store === last?.dst);
    const matmuls = slice.program.instructions.filter(({ opcode }) => opcode === 'nc_matmul');
    expect(matmuls).toHaveLength(3);
    expect(slice.outputs).toHaveLength(1);
    expect(slice.inputs).toHaveLength(6);
  });
});

/** A device that is the reference loop, or wrong in one element. */
function device(spoil = false): MatmulDevice {
  return {
    subnormals: 'exact',
    prepare: (plan, operands) => {
      const codes = referenceMatmul(plan, operands);
      if (spoil) codes[SHAPE.n + 17] = (codes[SHAPE.n + 17] ?? 0) ^ 1;
      const product: PreparedProduct = {
        ...{ memory: {}, compileMs: 0, kernel: 'loop', dispatches: 1 },
        run: () => Promise.resolve(),
        runMany: () => Promise.resolve(1),
        read: () => Promise.resolve(codes),
        release: () => undefined,
      };
      return Promise.resolve(product);
    },
  };
}

describe('the adapter', () => {
  it.each(Object.entries(SOUND))('%s: is given the order of the tiling', async (_, nest) => {
    const verdict = await judge(tilingText(nest), { adapter: { name: 'loop', device: device() } });
    expect(statesOf(verdict)).toEqual({ ...RAN, adapter: 'right' });
  });

  it('that is wrong is shown at its tile', async () => {
    const verdict = await judge(undefined, { adapter: { name: 'loop', device: device(true) } });
    expect(statesOf(verdict)).toEqual({ ...RAN, adapter: 'wrong' });
    expect(verdict.firstWrong).toMatchObject({ executor: 'webgpu', first: { m: 1, n: 17 } });
  });

  it('cannot be given a tiling whose tiles add in different orders, and says which', async () => {
    const passes = BASE.map((pass, index) =>
      index === at(1, 1, 0) ? { ...pass, k: [8, 16] } : index === at(1, 1, 1) ? { ...pass, k: [0, 8] } : pass,
    );
    const verdict = await judge(tilingText({ passes }), { adapter: { name: 'loop', device: device() } });
    expect(verdict.right).toBe(true);
    const { text } = verdict.checks.find(({ name }) => name === 'adapter') ?? { text: '' };
    expect(text).toMatch(/one order, and m 0\.\.7, n 0\.\.15 adds in another than m 8\.\.15, n 16\.\.31/);
  });
});
