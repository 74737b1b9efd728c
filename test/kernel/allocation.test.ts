import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import type { ChipView, Nc } from '../../src/kernel';
import { SBUF_ALIGN, tensorBytes } from '../../src/program';
import type { Instruction, Program, ProgramNode, PsumTensor, SbufTensor } from '../../src/program';
import { readsOf, writesOf } from '../../src/program';
import { refusalOf, traced } from './tracing';

const BANK = 2048;

interface Life {
  readonly tensor: SbufTensor | PsumTensor;
  /** First and last instruction that uses it, where any does. */
  first: number;
  last: number;
}

/**
 * The oracle: from which instruction to which each on-chip tensor is used, counted over the text. A loop runs its body an
 * unknown number of times: what it uses is used from its first instruction to its last.
 */
function livesOf({ tensors, instructions }: Program): readonly Life[] {
  const lives = new Map<string, Life>();
  for (const tensor of tensors) {
    if (tensor.space !== 'hbm') lives.set(tensor.name, { tensor, first: Infinity, last: -Infinity });
  }
  let now = 0;
  const use = (instruction: Instruction, first: number, last: number) => {
    for (const { pattern } of [...writesOf(instruction), ...readsOf(instruction)]) {
      const life = lives.get(pattern.tensor);
      if (life === undefined) continue;
      life.first = Math.min(life.first, first);
      life.last = Math.max(life.last, last);
    }
  };
  const flat = (node: ProgramNode): readonly Instruction[] =>
    'loop' in node ? node.body.flatMap(flat) : [node];
  for (const node of instructions) {
    const body = flat(node);
    for (const instruction of body) use(instruction, now, now + body.length - 1);
    now += body.length;
  }
  return [...lives.values()].filter(({ last }) => last >= 0);
}

const startOf = (tensor: SbufTensor | PsumTensor) =>
  tensor.space === 'sbuf' ? tensor.address : tensor.bank * BANK;

/** Bytes of each partition that a tensor takes for itself: whole banks in PSUM. */
const takenBy = (tensor: SbufTensor | PsumTensor) =>
  tensor.space === 'sbuf' ? tensorBytes(tensor) : Math.ceil(tensorBytes(tensor) / BANK) * BANK;

const overlap = (a: number, aSize: number, b: number, bSize: number) => a < b + bSize && b < a + aSize;

function shareBytes(a: SbufTensor | PsumTensor, b: SbufTensor | PsumTensor): boolean {
  return (
    a.space === b.space &&
    overlap(a.partition, a.partitions, b.partition, b.partitions) &&
    overlap(startOf(a), takenBy(a), startOf(b), takenBy(b))
  );
}

/** Pairs used at the same time in the same bytes. */
function clashesOf(lives: readonly Life[]): string[] {
  return lives.flatMap((one, index) =>
    lives
      .slice(index + 1)
      .filter((other) => one.first <= other.last && other.first <= one.last)
      .filter((other) => shareBytes(one.tensor, other.tensor))
      .map((other) => `${one.tensor.name} and ${other.tensor.name}`),
  );
}

const use = (nc: Nc, tensor: ChipView) => {
  nc.memset(tensor, { value: 0, engine: 'vector' });
};

const startPartition = fc.constantFrom([0, 128], [0, 32], [32, 32], [64, 64], [96, 20] as const);
const block = fc.record({
  space: fc.constantFrom('sbuf', 'psum' as const),
  place: startPartition,
  elements: fc.integer({ min: 1, max: 3000 }),
  /** Where it stays, for some of them: a byte or a bank. */
  given: fc.option(fc.nat(400), { freq: 4 }),
});
/** What a kernel does next: makes a tensor, or uses one that it has, in a loop or straight. */
const act = fc.oneof(
  { weight: 2, arbitrary: block.map((made) => ({ made })) },
  { weight: 3, arbitrary: fc.record({ used: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ loop: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }) }) },
);

test('tensors used at the same time share no bytes, unless both addresses are given; given addresses stay', () => {
  let clear = 0;
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const given = new Map<string, number>();
      let program: Program;
      try {
        ({ program } = traced((nc) => {
          const made: ChipView[] = [];
          const at = (index: number) => {
            const tensor = made[index % made.length];
            if (tensor !== undefined) use(nc, tensor);
          };
          for (const next of acts) {
            if ('made' in next) {
              const { space, place, elements, given: where } = next.made;
              const [partition = 0, partitions = 0] = place;
              const size = space === 'sbuf' ? elements : Math.min(elements, 1024);
              const bank = where === null ? undefined : where % 6;
              const options = { partition, ...(where !== null && (space === 'sbuf' ? { address: where } : { bank })) }; // prettier-ignore
              const tensor = nc[space]([partitions, size], 'float32', options);
              if (where !== null)
                given.set(tensor.tensor.name, space === 'sbuf' ? where : (where % 6) * BANK);
              made.push(tensor);
            } else if ('used' in next) at(next.used);
            else {
              nc.fori_loop(0, 2, () => {
                next.loop.forEach(at);
              });
            }
          }
        }));
      } catch (error) {
        expect((error as Error).message).toMatch(/(SBUF of trn2|PSUM) is full/);
        return;
      }
      clear++;
      const lives = livesOf(program);
      const clashes = clashesOf(lives).filter(
        (pair) => !pair.split(' and ').every((name) => given.has(name)),
      );
      expect(clashes).toEqual([]);
      for (const { tensor } of lives) {
        const start = startOf(tensor);
        const bytes = tensor.space === 'sbuf' ? CHIPS.trn2.sbuf.usableBytes : 8 * BANK;
        expect(start + takenBy(tensor)).toBeLessThanOrEqual(bytes);
        const wanted = given.get(tensor.name);
        if (wanted === undefined) expect(start % (tensor.space === 'sbuf' ? SBUF_ALIGN : BANK)).toBe(0);
        else expect(start).toBe(wanted);
      }
    }),
    { numRuns: 500 },
  );
  expect(clear).toBeGreaterThan(100);
});

/** Addresses or banks of the on-chip tensors, in the order in which they were made. */
const startsOf = ({ tensors }: Program) =>
  tensors.flatMap((tensor) =>
    tensor.space === 'hbm' ? [] : [tensor.space === 'sbuf' ? tensor.address : tensor.bank],
  );

test('what a loop of the kernel makes alternates between buffers and banks', () => {
  const { program } = traced((nc) => {
    for (let index = 0; index < 10; index++) {
      const sum = nc.psum([128, 512], 'float32', { name: 'sum' });
      use(nc, sum);
    }
  });
  expect(startsOf(program)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 0, 1]);
  const quarter = CHIPS.trn2.sbuf.usableBytes / 4;
  const tiles = traced((nc) => {
    for (let index = 0; index < 6; index++) use(nc, nc.sbuf([128, quarter], 'uint8'));
  });
  expect(startsOf(tiles.program)).toEqual([0, quarter, 2 * quarter, 3 * quarter, 0, quarter]);
});

test('where alternating leaves gaps that are too small, the lowest places are taken', () => {
  const half = CHIPS.trn2.sbuf.usableBytes / 2;
  const { program } = traced((nc) => {
    use(nc, nc.sbuf([128, SBUF_ALIGN], 'uint8')); // dead before the next, which in turn would begin behind it
    const left = nc.sbuf([128, half / 4], 'float32');
    use(nc, left);
    const right = nc.sbuf([128, half / 4], 'float32');
    nc.tensor_copy(right, { src: left });
  });
  expect(startsOf(program)).toEqual([0, 0, half]);
});

test('a tensor that a register loop uses lives through all of it', () => {
  const { program } = traced((nc) => {
    const before = nc.sbuf([128, 16], 'float32');
    use(nc, before);
    nc.fori_loop(0, 4, () => {
      const early = nc.sbuf([128, 16], 'float32');
      nc.tensor_copy(early, { src: before });
      nc.fori_loop(0, 4, () => {
        const late = nc.sbuf([128, 16], 'float32');
        use(nc, late);
      });
    });
    use(nc, nc.sbuf([128, 16], 'float32'));
  });
  // One after the other in the text, yet none of the three may lie in another's place.
  const [before, early, late] = startsOf(program);
  expect(new Set([before, early, late]).size).toBe(3);
});

test('a given address keeps others away from when it begins to live, at the same instruction too', () => {
  const { program } = traced((nc) => {
    const free = nc.sbuf([128, 16], 'float32');
    const fixed = nc.sbuf([128, 16], 'float32', { address: 0 });
    nc.iota(fixed.view('int32'), { pattern: [[1, 16]] });
    nc.tensor_copy(free, { src: fixed });
  });
  expect(startsOf(program)).toEqual([64, 0]);
  const together = traced((nc) => {
    const free = nc.sbuf([128, 1], 'float32');
    const fixed = nc.sbuf([128, 16], 'float32', { address: 10 });
    nc.activation_reduce(fixed, { op: 'exp', data: fixed, reduce_op: 'add', reduce_res: free });
  });
  expect(startsOf(together.program)).toEqual([128, 10]); // the first multiple of 64 past byte 10 + 64
});

test('partitions that do not meet share addresses, and what nothing uses lives where it is made', () => {
  const words = CHIPS.trn2.sbuf.usableBytes / 4;
  const { program } = traced((nc) => {
    const low = nc.sbuf([64, words], 'float32');
    const high = nc.sbuf([64, words], 'float32', { partition: 64 });
    nc.tensor_copy(high, { src: low });
    nc.sbuf([128, words], 'float32');
    nc.register(); // an instruction, at which it lives
    use(nc, nc.sbuf([128, 1], 'float32'));
  });
  expect(startsOf(program)).toEqual([0, 0, 0, 0]);
});

test('20,000 tensors are placed', () => {
  const { program } = traced((nc) => {
    for (let index = 0; index < 20_000; index++) use(nc, nc.sbuf([128, 512], 'float32', { name: 'tile' }));
  });
  expect(program.tensors).toHaveLength(20_000);
  expect(program.tensors.at(-1)?.name).toBe('tile.19999');
});

describe('refused', () => {
  test('SBUF is full: the largest tensors that live then, largest first, five at most, and where each was made', () => {
    const error = refusalOf(
      (nc) => {
        const made = [10_000, 20_000, 30_000, 40_000, 5000, 65_000].map((bytes) => nc.sbuf([128, bytes], 'uint8', { name: `t${bytes}` })); // prettier-ignore
        const dead = nc.sbuf([128, 1000], 'uint8', { name: 'dead' });
        use(nc, dead);
        for (const one of made) use(nc, one);
        const more = nc.sbuf([128, 60_000], 'uint8', { name: 'more' });
        nc.memset(more.reshape(128, 2, 30_000), { value: 0 });
        for (const one of made) use(nc, one);
      },
      { locate: (location) => location.replace(/.*:(\d+):\d+$/, 'here') },
    );
    const usable = CHIPS.trn2.sbuf.usableBytes;
    expect(error.rule).toBe(
      `SBUF of trn2 is full: "more" takes 60032 bytes of each partition, and of ${usable} no 60032 in a row are free. The largest that live then: "t65000" 65024 (here), "t40000" 40000 (here), "t30000" 30016 (here), "t20000" 20032 (here), "t10000" 10048 (here). Use smaller tiles, or end the use of a tensor before this one begins.`,
    );
    expect(error).toMatchObject({ kernel: 'k', call: 'sbuf', at: 'here' });
    expect(error.message).toMatch(/^Kernel "k", sbuf at here: SBUF of trn2 is full/);
  });

  test('PSUM is full: by banks', () => {
    const error = refusalOf((nc) => {
      const made = Array.from({ length: 9 }, (_, index) => nc.psum([128, 1], 'float32', { name: `p${index}` }));
      for (const one of made) use(nc, one);
      for (const one of made) use(nc, one);
    }, { locate: () => 'here' }); // prettier-ignore
    expect(error.rule).toBe(
      'PSUM is full: "p8" takes 2048 bytes of each partition, and of 16384 no 2048 in a row are free. The largest that live then: "p0" 2048 (here), "p1" 2048 (here), "p2" 2048 (here), "p3" 2048 (here), "p4" 2048 (here). Use smaller tiles, or end the use of a tensor before this one begins.',
    );
    expect(error).toMatchObject({ call: 'psum', at: 'here' });
  });

  const usable = CHIPS.trn2.sbuf.usableBytes;
  test.each<[string, string, (nc: Nc) => unknown]>([
    [
      'sbuf',
      `a partition of SBUF on trn2 has ${usable} usable bytes, received ${usable + 1}.`,
      (nc) => nc.sbuf([1, usable + 1], 'uint8'),
    ],
    [
      'sbuf',
      `address must be a whole number of 0..${usable - 16}, received ${usable - 15}.`,
      (nc) => nc.sbuf([1, 16], 'uint8', { address: usable - 15 }),
    ],
    [
      'sbuf',
      'partition must be a whole number of 0..127, received 128.',
      (nc) => nc.sbuf([1, 16], 'uint8', { partition: 128 }),
    ],
    [
      'sbuf',
      'partitions, dimension 0 of shape, must be a whole number of 1..64, received 65.',
      (nc) => nc.sbuf([65, 16], 'uint8', { partition: 64 }),
    ],
    [
      'sbuf',
      'shape must be at least 2 whole numbers of at least 1, received [128].',
      (nc) => nc.sbuf([128], 'uint8'),
    ],
    [
      'sbuf',
      'shape must be at least 2 whole numbers of at least 1, received [128, 0].',
      (nc) => nc.sbuf([128, 0], 'uint8'),
    ],
    [
      'sbuf',
      'shape must be at least 2 whole numbers of at least 1, received 128.',
      (nc) => nc.sbuf(128 as unknown as number[], 'uint8'),
    ],
    ['psum', 'a partition of PSUM has 16384 bytes, received 16388.', (nc) => nc.psum([1, 4097], 'float32')],
    [
      'psum',
      'bank must be a whole number of 0..6, received 7.',
      (nc) => nc.psum([1, 513], 'float32', { bank: 7 }),
    ],
    [
      'hbm',
      'shape must be at least 1 whole numbers of at least 1, received [].',
      (nc) => nc.hbm('h', [], 'uint8'),
    ],
    [
      'scratch',
      'two HBM tensors are named "h": names must differ.',
      (nc) => [nc.hbm('h', [1], 'uint8'), nc.scratch('h', [1], 'uint8')],
    ],
  ])('%s: %s', (call, rule, body) => {
    expect(refusalOf(body)).toMatchObject({ call, rule });
  });

  test('a name of a tensor, and a format, that is none', () => {
    expect(refusalOf((nc) => nc.sbuf([1, 1], 'uint8', { name: 'a b' })).rule).toMatch(
      /^The name of a tensor must be /,
    );
    expect(refusalOf((nc) => nc.hbm('sbuf', [1], 'uint8')).rule).toMatch(
      /^The name of an HBM tensor must be /,
    );
    expect(refusalOf((nc) => nc.psum([1, 1], 'flaot32' as 'float32')).rule).toMatch(
      /^Unknown number format "flaot32"\. Did you mean fp32\?|float32/,
    );
  });
});
