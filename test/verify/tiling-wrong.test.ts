/** Faulty tilings: each fault is caught, at the right tile, and told with its pass. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { verdictText } from '../../bench/tiling';
import { Regions, REGIONS } from '../../bench/tiling/regions';
import type { TilePass } from '../../src/verify/tiling';
import { at, BASE, FAULTS } from './tiling-faults';
import { judge, RAN, statesOf, tilingText } from './tilings';

describe('seeded faults', () => {
  it.each(Object.entries(FAULTS))('%s', async (_, { passes, tile, wrong, pass, mark }) => {
    const verdict = await judge(tilingText({ passes }));
    const states = statesOf(verdict);
    expect(verdict.right).toBe(false);
    for (const name of wrong) expect(states[name], name).toBe('wrong');
    expect([verdict.firstWrong?.row, verdict.firstWrong?.column]).toEqual(tile);
    if (pass !== undefined) expect(verdict.firstWrong?.pass?.index).toBe(pass);
    if (mark !== undefined) expect(verdict.firstWrong?.mark).toBe(mark);
    expect(verdictText(verdict)).toContain('The tiling is WRONG.');
  });

  it('a swap of two passes of one tile is no fault', async () => {
    const passes = BASE.map((pass, index) => {
      const twin = index === at(1, 1, 0) ? at(1, 1, 1) : index === at(1, 1, 1) ? at(1, 1, 0) : index;
      return { ...pass, k: BASE[twin]?.k ?? pass.k };
    });
    const other = await judge(tilingText({ passes }));
    expect(statesOf(other)).toEqual(RAN);
    expect(other.canonical.sameOrder).toBe(false);
  });
});

/** Kinds of faults that any pass of the base can have: what becomes of it. */
const KINDS: Readonly<Record<string, (pass: TilePass) => readonly TilePass[]>> = {
  dropped: () => [],
  doubled: (pass) => [pass, pass],
  'started otherwise': (pass) => [{ ...pass, start: !pass.start }],
  'stopped otherwise': (pass) => [{ ...pass, stop: !pass.stop }],
  'in the next bank': (pass) => [{ ...pass, bank: (pass.bank + 1) % 8 }],
  'a row short': ({ m, ...pass }) => [{ ...pass, m: [m[0], m[1] - 1] }],
  'a row on': ({ m, ...pass }) => [{ ...pass, m: [m[0] + 1, m[1] + 1] }],
  'a column short': ({ n, ...pass }) => [{ ...pass, n: [n[0] + 1, n[1]] }],
  'an index of K short': ({ k, ...pass }) => [{ ...pass, k: [k[0], k[1] - 1] }],
  'an index of K early': ({ k, ...pass }) => [{ ...pass, k: [Math.max(0, k[0] - 1), k[1]] }],
};

describe('every kind of fault in every pass', () => {
  it.each(Object.entries(KINDS))('%s', async (kind, faulty) => {
    for (const [index, pass] of BASE.entries()) {
      if (kind === 'an index of K early' && pass.k[0] === 0) continue; // there is none before it
      const passes = BASE.flatMap((each, other) => (other === index ? faulty(pass) : [each]));
      const verdict = await judge(tilingText({ passes }));
      expect(verdict.right, `pass ${index}`).toBe(false);
      const area = verdict.firstWrong;
      expect(area, `pass ${index}`).not.toBeNull();
    }
  });
});

describe('the first wrong tile', () => {
  it('has the values, the instruction that stored them, and the pass', async () => {
    const verdict = await judge(tilingText({ passes: FAULTS['an end of K one short']?.passes }));
    const { firstWrong } = verdict;
    expect(firstWrong).toMatchObject({
      ...{ executor: 'reference', operands: 'small-integer', m: [8, 16], n: [16, 32] },
      writtenBy: { opcode: 'dma_copy', id: `p${at(1, 1, 2)}.store` },
      why: 'No pass takes k 7 of it.',
    });
    expect(firstWrong?.first?.expected).not.toEqual(firstWrong?.first?.received);
    expect(verdictText(verdict)).toMatch(/ {2}\. \. \.\n {2}\. M \.\n {2}\. \. \.\n/);
  });

  it('of a tiling that cannot be made a Program names the pass, and no instruction', async () => {
    const verdict = await judge(tilingText({ passes: FAULTS['outside of the product']?.passes }));
    expect(verdict.firstWrong).toMatchObject({
      pass: { index: at(2, 2, 2), box: 'm 16..23, n 32..43, k 16..20', instruction: null },
      why: 'Pass 26 takes m 16..23, n 32..43, k 16..20, outside of the product, which ends at m 19, n 43, k 20.',
    });
    const text = verdictText(verdict);
    expect(text).toContain('  pass      26 (m 16..23, n 32..43, k 16..20)\n');
    expect(text).not.toContain('stored by');
  });

  it('of a doubled product names exactly the passes that take its first cell', async () => {
    const passes = [...BASE];
    passes.push({ ...BASE[at(1, 1, 1)], n: [20, 28], start: true, stop: true } as TilePass);
    passes.push({ ...BASE[at(1, 1, 1)], n: [24, 32], start: true, stop: true } as TilePass);
    const { firstWrong, coverage } = await judge(tilingText({ passes }));
    expect(firstWrong?.why).toBe(`Passes ${at(1, 1, 1)} and ${BASE.length} all take k 8..15 of it.`);
    expect(coverage.gaps.map(({ n, times, passes: named }) => [n, times, named])).toEqual([
      [[20, 24], 2, [at(1, 1, 1), BASE.length]],
      [[24, 28], 3, [at(1, 1, 1), BASE.length, BASE.length + 1]],
      [[28, 32], 2, [at(1, 1, 1), BASE.length + 1]],
    ]);
  });

  it('has rectangles of all its wrong elements', async () => {
    const dropped = await judge(tilingText({ passes: FAULTS['a dropped tile']?.passes }));
    expect(dropped.firstWrong?.regions).toEqual([{ m: [8, 16], n: [16, 32] }]);
  });

  it('of tiles that share outputs: every shared part, in parts of the grid', async () => {
    const pass = (n: readonly [number, number], k: readonly [number, number], bank: number): TilePass => ({
      ...{ m: [0, 4], n, k, bank, start: true, stop: true },
    });
    const passes = [pass([0, 6], [0, 2], 0), pass([0, 3], [2, 5], 1), pass([3, 6], [2, 5], 2)];
    const verdict = await judge(tilingText({ passes }), { wanted: { m: 4, n: 6, k: 5 } });
    expect(verdict.grid.of).toBe('parts');
    expect(verdict.coverage.torn?.parts).toHaveLength(2);
    const text = verdictText(verdict);
    expect(text).toContain('24 elements of the output belong to several tiles');
    expect(text).toMatch(/shared: m 0\.\.3, n 0\.\.2 belongs to the 2 tiles that begin with passes 0 and 1/);
    expect(text).toMatch(/shared: m 0\.\.3, n 3\.\.5 belongs to the 2 tiles that begin with passes 0 and 2/);
    expect(text).toMatch(/The output in 1 x 2 parts/);
  });

  it('that nothing writes has no value and no instruction', async () => {
    const { firstWrong } = await judge(tilingText({ passes: FAULTS['a dropped tile']?.passes }));
    expect(firstWrong).toMatchObject({ writtenBy: null, pass: null, why: 'No pass takes this tile.' });
    expect(firstWrong?.first).toMatchObject({ m: 8, n: 16, received: null });
    expect(firstWrong?.mismatches).toBe(8 * 16);
  });

  it('of a Program that stops says at which instruction', async () => {
    const { checks } = await judge(
      tilingText({ passes: FAULTS['a missing start of the first tile']?.passes }),
    );
    const stopped = checks.find(({ name }) => name === 'integers');
    expect(stopped?.details[0]).toMatch(/^it stopped: nc_matmul p0\.matmul/);
  });
});

test('rectangles of wrong elements hold them all, and nothing else while they are few', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), { maxLength: 30 }),
      (rows) => {
        const regions = new Regions();
        for (const [row, columns] of rows.entries()) {
          for (const [column, wrong] of columns.entries()) if (wrong) regions.add(column);
          regions.endRow(row);
        }
        const { areas } = regions;
        const exact = areas.length > 1 || rows.length * 5 <= REGIONS; // a row of nine has five runs at most
        for (const [row, columns] of rows.entries()) {
          for (const [column, wrong] of columns.entries()) {
            const held = areas.filter(
              ({ m, n }) => m[0] <= row && row < m[1] && n[0] <= column && column < n[1],
            ).length;
            if (wrong || exact) expect(held).toBe(wrong ? 1 : 0);
          }
        }
        expect(areas.length).toBeLessThanOrEqual(REGIONS);
      },
    ),
  );
});
