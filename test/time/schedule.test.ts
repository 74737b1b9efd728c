/** Scheduled Programs: sound, the same work on the same bits, loads earlier and nothing else moved, as far as memory goes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS, CHIP_NAMES, type ChipName } from '../../src/chip';
import { trace } from '../../src/kernel';
import { sizesOf, type LibraryKernel } from '../../src/kernels/entry';
import { LIBRARY, libraryEntry } from '../../src/kernels/library';
import { randomInputs } from '../../src/kernels/random';
import { planMatmul, planToProgram } from '../../src/lower';
import { codeArray, type CodeArray } from '../../src/numerics';
import { isLoop, parseProgram, printProgram, tensorBytes } from '../../src/program';
import type { Program, ProgramNode } from '../../src/program';
import { scheduleLoads } from '../../src/time/schedule';
import { trackOf } from '../../src/time/tracks';
import { verifyProgram } from '../../src/verify';
import { caseOf } from '../kernels/cases';
import { anyRecipe, drawCase, isSound } from '../fuzz/program';
import { COLUMNS, moves, programOf, ROWS } from './pressed';
import { differenceOf, trailOf } from './trails';

type Inputs = Readonly<Record<string, CodeArray>>;

const isLoad = (node: ProgramNode): boolean => !isLoop(node) && trackOf(node) === 'loads';
const idsOf = (nodes: readonly ProgramNode[]) => nodes.map(({ id }) => id);

/** Rules and instructions; a sound Program has warnings at most. */
const findingsOf = (program: Program) =>
  verifyProgram(program)
    .findings.map(({ code, instruction = '' }) => `${code} ${instruction}`)
    .sort();

/** What holds of every scheduled Program. */
function expectScheduled(program: Program, inputs: Inputs): Program {
  const scheduled = scheduleLoads(program);
  expect(scheduleLoads(program)).toEqual(scheduled);
  expect(findingsOf(scheduled)).toEqual(findingsOf(program));
  expectMoved(program, scheduled);
  expectPlaced(program, scheduled);
  const trail = trailOf(program, inputs);
  // What stops a run, a random index outside its tensor, may stop another order elsewhere.
  if (typeof trail !== 'string') expect(differenceOf(trail, trailOf(scheduled, inputs))).toBeUndefined();
  return scheduled;
}

/** Loads are where they were, or earlier; all else is in its order. */
function expectMoved({ instructions: before }: Program, { instructions: after }: Program): void {
  expect(idsOf(after).sort()).toEqual(idsOf(before).sort());
  const others = (nodes: readonly ProgramNode[]) => idsOf(nodes.filter((node) => !isLoad(node)));
  expect(others(after)).toEqual(others(before));
  let rest = 0;
  const passed = new Map(before.map((node) => [node.id, isLoad(node) ? rest : rest++]));
  rest = 0;
  for (const node of after) {
    if (isLoad(node)) expect(rest).toBeLessThanOrEqual(passed.get(node.id) ?? -1);
    else rest++;
  }
}

/** Tensors keep their partitions and shapes; those that moved start at a multiple of 64 bytes, or at a bank. */
function expectPlaced(before: Program, { tensors, chip }: Program): void {
  const old = new Map(before.tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of tensors) {
    if (tensor.space === 'hbm') expect(old.get(tensor.name)).toBe(tensor);
    else {
      const from = old.get(tensor.name) ?? old.get(tensor.name.replace(/\.\d+$/, ''));
      if (from === undefined) throw new Error(`${tensor.name} is a version of nothing`);
      const place = tensor.space === 'sbuf' ? { address: tensor.address } : { bank: tensor.bank };
      expect(tensor).toEqual({ ...from, name: tensor.name, ...place });
      if (tensor.space === 'sbuf' && from.space === 'sbuf' && tensor.address !== from.address) {
        expect(tensor.address % 64).toBe(0);
        expect(tensor.address + tensorBytes(tensor)).toBeLessThanOrEqual(CHIPS[chip].sbuf.usableBytes);
      }
    }
  }
}

function traced(entry: LibraryKernel, chip: ChipName, given: Readonly<Record<string, number>>) {
  const sizes = sizesOf(entry, given);
  const made = randomInputs(entry, sizes, entry.dtypes[0] ?? 'float32', 5);
  const { program } = trace(entry.kernel(sizes), {
    chip,
    inputs: Object.fromEntries(
      Object.entries(made).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
    ),
    locate: () => undefined,
  });
  return {
    program,
    inputs: Object.fromEntries(Object.entries(made).map(([name, { codes }]) => [name, codes])),
  };
}

describe('what is scheduled leaves the same', () => {
  const kernels = LIBRARY.flatMap((entry) =>
    caseOf(entry.name)
      .sizes.slice(0, 2)
      .flatMap((sizes, index) =>
        // The ragged sizes on one chip, since an order of a Program is none of the chip's.
        entry.chips.slice(index === 0 ? 0 : -1).map((chip) => ({ name: entry.name, chip, sizes, entry })),
      ),
  );

  test.each(kernels)('$name on $chip of $sizes', ({ entry, chip, sizes }) => {
    const { program, inputs } = traced(entry, chip, sizes);
    expectScheduled(program, inputs);
  });

  const extent = fc.integer({ min: 1, max: 300 });
  const buffers = fc.constantFrom(1, 2);

  test('plans of one buffer and of more', () => {
    fc.assert(
      fc.property(
        fc.record({
          chip: fc.constantFrom(...CHIP_NAMES),
          m: extent,
          n: fc.integer({ min: 1, max: 1100 }),
          k: extent,
          block: fc.constantFrom({ m: 128, n: 512 }, { m: 256, n: 512 }, { m: 128, n: 1024 }),
          accumulate: fc.boolean(),
          doubleRow: fc.boolean(),
        }),
        fc.record({ a: buffers, b: buffers, out: buffers }),
        ({ doubleRow, ...request }, counts) => {
          const both = doubleRow && request.chip !== 'trn1' && request.k % 2 === 0;
          const dtype = both ? 'float8_e4m3' : 'bfloat16';
          const plan = planMatmul({ ...request, doubleRow: both, a: dtype, b: dtype, out: 'bfloat16' });
          const program = planToProgram({ ...plan, buffers: counts });
          const { m, n, k } = plan;
          const inputs: Record<string, CodeArray> = { a: codesOf(dtype, m * k), b: codesOf(dtype, k * n) };
          if (plan.accumulate) inputs.c = codesOf('bfloat16', m * n);
          expectScheduled(program, inputs);
        },
      ),
      { numRuns: 15, seed: 3 },
    );
  });

  test('kernels whose tiles hardly fit', () => {
    const x = codesOf('float32', ROWS * COLUMNS);
    fc.assert(
      fc.property(fc.constantFrom(...CHIP_NAMES), moves, (chip, list) => {
        const program = programOf(chip, list);
        fc.pre(program !== undefined);
        expect(verifyProgram(program).sound).toBe(true);
        expectScheduled(program, { x });
      }),
      { numRuns: 30, seed: 17 },
    );
  });

  test.each(CHIP_NAMES)('random Programs for %s', (chip) => {
    const cases = fc.sample(anyRecipe(chip), { numRuns: 150, seed: 11 }).map(drawCase);
    for (const each of cases) if (isSound(each)) expectScheduled(each.program, each.inputs);
  });
});

/** The code of a number near 1. */
const ONES = { float32: 0x3f800000, bfloat16: 0x3f80, float8_e4m3: 0x30 } as const;

/** Codes of small numbers, of which no two in a row are the same. */
function codesOf(dtype: keyof typeof ONES, count: number): CodeArray {
  const codes = codeArray(dtype, count);
  for (let at = 0; at < count; at++) codes[at] = ONES[dtype] + (at % 7);
  return codes;
}

/** SBUF of 229,376 bytes, so that the number of tiles that fit is small. */
const HEAD = `program trn2
hbm x float32 [64, 256, 1024] input
hbm y float32 [64, 256, 1024] output
hbm z float32 [256, 1024] scratch
hbm n int32 [1] input
`;
const tile = (name: string, kib: number, address: number) =>
  `sbuf ${name} float32 partitions 0:128 elements ${kib * 256} address ${address}\n`;
const load = (id: string, name: string, of: string, more = '') =>
  `${id} dma dma_copy ${name} p0:128 [1,256] = src ${of} [1024,128][1,256]${more}\n`;
const store = (id: string, to: string, name: string) =>
  `${id} dma dma_copy ${to} [1024,128][1,256] = src ${name} p0:128 [1,256]\n`;
const copy = (id: string, to: string, from: string) =>
  `${id} vector tensor_copy ${to} p0:128 [1,256] = src ${from} p0:128 [1,256]\n`;

/** The order and the places of what is scheduled. */
function scheduledText(text: string): {
  readonly ids: string;
  readonly places: Readonly<Record<string, number>>;
} {
  const program = scheduleLoads(parseProgram(HEAD + text));
  return {
    ids: idsOf(program.instructions).join(' '),
    places: Object.fromEntries(
      program.tensors.flatMap((tensor) =>
        tensor.space === 'hbm' ? [] : [[tensor.name, tensor.space === 'sbuf' ? tensor.address : tensor.bank]],
      ),
    ),
  };
}

/** Turns that load into `t`, copy it to `u` and store that. */
const turns = (count: number) =>
  Array.from(
    { length: count },
    (_, turn) =>
      load(`l${turn}`, 't', `x +${turn}`) + copy(`c${turn}`, 'u', 't') + store(`s${turn}`, `y +${turn}`, 'u'),
  ).join('');

describe('places', () => {
  test('tiles of a kernel rotate, and its loads run ahead', async () => {
    const { program } = traced(libraryEntry('matmul_tiled'), 'trn1', { m: 128, n: 1024, k: 256 });
    // As first fit would have it: each kind of tile always at one place.
    const addresses = new Map<string, number>();
    const tensors = program.tensors.map((tensor) => {
      if (tensor.space !== 'sbuf') return tensor.space === 'psum' ? { ...tensor, bank: 0 } : tensor;
      const kind = `${tensor.dtype} ${tensor.elements}`;
      const address = addresses.get(kind) ?? 2048 * addresses.size;
      addresses.set(kind, address);
      return { ...tensor, address };
    });
    const packed = { ...program, tensors };
    expect(verifyProgram(packed).sound).toBe(true);
    await expect(printProgram(scheduleLoads(packed))).toMatchFileSnapshot(
      '../golden/schedule-matmul-tiled.txt',
    );
  });

  test('a plan of one buffer gets as many as fit', async () => {
    const plan = planMatmul({
      ...{ chip: 'trn2', m: 256, n: 512, k: 256, a: 'bfloat16', b: 'bfloat16', out: 'bfloat16' },
      block: { m: 128, n: 512 },
    });
    const program = planToProgram({ ...plan, buffers: { a: 1, b: 1, out: 1 } });
    await expect(printProgram(scheduleLoads(program))).toMatchFileSnapshot('../golden/schedule-plan.txt');
  });

  test('memory bounds how far loads run ahead', () => {
    // Of 224 KiB two turns take 192: the third waits for the tile of the first.
    const { ids, places } = scheduledText(tile('t', 64, 0) + tile('u', 32, 65536) + turns(4));
    expect(ids).toBe('l0 l1 c0 l2 s0 c1 l3 s1 c2 s2 c3 s3');
    expect(places).toEqual({ t: 0, 't.1': 98304, u: 65536, 'u.1': 163840 });
  });

  test('where there is no room for more the Program stays', () => {
    const pairs = Array.from(
      { length: 4 },
      (_, turn) => load(`l${turn}`, 't', `x +${turn}`) + store(`s${turn}`, `y +${turn}`, 't'),
    );
    const program = parseProgram(HEAD + tile('t', 150, 0) + pairs.join(''));
    expect(scheduleLoads(program)).toBe(program);
  });

  test('what is used for long does not cut the memory in pieces', () => {
    // Beside w there is room for three turns in one piece, and for two behind it where its turn to be placed is.
    const text =
      tile('s', 20, 0) +
      tile('w', 74, 20480) +
      tile('t', 40, 96256) +
      tile('u', 10, 137216) +
      load('ls', 's', 'x') +
      store('ss', 'z', 's') +
      load('lw', 'w', 'x') +
      turns(9) +
      store('sw', 'y', 'w');
    const { places } = scheduledText(text);
    expect(places).toMatchObject({ w: 0, t: 75776, 't.1': 126976, 't.2': 178176 });
  });
});

describe('order', () => {
  const tiles = tile('t', 1, 0) + tile('u', 1, 1024) + tile('v', 1, 2048);
  const idsOfText = (text: string) => scheduledText(tiles + text).ids;

  test('a load comes behind what wrote its source', () => {
    const text =
      load('a', 't', 'x') +
      store('b', 'z', 't') +
      copy('c', 'u', 't') +
      load('d', 'v', 'z') +
      store('e', 'y', 'v');
    expect(idsOfText(text)).toBe('a b d c e');
  });

  test('of loads that could come at once the one that is needed first comes first', () => {
    const text = load('a', 't', 'x') + load('b', 'u', 'x') + store('c', 'y', 'u') + store('d', 'z', 't');
    expect(idsOfText(text)).toBe('b a c d');
  });

  test('a load that waits for data lets those pass that are needed sooner, and no others', () => {
    const moved = 'm dma dma_copy v p0:128 [1,256] = src u p0:128 [1,256]\n';
    const text = load('a', 't', 'x') + copy('b', 'u', 't') + moved + load('c', 't', 'x');
    const [early, late] = [store('d', 'z', 't'), store('e', 'y', 'v')];
    expect(idsOfText(text + early + late)).toBe('a c b m d e');
    expect(idsOfText(text + late + early)).toBe('a b m c e d');
  });

  test('what another load waits for is as urgent as that one', () => {
    const moved = 'm dma dma_copy v p0:128 [1,256] = src u p0:128 [1,256]\n';
    const text =
      load('a', 't', 'x') +
      load('b', 'u', 'x') +
      moved +
      store('c', 'y', 'v') +
      store('d', 'z', 't') +
      store('e', 'y +1', 'u');
    expect(idsOfText(text)).toBe('b m a c d e');
    const edge =
      load('a', 't', 'x') + load('b', 'u', 'x', '; after a') + store('c', 'y', 'u') + store('d', 'z', 't');
    expect(idsOfText(edge)).toBe('a b c d');
  });

  test('edges are kept', () => {
    const text = load('a', 't', 'x') + copy('b', 'u', 't') + store('c', 'y', 'u');
    expect(idsOfText(`${text}${load('d', 'v', 'x')}${store('e', 'z', 'v')}`)).toBe('a d b c e');
    expect(idsOfText(`${text}${load('d', 'v', 'x', '; after b')}${store('e', 'z', 'v')}`)).toBe('a b d c e');
  });

  test('a load comes behind the registers that it needs', () => {
    const set = 'r sync register_move = register i, value 3\n';
    const late = 'd dma dma_copy v p0:128 [1,256] = src x +$i*1 [1024,128][1,256]\n';
    const text =
      load('a', 't', 'x') +
      store('b', 'y', 't') +
      set +
      copy('c', 'u', 't') +
      store('e', 'z', 'u') +
      late +
      store('f', 'y +1', 'v');
    expect(idsOfText(text)).toBe('a b r d c e f');
  });

  test('nothing is moved into or out of a loop, nor past one that it depends on', () => {
    const loop = `l fori $i = 0 to 2 step 1 {\n${load('a', 't', 'x')}${store('b', 'z', 't')}}\n`;
    const text = `${loop}${load('c', 'u', 'z')}${store('d', 'y', 'u')}${load('e', 'v', 'x')}${store('f', 'y +1', 'v')}`;
    expect(idsOfText(text)).toBe('l c e d f');
    const sooner = text.replace(/d dma.*\n/, '') + store('d', 'y', 'u');
    expect(idsOfText(sooner)).toBe('e l c f d');
  });
});

describe('aliases', () => {
  test('what shares bytes while both are in use stays where it is, and others keep away', () => {
    const text = `${tile('t', 64, 32)}${tile('u', 32, 1056)}${tile('v', 1, 131072)}
${load('a', 't', 'x')}${load('b', 'u', 'x')}${copy('c', 'v', 'u')}${store('d', 'y', 'v')}${store('e', 'y +1', 't')}`;
    // Not sound: t is read after it was overwritten through u.
    expect(scheduledText(text)).toEqual({ ids: 'a b c d e', places: { t: 32, u: 1056, v: 131072 } });
  });

  test('what is read and was never written came through another tensor', () => {
    const text = `${tile('t', 1, 0)}${tile('u', 1, 0)}
${load('a', 't', 'x')}${store('b', 'y', 'u')}${load('c', 't', 'x +1')}${store('d', 'y +1', 't')}`;
    expect(scheduledText(text).places).toMatchObject({ t: 0, u: 0 });
    expect(scheduledText(text).ids).toBe('a b c d');
  });
});

describe('the checks of these tests', () => {
  const program = parseProgram(
    HEAD +
      tile('t', 1, 0) +
      tile('u', 1, 1024) +
      load('a', 't', 'x') +
      store('b', 'z', 't') +
      load('c', 'u', 'z +1'),
  );

  test('notice a load that comes too early', () => {
    const inputs = { x: codeArray('float32', 64 * 256 * 1024), n: codeArray('int32', 1) };
    expect(trailOf(program, inputs)).toMatch(/never written|unwritten|not written/);
  });
});
