/** Runs that stop on the way: loops, registers, the budget, and what the memories show. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runProgram, startProgram } from '../../src/execute/reference';
import { UserError } from '../../src/numerics';
import { parseProgram } from '../../src/program';
import type {
  ForLoop,
  HbmTensor,
  Instruction,
  Pattern,
  Program,
  ProgramNode,
  PsumTensor,
  RegisterTerm,
  SbufTensor,
  Scalar,
  WhileLoop,
} from '../../src/program';
import { runs } from './runs';

const N = 12;
const IN: HbmTensor = { space: 'hbm', name: 'in', dtype: 'int32', shape: [N], role: 'input' };
const OUT: HbmTensor = { space: 'hbm', name: 'out', dtype: 'int32', shape: [N], role: 'output' };
const SPARE: HbmTensor = { space: 'hbm', name: 'spare', dtype: 'int32', shape: [2, 3], role: 'scratch' };
const TILE: SbufTensor = {
  space: 'sbuf',
  name: 'tile',
  dtype: 'int32',
  partition: 0,
  partitions: 1,
  elements: N,
  address: 0,
};
const SUMS: PsumTensor = {
  space: 'psum',
  name: 'sums',
  dtype: 'float32',
  partition: 32,
  partitions: 2,
  elements: 3,
  bank: 2,
};

const at = (
  tensor: HbmTensor | SbufTensor,
  offset: number,
  count = 1,
  registers?: RegisterTerm[],
): Pattern => {
  const access = {
    tensor: tensor.name,
    dtype: tensor.dtype,
    offset,
    dims: [[1, count]] as const,
    ...(registers && { registers }),
  };
  return tensor.space === 'hbm'
    ? { space: 'hbm', ...access }
    : { space: 'sbuf', ...access, partition: 0, partitions: 1 };
};

const copy = (id: string, dst: Pattern, src: Pattern, where?: string): Instruction => ({
  opcode: 'dma_copy',
  id,
  engine: 'sync',
  ...(where !== undefined && { at: where }),
  dst,
  sources: { src },
  attributes: {},
});
const move = (id: string, register: string, value: number): Instruction => ({
  opcode: 'register_move',
  id,
  engine: 'sync',
  dst: undefined,
  sources: {},
  attributes: { register, value },
});
const load = (id: string, register: string, src: Pattern): Instruction => ({
  opcode: 'register_load',
  id,
  engine: 'sync',
  dst: undefined,
  sources: { src },
  attributes: { register },
});
const fori = (
  id: string,
  register: string,
  [lower, upper, step]: [Scalar, Scalar, number],
  body: ProgramNode[],
) => ({ loop: 'fori', id, register, lower, upper, step, body }) satisfies ForLoop;
const during = (id: string, register: string, body: ProgramNode[]) =>
  ({ loop: 'while', id, register, body }) satisfies WhileLoop;

const programOf = (...instructions: ProgramNode[]): Program => ({
  chip: 'trn2',
  tensors: [IN, OUT, SPARE, TILE, SUMS],
  instructions,
});
const given = { in: Uint32Array.from({ length: N }, (_, index) => 100 + index) };
const start = (...nodes: ProgramNode[]) => startProgram(programOf(...nodes), given);
const ids = (run: ReturnType<typeof startProgram>) => {
  const seen: string[] = [];
  while (run.position !== undefined) {
    seen.push(run.position.node.id);
    run.step();
  }
  return seen;
};

const whole = [copy('load', at(TILE, 0, N), at(IN, 0, N)), copy('store', at(OUT, 0, N), at(TILE, 0, N))];

describe('loops', () => {
  test('a fori loop puts lower, lower + step, ... below upper into its register', () => {
    const run = start(fori('f', 'i', [3, 10, 3], [copy('c', at(TILE, 0, 1, [['i', 1]]), at(IN, 1))]));
    expect(ids(run)).toEqual(['f', 'c', 'f', 'c', 'f', 'c', 'f']);
    expect([...run.read('tile').values]).toEqual(
      [3, 6, 9].reduce((tile, index) => tile.with(index, 101), new Array<number>(N).fill(NaN)),
    );
    expect(run.register('i')).toBe(9);
  });

  test('bounds from registers are read once; the body cannot change the count, nor a loop of no turns its register', () => {
    const run = start(
      move('from', 'a', 1),
      move('to', 'b', 3),
      fori(
        'f',
        'i',
        [{ register: 'a' }, { register: 'b' }, 1],
        [move('more', 'b', 100), move('back', 'i', 0)],
      ),
      fori('none', 'j', [2, 2, 1], [move('never', 'k', 1)]),
    );
    expect(ids(run)).toEqual(['from', 'to', 'f', 'more', 'back', 'f', 'more', 'back', 'f', 'none']);
    expect(run.register('j')).toBeUndefined();
    expect(run.register('k')).toBeUndefined();
  });

  test('a while loop tests its register before each turn', () => {
    // in[0..2] are not zero, then a zero is read.
    const inputs = { in: given.in.with(3, 0) };
    const body = [
      load('next', 'n', at(IN, 0, 1, [['i', 1]])),
      fori('count', 'i', [{ register: 'i' }, 4, 4], []),
    ];
    const run = startProgram(
      programOf(
        move('zero', 'i', 2),
        move('one', 'n', 1),
        during('w', 'n', [...body, fori('up', 'i', [3, 4, 1], [])]),
        during('not', 'n', [move('never', 'k', 1)]),
      ),
      inputs,
    ).runToEnd();
    expect(run.register('n')).toBe(0);
    expect(run.register('k')).toBeUndefined();
  });

  test('nested loops end together', () => {
    const inner = fori(
      'inner',
      'j',
      [0, 2, 1],
      [
        copy(
          'c',
          at(TILE, 0, 1, [
            ['i', 2],
            ['j', 1],
          ]),
          at(IN, 0, 1, [['j', 1]]),
        ),
      ],
    );
    const run = start(fori('outer', 'i', [0, 2, 1], [inner]), move('last', 'k', 7)).runToEnd();
    expect([...run.read('tile').values].slice(0, 5)).toEqual([100, 101, 100, 101, NaN]);
    expect(run.register('k')).toBe(7);
  });

  test('equal their unrolled instructions', () => {
    type Node = { copy: readonly [number, number, number] } | { times: number; body: readonly Node[] };
    const { node } = fc.letrec<{ node: Node }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.record({ copy: fc.tuple(fc.nat(2), fc.nat(1), fc.nat(N - 1)) }),
        fc.record({ times: fc.nat(3), body: fc.array(tie('node'), { maxLength: 3 }) }),
      ),
    }));
    const depth = (nodes: readonly Node[]): number =>
      Math.max(0, ...nodes.map((each) => ('body' in each ? 1 + depth(each.body) : 0)));
    // dst is moved by the innermost register's value x stride; offsets stay inside whatever the registers hold.
    const looped = (nodes: readonly Node[], level: number, path: string): ProgramNode[] =>
      nodes.map((each, index) => {
        const id = `${path}.${index}`;
        if ('body' in each)
          return fori(id, `r${level}`, [0, each.times, 1], looped(each.body, level + 1, id));
        const [stride, offset, from] = each.copy;
        const registers: RegisterTerm[] = level > 0 ? [[`r${level - 1}`, stride]] : [];
        return copy(id, at(OUT, offset, 1, registers), at(IN, from));
      });
    const unrolled = (nodes: readonly Node[], value: number): Instruction[] =>
      nodes.flatMap((each) => {
        if ('body' in each) {
          return Array.from({ length: each.times }, (_, turn) => unrolled(each.body, turn)).flat();
        }
        const [stride, offset, from] = each.copy;
        return copy('x', at(OUT, offset + value * stride), at(IN, from));
      });
    fc.assert(
      fc.property(fc.array(node, { maxLength: 4 }), (nodes) => {
        fc.pre(depth(nodes) < 6);
        const clear = copy('clear', at(OUT, 0, N), at(IN, 0, N));
        const flat = unrolled(nodes, 0).map((each, index): Instruction => ({ ...each, id: `u${index}` }));
        expect(runProgram(programOf(clear, ...looped(nodes, 0, 'n')), given)).toEqual(
          runProgram(programOf(clear, ...flat), given),
        );
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('stepping', () => {
  const program = programOf(
    ...whole,
    fori(
      'f',
      'i',
      [0, 3, 1],
      [
        fori(
          'g',
          'j',
          [0, 2, 1],
          [
            copy(
              'inner',
              at(OUT, 0, 1, [
                ['i', 3],
                ['j', 1],
              ]),
              at(IN, 0),
            ),
          ],
        ),
        move('after', 'k', 5),
      ],
    ),
  );

  test('to the end, by whatever stops, is to run', () => {
    const outputs = runProgram(program, given);
    const steps = startProgram(program, given);
    let count = 0;
    while (steps.step()) count++;
    expect(steps.outputs()).toEqual(outputs);
    expect(steps.step()).toBe(false);
    expect(steps.position).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.nat(count), { maxLength: 5 }), (stops) => {
        const run = startProgram(program, given);
        for (const stop of stops.sort((a, b) => a - b)) {
          run.runTo(stop);
          expect(run.position?.steps ?? count).toBe(stop);
        }
        expect(run.runToEnd().outputs()).toEqual(outputs);
      }),
      { numRuns: runs(50) },
    );
  });

  test('stops before the time of an instruction that is asked for, and says where it stands', () => {
    const run = startProgram(program, given).runTo('inner', 4);
    expect(run.position?.node.id).toBe('inner');
    expect(run.position?.loops).toEqual([
      { id: 'f', register: 'i', value: 1, turn: 2 },
      { id: 'g', register: 'j', value: 1, turn: 2 },
    ]);
    expect([...run.read('out').values].slice(0, 5)).toEqual([100, 100, 102, 100, 104]);
    expect(run.runTo('inner', 4).position?.node.id).toBe('inner');
    run.runTo('g', 8);
    expect(run.position?.node.id).toBe('g');
    expect(run.position?.loops.map(({ id, turn }) => [id, turn])).toEqual([
      ['f', 3],
      ['g', 1],
    ]);
    expect(() => run.runTo('inner', 4)).toThrow('"inner" was executed 5 times already');
    expect(() => run.runTo('nowhere')).toThrow('The Program has no instruction and no loop "nowhere".');
    expect(() => run.runTo(2)).toThrow('steps were taken already');
    expect(() => run.runTo('inner', 7)).toThrow(
      'The Program ended before time 7 of "inner": it was executed 6 times.',
    );
    expect(() => run.runTo(1000)).toThrow(/^The Program ended after \d+ steps, before 1000\.$/);
  });

  test('reads any tensor, pattern, bank, register and accumulator; what was never written is missing', () => {
    const memset: Instruction = {
      opcode: 'memset',
      id: 'ones',
      engine: 'vector',
      dst: {
        space: 'psum',
        tensor: 'sums',
        dtype: 'float32',
        partition: 32,
        partitions: 2,
        offset: 1,
        dims: [[1, 2]],
      },
      sources: {},
      attributes: { code: 0x3fc00000 },
    };
    const run = start(move('i', 'i', 2), ...whole, memset).runTo('ones');
    expect([...run.read('sums').written]).toEqual([0, 0, 0, 0, 0, 0]);
    run.step();
    const sums = run.read('sums');
    expect(sums.shape).toEqual([2, 3]);
    expect(String(sums)).toMatch(/^psum sums, from partition 32, float32 \[2, 3\]\n/);
    expect([...sums.values]).toEqual([NaN, 1.5, 1.5, NaN, 1.5, 1.5]);
    expect([...sums.codes]).toEqual([0, 0x3fc00000, 0x3fc00000, 0, 0x3fc00000, 0x3fc00000]);
    expect([...run.read(at(IN, 1, 2, [['i', 3]])).values]).toEqual([107, 108]);
    expect([...run.read({ ...at(TILE, 0, 4), dtype: 'uint8' }).values]).toEqual([100, 0, 0, 0]);
    expect(run.read('spare').shape).toEqual([2, 3]);
    const bank = run.bank(2);
    expect(bank.shape).toEqual([128, 512]);
    expect([...bank.values.subarray(33 * 512, 33 * 512 + 4)]).toEqual([NaN, 1.5, 1.5, NaN]);
    expect(run.bank(0).written.includes(1)).toBe(false);
    expect(run.bank(2, 'bfloat16').shape).toEqual([128, 1024]);
    expect(run.register('i')).toBe(2);
    expect(run.register('x')).toBeUndefined();
    expect([...run.accumulators('vector')]).toEqual(new Array(128).fill(NaN));
    expect(() => run.read('nothing')).toThrow('The Program has no tensor "nothing".');
    expect(() => run.read(at(IN, 0, 1, [['i', 6]]))).toThrow(
      'View of "in", with i = 2: tensor "in" has 12 elements of int32, received elements 12..12.',
    );
    expect(() => run.bank(8)).toThrow('PSUM has banks 0..7, received 8.');
  });

  test('a view is what was there: later steps do not change it', () => {
    const run = start(...whole);
    const before = run.read('tile');
    run.step();
    expect(before.written.includes(1)).toBe(false);
    expect(run.read('tile').written.includes(0)).toBe(false);
  });

  test('prints a view as text, rows and columns cut, gaps as points', () => {
    const run = start(copy('c', { ...at(SPARE, 1, 3) }, at(IN, 9, 3))).runToEnd();
    expect(String(run.read('spare'))).toBe(
      ['hbm spare int32 [2, 3]', '    0:   . 109 110', '    1: 111   .   .'].join('\n'),
    );
    expect(run.read('spare').toString({ rows: 1, columns: 2 })).toBe(
      ['hbm spare int32 [2, 3]', '    0:   . 109 ...', '  ...  (2 rows)'].join('\n'),
    );
  });

  test('outputs that are not complete name the place of the run', () => {
    expect(() => start(...whole).outputs()).toThrow(
      'Before dma_copy load, operand out: element 0 of 12 of tensor "out" was never written.',
    );
  });
});

describe('what goes wrong', () => {
  test('names the instruction and where it was written; the run can still be looked at', () => {
    const run = start(copy('c', at(OUT, 0, N), at(TILE, 0, N), 'kernel.ts:4:9'), ...whole);
    const message =
      'dma_copy c (at kernel.ts:4:9), operand src: element 0 of 12 of tensor "tile" was never written.';
    expect(() => run.step()).toThrow(message);
    expect(() => run.runToEnd()).toThrow(message);
    expect(run.position?.node.id).toBe('c');
    expect(run.position?.steps).toBe(0);
    expect(run.read('in').values[0]).toBe(100);
  });

  test('what an instruction refuses for its values is named likewise, and is among the findings', () => {
    const index = at(TILE, 0);
    if (index.space === 'hbm') throw new Error('TILE is on chip');
    const gather: Instruction = {
      opcode: 'dma_copy',
      id: 'g',
      engine: 'gpsimd',
      at: 'k.ts:3:3',
      dst: at(TILE, 1),
      sources: { src: at(IN, 0), src_index: index },
      attributes: { src_stride: 1 },
    };
    const run = start(copy('index', index, at(IN, 0)), gather);
    expect(() => run.runToEnd()).toThrow(/^dma_copy g \(at k\.ts:3:3\): operand src_index: .*received 100 /);
    expect(run.findings).toMatchObject([
      { rule: 'index-outside', instruction: 'g', at: 'k.ts:3:3', operand: 'src_index', times: 1 },
    ]);
  });

  test('an offset that registers lead outside is refused with their values', () => {
    const run = start(fori('f', 'i', [0, 9, 4], [copy('c', at(OUT, 1, 4, [['i', 1]]), at(IN, 0, 4))]));
    expect(() => run.runToEnd()).toThrow(
      'dma_copy c, operand dst, with i = 8: tensor "out" has 12 elements of int32, received elements 9..12.',
    );
    expect([...run.read('out').written]).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
  });

  test('a register that was never set', () => {
    const hint = 'Set it first, by register_move, register_load or a fori loop.';
    expect(() => start(copy('c', at(OUT, 0, 1, [['i', 1]]), at(IN, 0))).runToEnd()).toThrow(
      `dma_copy c: register "i" was never set. ${hint}`,
    );
    expect(() => start(during('w', 'n', [])).runToEnd()).toThrow(
      `while w: register "n" was never set. ${hint}`,
    );
    expect(() => start(fori('f', 'i', [0, { register: 'n' }, 1], [])).runToEnd()).toThrow(
      `fori f: register "n" was never set. ${hint}`,
    );
  });

  test('a loop that does not end is stopped by the budget, which can be raised', () => {
    const inner = fori('f', 'i', [0, 3, 1], [copy('c', at(TILE, 0), at(IN, 0))]);
    const program = programOf(move('one', 'n', 1), { ...during('w', 'n', [inner]), at: 'k.ts:1:2' });
    expect(() => startProgram(program, given, { budget: 20 }).runToEnd()).toThrow(
      'The run was stopped in turn 1 of fori f, turn 3 of while w (at k.ts:1:2): it has taken 20 steps (instructions and tests of loops), all of its budget. Mend the loop that does not end, or raise the budget.',
    );
    const empty = programOf(move('one', 'n', 1), during('w', 'n', []));
    expect(() => startProgram(empty, given, { budget: 9 }).runToEnd()).toThrow('turn 8 of while w');
    const finite = programOf(fori('f', 'i', [0, 5, 1], [move('x', 'x', 1)]));
    expect(() => startProgram(finite, given, { budget: 10 }).runToEnd()).toThrow(UserError);
    expect(startProgram(finite, given, { budget: 11 }).runToEnd().position).toBeUndefined();
  });

  test('a Program too large is refused before anything runs', () => {
    expect(() => startProgram(programOf(...whole), given, { budget: 1 })).toThrow(
      'The Program has 2 instructions and loops; a run may take 1 steps.',
    );
    expect(() => startProgram(programOf(...whole), given, { budget: NaN })).toThrow('received NaN');
    const program = programOf(...whole);
    const large: HbmTensor = { ...SPARE, name: 'large', shape: [2 ** 20, 2 ** 10] };
    expect(() => startProgram({ ...program, tensors: [...program.tensors, large] }, given)).toThrow(
      'HBM tensors take at most 4294967296 bytes together in an executor, received 4294967416.',
    );
  });

  test('an illegal instruction is refused each time, though others were found legal before', () => {
    const illegal = programOf({ ...copy('c', at(OUT, 0), at(IN, 0), 'k.ts:1:2'), engine: 'vector' });
    startProgram(programOf(...whole), given);
    for (let time = 0; time < 2; time++) {
      expect(() => startProgram(illegal, given)).toThrow(/^dma_copy c \(at k\.ts:1:2\): it is issued to /);
    }
  });

  test('findings are in the order of the steps that showed them, whatever their rules', () => {
    const program = parseProgram(`program trn3
sbuf t float32 partitions 0:2 elements 4 address 0
sbuf index uint16 partitions 0:2 elements 1 address 64
hbm x float32 [2, 4] input
hbm twice uint16 [2, 1] input
load sync dma_copy t p0:2 [1,4] = src x [1,8]
load-index sync dma_copy index p0:2 [1,1] = src twice [1,2]
repeats scalar activation t p0:2 [0,2] by index p0:2 [1,1] = data t p0:2 [1,2], op copy
range scalar activation t p0:2 [1,4] = data t p0:2 [1,4], op rsqrt
`);
    const run = startProgram(program, {
      x: new Uint32Array(new Float32Array([1, 0, 1, 1, 1, 1, 1, 1]).buffer),
      twice: new Uint16Array([1, 1]),
    }).runToEnd();
    expect(run.findings.map(({ instruction }) => instruction)).toEqual(['repeats', 'range']);
  });
});
