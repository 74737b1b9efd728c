/** The pure checks of a tiling against counting by hand, and the JSON of tilings. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readTiling } from '../../bench/tiling';
import { parsedJSON } from '../../bench/tiling/json-text';
import { planFromJSON, planMatmul, tilingToProgram } from '../../src/lower';
import { UserError } from '../../src/numerics';
import {
  coverageOf,
  expand,
  groupsOf,
  limitProblems,
  orderOf,
  outputTiles,
  scheduleOf,
  type TilePass,
} from '../../src/verify/tiling';
import { symbolicRun } from '../lower/coverage';
import { passesOf, product, SHAPE, SOUND, TILE, tilingText } from './tilings';

const SMALL = { ...product(), m: 5, n: 6, k: 4 };

const range = (extent: number): fc.Arbitrary<readonly [number, number]> =>
  fc
    .tuple(fc.integer({ min: 0, max: extent + 1 }), fc.integer({ min: 1, max: extent + 2 }))
    .map(([begin, size]) => [begin, begin + size] as const);

const anyPass: fc.Arbitrary<TilePass> = fc.record({
  m: range(SMALL.m),
  n: range(SMALL.n),
  k: range(SMALL.k),
  bank: fc.integer({ min: 0, max: 7 }),
  start: fc.boolean(),
  stop: fc.boolean(),
});

/** How often each (m, n, k) is taken, counted one by one. */
function counted(passes: readonly TilePass[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [m, n, k] of triples()) {
    const over = passes.filter(
      (pass) =>
        pass.m[0] <= m && m < pass.m[1] && pass.n[0] <= n && n < pass.n[1] && pass.k[0] <= k && k < pass.k[1],
    );
    counts.set(`${m},${n},${k}`, over.length);
  }
  return counts;
}

function* triples(): Generator<readonly [number, number, number]> {
  for (let m = 0; m < SMALL.m; m++)
    for (let n = 0; n < SMALL.n; n++) for (let k = 0; k < SMALL.k; k++) yield [m, n, k];
}

const reachesOutside = ({ m, n, k }: TilePass): boolean => m[1] > SMALL.m || n[1] > SMALL.n || k[1] > SMALL.k;

describe('coverage', () => {
  it('names passes that take all of a doubled box, all of them where they are few', () => {
    fc.assert(
      fc.property(fc.array(anyPass, { maxLength: 6 }), (passes) => {
        for (const { m, n, k, times, passes: named } of coverageOf(passes, SMALL).gaps) {
          const over = passes.flatMap((pass, index) =>
            [
              [pass.m, m],
              [pass.n, n],
              [pass.k, k],
            ].every(
              ([outer, inner]) =>
                Number(outer?.[0]) <= Number(inner?.[0]) && Number(inner?.[1]) <= Number(outer?.[1]),
            )
              ? [index]
              : [],
          );
          expect(over).toHaveLength(times);
          expect(named).toEqual(over.slice(0, 4));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('marks where a pass reaches outside, drawn back to the last cell where all of it lies there', () => {
    const inside: TilePass = { m: [0, 5], n: [0, 6], k: [0, 4], bank: 0, start: true, stop: true };
    const split = [
      { ...inside, n: [0, 3] as const },
      { ...inside, n: [3, 6] as const },
    ];
    const marksWith = (pass: Partial<TilePass>) =>
      coverageOf([...split, { ...inside, ...pass }], SMALL).marks;
    expect(marksWith({ n: [7, 9] })).toEqual(['right', 'outside']);
    expect(marksWith({ n: [0, 3], k: [4, 5] })).toEqual(['outside', 'right']);
  });

  it('counts what counting one by one counts, and names the first gap', () => {
    fc.assert(
      fc.property(fc.array(anyPass, { maxLength: 6 }), (passes) => {
        const found = coverageOf(passes, SMALL);
        const counts = [...counted(passes).values()];
        expect(found.missing).toBe(counts.filter((count) => count === 0).length);
        expect(found.doubled).toBe(counts.filter((count) => count > 1).length);
        const first = [...counted(passes)].find(([, count]) => count !== 1);
        const [gap] = found.gaps;
        expect(gap === undefined).toBe(first === undefined);
        if (gap === undefined || first === undefined) return;
        // Gaps are listed slab by slab, so that the first holds the first (m, n, k) of its slab.
        for (const [m, n, k] of triples()) {
          const inside = [
            [gap.m, m],
            [gap.n, n],
            [gap.k, k],
          ].every(([within, at]) => {
            const [begin, end] = within as readonly [number, number];
            return begin <= Number(at) && Number(at) < end;
          });
          if (inside) expect(counted(passes).get(`${m},${n},${k}`)).toBe(gap.times);
        }
        expect(`${gap.m[0]},${gap.n[0]},${gap.k[0]}`).toBe(first[0]);
      }),
      { numRuns: 300 },
    );
  });

  it('marks each cell of the grid by the worst of its column of K', () => {
    fc.assert(
      fc.property(fc.array(anyPass, { maxLength: 5 }), (passes) => {
        const { grid, marks } = coverageOf(passes, SMALL);
        const counts = counted(passes);
        marks.forEach((mark, cell) => {
          const [m, n] = [grid.m[Math.floor(cell / (grid.n.length - 1))], grid.n[cell % (grid.n.length - 1)]];
          const column = Array.from({ length: SMALL.k }, (_, k) => counts.get(`${m},${n},${k}`) ?? NaN);
          const expected = column.includes(0)
            ? 'missing'
            : column.some((count) => count > 1)
              ? 'doubled'
              : mark === 'torn'
                ? 'torn'
                : 'right';
          if (mark !== 'outside') expect(mark).toBe(expected);
          else expect(passes.some((pass) => reachesOutside(pass))).toBe(true);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('sees tiles of other edges that share an output, though each product is taken once', () => {
    const pass = (n: readonly [number, number], k: readonly [number, number]): TilePass => ({
      ...{ m: [0, 5], n, k, bank: 0, start: true, stop: true },
    });
    const passes = [pass([0, 6], [0, 2]), pass([0, 3], [2, 4]), pass([3, 6], [2, 4])];
    const found = coverageOf(passes, SMALL);
    expect(found).toMatchObject({ right: false, missing: 0, doubled: 0 });
    expect(found.torn).toEqual({
      elements: 30,
      parts: [
        { m: [0, 5], n: [0, 3], passes: [0, 1], tiles: 2 },
        { m: [0, 5], n: [3, 6], passes: [0, 2], tiles: 2 },
      ],
      more: false,
    });
    expect(found.marks).toEqual(['torn', 'torn']);
  });

  it('refuses edges that cut the product into too many cells', () => {
    const passes = Array.from({ length: 600 }, (_, i): TilePass => ({
      ...{ m: [i, i + 1], n: [i, i + 1], k: [i, i + 1], bank: 0, start: true, stop: true },
    }));
    expect(() => coverageOf(passes, { ...SMALL, m: 600, n: 600, k: 600 })).toThrow(/cells, more than/);
  });
});

/** Passes of two narrow tiles in three banks, each of whose groups ends where the other tile takes its bank; then one is spoilt, or none. */
const groupedPasses: fc.Arbitrary<readonly TilePass[]> = fc
  .record({
    turns: fc.array(fc.record({ tile: fc.constantFrom(0, 3), bank: fc.integer({ min: 0, max: 2 }) }), {
      minLength: 1,
      maxLength: 8,
    }),
    spoilt: fc.integer({ min: 0, max: 12 }),
    field: fc.constantFrom('start', 'stop'),
  })
  .map(({ turns, spoilt, field }) =>
    turns.map(({ tile, bank }, index): TilePass => {
      const before = turns.slice(0, index).findLast((turn) => turn.bank === bank);
      const after = turns.slice(index + 1).find((turn) => turn.bank === bank);
      const pass: TilePass = {
        ...{ m: [0, 5], n: [tile, tile + 3], k: [0, 4], bank },
        ...{ start: before?.tile !== tile, stop: after?.tile !== tile },
      };
      return index === spoilt ? { ...pass, [field]: !pass[field] } : pass;
    }),
  );

/** Bank by bank: which tile's group is open in it. */
function groupsAreRight(passes: readonly TilePass[]): boolean {
  const open = new Map<number, number>();
  for (const { n, bank, start, stop } of passes) {
    if (start ? open.has(bank) : open.get(bank) !== n[0]) return false;
    if (stop) open.delete(bank);
    else open.set(bank, n[0]);
  }
  return open.size === 0;
}

describe('accumulation groups', () => {
  it('are right where each bank is, followed by itself', () => {
    fc.assert(
      fc.property(groupedPasses, (passes) => {
        expect(groupsOf(passes, SMALL).right).toBe(groupsAreRight(passes));
      }),
      { numRuns: 1000 },
    );
  });

  const pass = (bank: number, k: readonly [number, number], start: boolean, stop: boolean): TilePass => ({
    ...{ m: [0, 5], n: [0, 6], k, bank, start, stop },
  });

  it('of one tile may be open at once in two banks, and add in the order in which they are copied out', () => {
    const passes = [
      pass(0, [0, 1], true, false),
      pass(1, [1, 2], true, false),
      pass(1, [2, 3], false, true),
      pass(0, [3, 4], false, true),
    ];
    expect(groupsOf(passes, SMALL)).toMatchObject({ right: true, opened: 2, peak: { banks: 2, pass: 1 } });
    const [tile] = outputTiles(passes);
    const order = tile && orderOf(tile, passes, SMALL.k);
    expect(order?.map(({ k0, group }) => [k0, group])).toEqual([
      [1, 0],
      [2, 0],
      [0, 1],
      [3, 1],
    ]);
  });

  it('a pass in a bank of none of the open groups of its tile names them', () => {
    const passes = [
      pass(0, [0, 1], true, false),
      pass(3, [1, 2], false, false),
      pass(0, [2, 4], false, true),
    ];
    const { problems, found } = groupsOf(passes, SMALL);
    expect(found).toBe(1);
    expect(problems[0]).toMatchObject({
      rule: 'wrong-bank',
      pass: 1,
      text: expect.stringMatching(/in bank 3; the group that pass 0 opened is in bank 0\./) as string,
    });
  });
});

describe('loops', () => {
  it.each(Object.entries(SOUND))(
    '%s: every product once, groups right, one partition of K a tile',
    (_, nest) => {
      const passes = passesOf(nest);
      expect(coverageOf(passes, product()).right).toBe(true);
      expect(groupsOf(passes, product())).toMatchObject({ right: true, found: 0 });
      expect(limitProblems(passes, product())).toEqual([]);
      const tiles = outputTiles(passes);
      expect(tiles).toHaveLength(9);
      for (const tile of tiles) expect(orderOf(tile, passes, SHAPE.k)).toBeDefined();
    },
  );

  it.each(Object.entries(SOUND))('%s: its Program brings each product to its output once', (_, nest) => {
    const of = product();
    const program = tilingToProgram({ product: of, buffers: { a: 2, b: 3, out: 2 }, passes: passesOf(nest) });
    const cells = symbolicRun(program);
    const expected = Array.from({ length: of.m * of.n }, (_, at) => {
      const [row, column] = [Math.floor(at / of.n), at % of.n];
      return Array.from({ length: of.k }, (_, k) => `a${row * of.k + k}*b${k * of.n + column}`);
    });
    expect(cells).toEqual(expected);
  });

  it('double-row: an even extent is one pass, an odd one is plain', () => {
    const passes = expand({ tile: { m: 8, n: 16, k: 16 }, doubleRow: true }, product('trn2', 'float8_e4m3'));
    expect(passes.slice(0, 2)).toMatchObject([{ k: [0, 16], doubleRow: true }, { k: [16, 21] }]);
    expect(passes[1]?.doubleRow).toBeUndefined();
  });

  it.each([
    [{ tile: TILE, loops: [{ axis: 'm' }, { axis: 'k' }] }, /must have a loop along n/],
    [
      { tile: TILE, loops: [{ axis: 'm', step: 16 }, { axis: 'n' }, { axis: 'k' }] },
      /tiling\.loops\[0\]\.step must be tile\.m = 8/,
    ],
  ] as const)('%j is refused', (nest, message) => {
    expect(() => expand(nest, product())).toThrow(message);
  });

  it('more passes than are checked are refused before they are made', () => {
    const huge = { ...product(), m: 65536, n: 65536, k: 65536 };
    expect(() => expand({ tile: { m: 1, n: 1, k: 1 } }, huge)).toThrow(/passes, more than the 131072/);
  });
});

test('a buffer that holds the tile already is not loaded again; the one used longest ago gives way', () => {
  const passes = passesOf(SOUND['k innermost']);
  const loads = (a: number) =>
    [...scheduleOf({ passes, buffers: { a, b: 2, out: 2 } })].filter((step) => step.a.load).length;
  expect(loads(1)).toBe(27);
  expect(loads(3)).toBe(9); // three tiles of A for each row of tiles, loaded once
  expect(loads(2)).toBe(27); // used in a circle, the one needed next has always just gone
});

describe('limits of the chip', () => {
  const pass: TilePass = { m: [0, 8], n: [0, 16], k: [0, 8], bank: 0, start: true, stop: true };
  const large = { ...product(), m: 1024, n: 8192, k: 1024 };
  it.each([
    [{ m: [0, 129] }, /at most 128 rows of the output .*received 129/],
    [{ n: [0, 513] }, /at most 512 columns .* on trn2, received 513/],
    [{ k: [0, 129] }, /at most 128 indices of K .*received 129/],
    [{ k: [0, 128], doubleRow: true }, /both operands from/],
    [{ bank: 8 }, /banks 0\.\.7, received bank 8/],
  ] as const)('%j', (change, message) => {
    const [problem] = limitProblems([{ ...pass, ...change }], large);
    expect(problem?.text).toMatch(message);
  });

  it('trn3 takes 4096 columns, from bank 0 only', () => {
    const wide: TilePass = { ...pass, n: [0, 4096] };
    expect(limitProblems([wide], { ...large, chip: 'trn3' })).toEqual([]);
    expect(limitProblems([{ ...wide, bank: 1 }], { ...large, chip: 'trn3' })[0]?.text).toMatch(/bank 1/);
  });
});

/** A plan of three passes, in these groups. */
function planInGroups(...groups: readonly number[]): string {
  const plan = planMatmul({ ...SHAPE, a: 'bfloat16', b: 'bfloat16', tile: { m: 8, n: 16, k: 8 } });
  return JSON.stringify({
    ...plan,
    passes: plan.passes.map((pass, index) => ({ ...pass, group: groups[index] })),
  });
}

describe('JSON', () => {
  const wanted = SHAPE;
  const pass = { m: [0, 8], n: [0, 16], k: [0, 8], bank: 0, start: true, stop: true };
  const plan = planMatmul({ ...SHAPE, a: 'bfloat16', b: 'bfloat16' });
  it.each([
    ['{"format": ', /is no JSON: line 1, column 12: a value must come, and the text ends\./],
    ['{\n  "format": NaN}', /is no JSON: line 2, column 13: a value must come, received "NaN}"/],
    ['', /is no JSON: line 1, column 1: a value must come, and the text ends/],
    [
      JSON.stringify({ format: 'systole program', instructions: [] }),
      /format must be "systole tiling", received "systole program"\. It looks like a Program, which `systole verify`/,
    ],
    ['{"m": 1}', /format must be "systole tiling", received nothing\. A tiling is a JSON object/],
    [tilingText({ version: undefined, tile: TILE }), /tiling\.version must be 1, received nothing/],
    [tilingText({ tile: TILE, a: 'bf61' }), /tiling\.a: Unknown number format "bf61"\. Known: fp32/],
    [
      tilingText({ tile: TILE, group: 12 }),
      /tiling\.group must .* groups of 12 .* pass of k 8\.\.15\. Take a multiple of tile\.k = 8/,
    ],
    [
      tilingText({ tile: { ...TILE, k: 257 }, doubleRow: true }),
      /tile\.k must be even and at most 256 .*received 257/,
    ],
    [
      tilingText({ tile: { ...TILE, k: 7 }, doubleRow: true }),
      /tile\.k must be even and at most 256 .*received 7/,
    ],
    ['[]', /A tiling is a JSON object/],
    [JSON.stringify({ format: 'systole program' }), /tiling\.format must be "systole tiling"/],
    [tilingText({ version: 2, tile: TILE }), /tiling\.version must be 1, received 2/],
    [tilingText({}), /either "tile" .* or "passes"/],
    [
      tilingText({ tile: { m: 8, n: 0, k: 8 } }),
      /tiling\.tile\.n must be a whole number of at least 1, received 0/,
    ],
    [tilingText({ tile: TILE, loops: [] }), /tiling\.loops must be a list of at least one loop/],
    [
      tilingText({ tile: TILE, loops: [{ axis: 'q' }] }),
      /tiling\.loops\[0\]\.axis must be one of m, n, k, received "q"/,
    ],
    [tilingText({ tile: TILE, bank: 3 }), /tiling has no field "bank"/],
    [tilingText({ passes: [pass, { ...pass, m: [8, 8] }] }), /tiling\.passes\[1\]\.m must be \[begin, end\]/],
    [tilingText({ passes: [{ ...pass, stop: 'yes' }] }), /tiling\.passes\[0\]\.stop must be true or false/],
    [tilingText({ passes: [pass], group: 8 }), /tiling\.group says .* give one of the two/],
    [tilingText({ tile: TILE, chip: 'trn4' }), /tiling\.chip must be one of trn1, trn2, trn3/],
    [
      tilingText({ tile: TILE, shape: { m: 1, n: 44, k: 21 } }),
      /tiling\.shape\.m is 1, and 20 was asked for/,
    ],
    [JSON.stringify({ ...plan, k: 22 }), /plan\.k is 22, and 21 was asked for/],
    [JSON.stringify({ ...plan, tile: { m: 8 } }), /plan\.tile\.n must be/],
    [JSON.stringify({ ...plan, passes: [{ k0: -1 }] }), /plan\.passes\[0\]\.k0 must be/],
    [JSON.stringify({ ...plan, loopOrder: ['m'] }), /plan\.loopOrder must be .* write others as a tiling/],
    [JSON.stringify({ ...plan, tile: { ...plan.tile, k: 8 } }), /plan\.tile\.k must be 21, .*received 8/],
    [JSON.stringify({ ...plan, block: { ...plan.block, k: 8 } }), /plan\.block\.k must be at least 21/],
    [JSON.stringify({ ...plan, doubleRow: true }), /plan\.doubleRow must be false, whether any/],
    [planInGroups(0, 1, 0), /plan\.passes\[2\]\.group must be .*group 0 ended before pass 1, received 0/],
  ])('%s', (text, message) => {
    expect(() => readTiling(text, wanted)).toThrow(UserError);
    expect(() => readTiling(text, wanted)).toThrow(message);
  });

  it('places of mistakes are those of a parser: no prefix and no change of good JSON confuses them', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', ']', '"', '1', 'x'),
        (json, cut, put) => {
          const at = cut % (json.length + 1);
          const text = json.slice(0, at) + put + json.slice(at + 1);
          let value: unknown;
          try {
            value = JSON.parse(text);
          } catch {
            expect(() => parsedJSON(text, 'It')).toThrow(/^It is no JSON: line \d+, column \d+: /);
            return;
          }
          expect(parsedJSON(text, 'It')).toEqual(value);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('may begin with the mark of UTF-8, and name formats shortly', () => {
    const text = `\uFEFF${tilingText({ tile: TILE, a: 'fp16', b: 'fp16', out: 'bf16' })}`;
    expect(readTiling(text, wanted).product).toMatchObject({ a: 'float16', b: 'float16', out: 'bfloat16' });
  });

  it('a plan comes back from its JSON as it was', () => {
    expect(planFromJSON(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it('what the file says counts where nothing was asked for', () => {
    const text = tilingText({ tile: TILE, a: 'float16', b: 'float16', out: 'bfloat16', chip: 'trn3' });
    expect(readTiling(text, wanted).product).toMatchObject({ a: 'float16', out: 'bfloat16', chip: 'trn3' });
  });

  it('a product too large to be held is refused', () => {
    const text = tilingText({ tile: { m: 128, n: 512, k: 128 } });
    expect(() => readTiling(text, { m: 65536, n: 65536, k: 128 })).toThrow(/elements, more than/);
  });
});

test('a plan is the passes of its own Program', () => {
  const plan = planMatmul({
    ...{ m: 30, n: 50, k: 70, a: 'bfloat16', b: 'bfloat16' },
    ...{ tile: { m: 16, n: 16, k: 16 }, block: { m: 32, n: 32, k: 32 } },
  });
  const { passes, program } = readTiling(JSON.stringify(plan), { m: 30, n: 50, k: 70 });
  const matmuls = program().instructions.filter(({ opcode }) => opcode === 'nc_matmul');
  expect(matmuls).toHaveLength(passes.length);
  for (const [index, { dst, attributes }] of matmuls.entries()) {
    const pass = passes[index];
    const width = pass === undefined ? NaN : pass.n[1] - pass.n[0];
    expect(attributes).toMatchObject({ accumulate: pass?.start === false });
    expect(dst).toMatchObject({ tensor: `psum${pass?.bank ?? NaN}`, dims: [[1, width]] });
  }
});
