/**
 * What instructions take: the formulas of the vendor's documents on each chip, and that every instruction of random Programs takes
 * something.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, CHIPS } from '../../src/chip';
import { ISA, workOf } from '../../src/isa';
import {
  ACTIVATION_OPS,
  instructionsOf,
  type ChipPattern,
  type Dim,
  type HbmPattern,
  type Instruction,
} from '../../src/program';
import { anyRecipe, drawCase, opcodesOf } from '../fuzz/program';
import {
  activate,
  bf16,
  column,
  copy,
  cyclesOf,
  f32,
  gather,
  gpsimd,
  hbm,
  isLegal,
  matmul,
  matmulMx,
  memset,
  onEachChip,
  pair,
  predicated,
  psum,
  quantize,
  reduce,
  sbuf,
  scale,
  scaledPair,
  vector,
} from './cost-instructions';

interface Formula {
  /** For 512 elements of a partition, on trn1, trn2 and trn3; null where it does not exist. */
  readonly cycles: readonly [number | null, number | null, number | null];
  readonly of: (width: number) => Instruction;
}

/** Cycles by the formulas of nki.isa (2.26.1) and of the architecture guides, by hand. */
const FORMULAS: Readonly<Record<string, Formula>> = {
  'tensor_copy of float32': { cycles: [512, 512, 512], of: (n) => copy(f32(n), f32(n)) },
  'tensor_copy of bfloat16': { cycles: [512, 128, 128], of: (n) => copy(bf16(n), bf16(n)) },
  'tensor_copy on Scalar': { cycles: [null, 512, 256], of: (n) => copy(bf16(n), bf16(n), 'scalar') },
  'tensor_copy on GpSimd': { cycles: [662, 662, 662], of: (n) => copy(f32(n), f32(n), 'gpsimd') },
  tensor_scalar: { cycles: [512, 512, 512], of: (n) => scale(f32(n), f32(n)) },
  'tensor_scalar on Scalar': { cycles: [null, 512, 256], of: (n) => scale(bf16(n), bf16(n), 'scalar') },
  'tensor_scalar, rsqrt on GpSimd': {
    cycles: [2198, 2198, 2198],
    of: (n) => ({
      ...gpsimd,
      opcode: 'tensor_scalar',
      dst: f32(n),
      sources: { data: f32(n) },
      attributes: { op0: 'rsqrt' },
    }),
  },
  'tensor_tensor within SBUF': { cycles: [1024, 1024, 1024], of: (n) => pair(f32(n), f32(n), f32(n)) },
  'tensor_tensor of PSUM and SBUF': {
    cycles: [512, 512, 512],
    of: (n) => pair(f32(n), psum('float32', n), f32(n)),
  },
  'tensor_tensor of bfloat16, add': { cycles: [512, 256, 256], of: (n) => pair(bf16(n), bf16(n), bf16(n)) },
  'tensor_tensor of bfloat16, maximum': {
    cycles: [1024, 512, 512],
    of: (n) => pair(bf16(n), bf16(n), bf16(n), 'maximum'),
  },
  'tensor_tensor on GpSimd': {
    cycles: [662, 662, 662],
    of: (n) => pair(f32(n), f32(n), f32(n), 'add', 'gpsimd'),
  },
  'scalar_tensor_tensor, add and multiply': { cycles: [1024, 1024, 1024], of: (n) => scaledPair(n, 'add') },
  'scalar_tensor_tensor, subtract and multiply': {
    cycles: [512, 512, 512],
    // Of an even N, which the formula asks for.
    of: (n) => scaledPair(2 * Math.ceil(n / 2), 'subtract'),
  },
  tensor_tensor_scan: {
    cycles: [1024, 1024, 1024],
    of: (n) => ({
      ...vector,
      opcode: 'tensor_tensor_scan',
      dst: f32(n),
      sources: { data0: f32(n), data1: f32(n) },
      attributes: { initial: 0, op0: 'multiply', op1: 'add' },
    }),
  },
  'tensor_reduce to float32': { cycles: [512, 512, 512], of: (n) => reduce(f32(1), bf16(n)) },
  'tensor_reduce of bfloat16': { cycles: [256, 256, 256], of: (n) => reduce(bf16(1), bf16(n)) },
  reciprocal: {
    cycles: [4096, 4096, 4096],
    of: (n) => ({ ...vector, opcode: 'reciprocal', dst: f32(n), sources: { data: f32(n) }, attributes: {} }),
  },
  bn_stats: {
    cycles: [512, 512, 512],
    of: (n) => ({ ...vector, opcode: 'bn_stats', dst: f32(6), sources: { data: f32(n) }, attributes: {} }),
  },
  bn_aggr: {
    cycles: [6656, 6656, 6656],
    // N triples: 13 cycles each.
    of: (n) => ({ ...vector, opcode: 'bn_aggr', dst: f32(2), sources: { data: f32(3 * n) }, attributes: {} }),
  },
  'tensor_copy_predicated within SBUF': { cycles: [1024, 1024, 1024], of: (n) => predicated(n, f32(n)) },
  'tensor_copy_predicated of PSUM': {
    cycles: [512, 512, 512],
    of: (n) => predicated(n, psum('float32', n)),
  },
  'memset of ones': { cycles: [512, 512, 512], of: (n) => memset(bf16(n), 0x3f80) },
  'memset of bfloat16 zeros': { cycles: [256, 256, 256], of: (n) => memset(bf16(n), 0) },
  'memset of zeros on GpSimd': {
    cycles: [662, 662, 662],
    of: (n) => ({ ...memset(bf16(n), 0), engine: 'gpsimd' }),
  },
  'memset of float32 zeros': { cycles: [512, 512, 512], of: (n) => memset(f32(n), 0) },
  exponential: {
    cycles: [null, null, 128],
    of: (n) => ({ ...vector, opcode: 'exponential', dst: f32(n), sources: { src: f32(n) }, attributes: {} }),
  },
  rng: {
    cycles: [512, 512, 128],
    of: (n) => ({ ...vector, opcode: 'rng', dst: sbuf('uint32', n), sources: {}, attributes: {} }),
  },
  rand2: {
    cycles: [null, null, 128],
    of: (n) => ({ ...vector, opcode: 'rand2', dst: f32(n), sources: {}, attributes: { min: 0, max: 1 } }),
  },
  // 8 of 16 x 512 elements of each core: 4 n + K.
  topk: {
    cycles: [4 * 16 * 512 + 8, 4 * 16 * 512 + 8, 4 * 16 * 512 + 8],
    of: (n) => ({
      ...gpsimd,
      opcode: 'topk',
      dst: bf16(8),
      results: { idx_dst: sbuf('uint32', 8) },
      sources: { src: bf16(n) },
      attributes: { n: 16 * n },
    }),
  },
  // Two instructions of the hardware for 513 to 1024 elements.
  nc_n_gather: {
    cycles: [1324, 1324, 1324],
    of: (n) => ({
      ...gpsimd,
      opcode: 'nc_n_gather',
      dst: f32(2 * n),
      sources: { data: f32(8), indices: sbuf('uint32', 2 * n) },
      attributes: {},
    }),
  },
  iota: {
    cycles: [662, 662, 662],
    of: (n) => ({
      ...gpsimd,
      opcode: 'iota',
      dst: sbuf('int32', n),
      sources: {},
      attributes: { pattern: [[1, n]] },
    }),
  },
  // C of float32 and one element an index is (28 + 4) / 4 / min(4 / 4, 1) = 8.
  'local_gather of float32': { cycles: [214, 214, 214], of: (n) => gather('float32', n, 1) },
  // C of bfloat16 and four is (28 + 16) / 16 / min(4 / 2, 4) = 1.375, of 512 elements.
  'local_gather of four bfloat16': {
    cycles: [150 + 512 / 1.375, 150 + 512 / 1.375, 150 + 512 / 1.375],
    of: (n) => gather('bfloat16', Math.ceil(n / 4), 4),
  },
  activation: { cycles: [512, 512, 512], of: (n) => activate('exp', n) },
  'nc_matmul of bfloat16': { cycles: [512, 512, 512], of: (n) => matmul('bfloat16', [128, 128, n]) },
  'nc_matmul of tfloat32': { cycles: [512, 512, 512], of: (n) => matmul('tfloat32', [128, 128, n]) },
  'nc_matmul of float32': { cycles: [2048, 2048, 2048], of: (n) => matmul('float32', [128, 128, n]) },
  'nc_matmul, double_row': {
    cycles: [null, 512, 512],
    of: (n) => matmul('float8_e5m2', [128, 128, n], { performance: 'double_row' }),
  },
  nc_matmul_mx: { cycles: [null, null, 512], of: (n) => matmulMx([128, 128, n]) },
  quantize_mx: { cycles: [null, null, 128], of: (n) => quantize(4 * Math.ceil(n / 4)) },
};

describe('cycles', () => {
  test.each(Object.entries(FORMULAS))('%s: as the formula says for 512 elements', (_, { cycles, of }) => {
    expect(onEachChip(of(512))).toEqual(cycles);
  });

  test.each(Object.entries(FORMULAS))('%s: no fewer for more elements', (_, { of }) => {
    const width = fc.integer({ min: 1, max: 512 });
    fc.assert(
      fc.property(fc.constantFrom(...CHIP_NAMES), width, width, (chip, one, other) => {
        const [less, more] = [of(Math.min(one, other)), of(Math.max(one, other))];
        fc.pre(isLegal(less, 'trn3') && isLegal(more, 'trn3'));
        expect(cyclesOf(more, chip)).toBeGreaterThanOrEqual(cyclesOf(less, chip));
      }),
    );
  });
});

describe('Scalar', () => {
  test('needs the tables of a function, unless it squares or chooses a sign', () => {
    const without = ACTIVATION_OPS.filter((op) => {
      const work = workOf(activate(op, 8), CHIPS.trn2);
      return work.unit === 'datapath' && work.table === undefined;
    });
    expect(without.toSorted()).toEqual(['abs', 'copy', 'relu', 'sign', 'square']);
    expect(workOf(activate('exp', 8), CHIPS.trn2)).toEqual({ unit: 'datapath', cycles: 8, table: 'exp' });
  });

  test('reads its registers by an instruction more', () => {
    expect(workOf(activate('copy', 100, { reduce_res: column }), CHIPS.trn1)).toEqual({
      unit: 'datapath',
      cycles: 100,
      more: 64,
    });
  });
});

test('Vector reads its registers by an instruction more, where they are asked for', () => {
  const sum = (results?: { readonly reduce_res: ChipPattern }): Instruction => ({
    ...vector,
    opcode: 'tensor_scalar_reduce',
    dst: f32(100),
    ...(results && { results }),
    sources: { data: f32(100) },
    attributes: { op0: 'multiply', operand0: 2, reduce_op: 'add' },
  });
  expect(workOf(sum(), CHIPS.trn1)).toEqual({ unit: 'datapath', cycles: 100 });
  expect(workOf(sum({ reduce_res: column }), CHIPS.trn1)).toEqual({
    unit: 'datapath',
    cycles: 100,
    more: 64,
  });
});

test('pairs of subtract and multiply ask for an even number of elements', () => {
  expect(cyclesOf(scaledPair(100, 'subtract'), 'trn1')).toBe(100);
  expect(cyclesOf(scaledPair(101, 'subtract'), 'trn1')).toBe(202);
});

test('of the instructions on registers, a load waits for memory', () => {
  const on = {
    id: 'i',
    engine: 'sync',
    dst: undefined,
    sources: {},
    attributes: { register: 'r', value: 1 },
  } as const;
  const load: Instruction = {
    ...on,
    opcode: 'register_load',
    sources: { src: sbuf('int32', 1) },
    attributes: { register: 'r' },
  };
  expect(workOf({ ...on, opcode: 'register_move' }, CHIPS.trn2)).toEqual({ unit: 'sequencer', waits: false });
  expect(workOf(load, CHIPS.trn2)).toEqual({ unit: 'sequencer', waits: true });
});

describe('DMA', () => {
  const transposed = (src: ChipPattern | HbmPattern): Instruction => ({
    opcode: 'dma_transpose',
    id: 'i',
    engine: 'dma',
    dst: sbuf('bfloat16', 128),
    sources: { src },
    attributes: { axes: [1, 0] },
  });
  const rows: readonly Dim[] = [
    [128, 128],
    [1, 128],
  ];

  test('transposes at 90 % of its rate from HBM, at 50 % within SBUF', () => {
    expect(workOf(transposed(hbm('bfloat16', rows)), CHIPS.trn2)).toEqual({
      unit: 'dma',
      share: 0.9,
      moved: ['src'],
    });
    expect(workOf(transposed(sbuf('bfloat16', 128)), CHIPS.trn2)).toMatchObject({ share: 0.5 });
  });

  test('computes at half its rate before trn3', () => {
    const sum: Instruction = {
      opcode: 'dma_compute',
      id: 'i',
      engine: 'dma',
      dst: hbm('float32', rows),
      sources: { src0: hbm('float32', rows), src1: f32(128) },
      attributes: { reduce_op: 'add' },
    };
    const shares = CHIP_NAMES.map((chip) => workOf(sum, CHIPS[chip]));
    expect(shares).toMatchObject([{ share: 0.5 }, { share: 0.5 }, { share: 1 }]);
    const [work] = shares;
    expect(work?.unit === 'dma' ? work.moved : []).toEqual(expect.arrayContaining(['src0', 'src15']));
  });
});

describe.each(CHIP_NAMES)('every instruction of random Programs for %s', (chip) => {
  const instructions = fc
    .sample(anyRecipe(chip), { numRuns: 200, seed: 7 })
    .flatMap((recipe) => [...instructionsOf(drawCase(recipe).program.instructions)]);

  test('is of every opcode', () => {
    const seen = new Set(instructions.map(({ opcode }) => opcode));
    expect(opcodesOf(chip).filter((opcode) => !seen.has(opcode))).toEqual([]);
  });

  test('takes a finite, positive amount of what its engine is', () => {
    for (const instruction of instructions) {
      const work = workOf(instruction, CHIPS[chip]);
      const { unit, ...amounts } = work;
      expect(unit).toBe(unitOf(instruction));
      for (const amount of Object.values(amounts)) {
        if (typeof amount !== 'number') continue;
        expect(amount, instruction.opcode).toBeGreaterThan(0);
        expect(amount, instruction.opcode).toBeLessThan(Infinity);
      }
      if (work.unit === 'dma') {
        expect(work.share).toBeLessThanOrEqual(1);
        expect(work.moved.some((name) => Object.hasOwn(instruction.sources, name))).toBe(true);
      }
    }
  });
});

function unitOf({ opcode, engine }: Instruction): string {
  if (opcode.startsWith('dma_')) return 'dma';
  if (opcode.startsWith('register_')) return 'sequencer';
  return engine === 'tensor' ? 'array' : 'datapath';
}

test('what no document gives says what was chosen, without saying so itself', () => {
  const chosen = Object.values(ISA).filter(({ cost }) => !cost.documented);
  expect(chosen.length).toBeGreaterThan(0);
  for (const { cost } of chosen) expect(cost.words).not.toMatch(/^not documented/i);
});
