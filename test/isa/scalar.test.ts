import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVATIONS } from '../../src/isa/functions';
import { encodeArray } from '../../src/numerics';
import { ACTIVATION_OPS, type Instruction } from '../../src/program';
import { testMachine, type TestMachine, type TestTensor } from './machine';

const named = { id: 'i', engine: 'scalar' } as const;
type Attributes = Instruction<'activation'>['attributes'];

const tensors = {
  x: { partitions: 2, elements: 3, dtype: 'float32', values: [1, -2, 3, 0.5, 0, -0.25] },
  y: { partitions: 2, elements: 3, dtype: 'float32' },
  half: { partitions: 2, elements: 3, dtype: 'bfloat16' },
  bias: { partitions: 2, elements: 1, dtype: 'bfloat16', values: [0.5, -1] },
  scale: { partitions: 2, elements: 1, dtype: 'float32', values: [2, 4] },
  sum: { partitions: 2, elements: 1, dtype: 'float32' },
  wide: { partitions: 2, elements: 2, dtype: 'float32', values: [1, 1, 1, 1] },
  third: { partitions: 2, elements: 1, dtype: 'tfloat32', values: [1, 1] },
} as const satisfies Record<string, TestTensor>;

function activation(
  m: TestMachine,
  attributes: Attributes,
  more: { dst?: string; bias?: string; scale?: string; sum?: string } = {},
): Instruction<'activation'> {
  return {
    opcode: 'activation',
    ...named,
    dst: m.on(more.dst ?? 'y'),
    ...(more.sum === undefined ? {} : { results: { reduce_res: m.on(more.sum) } }),
    sources: {
      data: m.on('x'),
      ...(more.bias === undefined ? {} : { bias: m.on(more.bias) }),
      ...(more.scale === undefined ? {} : { scale: m.on(more.scale) }),
    },
    attributes,
  };
}

describe('activation', () => {
  test('scales by a constant or a tile, adds the bias, applies the function', () => {
    const m = testMachine(tensors);
    m.run(activation(m, { op: 'copy', scale: 3 }, { bias: 'bias' }));
    expect(m.values('y')).toEqual([3.5, -5.5, 9.5, 0.5, -1, -1.75]);
    m.run(activation(m, { op: 'relu' }, { bias: 'bias', scale: 'scale' }));
    expect(m.values('y')).toEqual([2.5, 0, 6.5, 1, 0, 0]);
    m.run(activation(m, { op: 'square' }));
    expect(m.values('y')).toEqual([1, 4, 9, 0.25, 0, 0.0625]);
  });

  test('rounds the product before the sum, the sum before the function, and once more to dst', () => {
    const float = fc.float({ noNaN: true, min: -100, max: 100 });
    fc.assert(
      fc.property(
        fc.array(float, { minLength: 6, maxLength: 6 }),
        float,
        float,
        float,
        fc.constantFrom(...ACTIVATION_OPS),
        (data, scale, upper, lower, op) => {
          const given = { ...tensors.bias, dtype: 'float32', values: [upper, lower] } as const;
          const m = testMachine({ ...tensors, x: { ...tensors.x, values: data }, bias: given });
          m.run(activation(m, { op, scale }, { bias: 'bias', dst: 'half' }));
          const results = data.map((x, at) => {
            const scaled = Math.fround(x * scale);
            return ACTIVATIONS[op].apply(Math.fround(scaled + (at < 3 ? upper : lower)));
          });
          expect(m.codes('half')).toEqual([...encodeArray('bfloat16', Float32Array.from(results))]);
        },
      ),
    );
  });

  test('scale times x and + bias are two roundings', () => {
    const m = testMachine({
      x: { partitions: 1, elements: 1, dtype: 'float32', values: [1 + 2 ** -23] },
      bias: { partitions: 1, elements: 1, dtype: 'float32', values: [-1] },
      y: { partitions: 1, elements: 1, dtype: 'float32' },
    });
    const scale = 1 + 2 ** -23; // the exact square has 2^-46 more
    const sources = { data: m.on('x'), bias: m.on('bias') };
    m.run({ opcode: 'activation', ...named, dst: m.on('y'), sources, attributes: { op: 'copy', scale } });
    expect(m.values('y')).toEqual([2 ** -22]);
  });

  test('what is left out does nothing: a copy keeps the sign of zero', () => {
    const m = testMachine({ ...tensors, x: { ...tensors.x, values: [-0, 1, 1, 1, 1, 1] } });
    m.run(activation(m, { op: 'copy' }));
    expect(m.values('y').slice(0, 1)).toEqual([-0]);
  });

  test('works in and out of PSUM and on integers', () => {
    const m = testMachine({
      x: { partitions: 1, elements: 2, dtype: 'int8', codes: [3, 0xfe] },
      y: { space: 'psum', partitions: 1, elements: 2, dtype: 'float32' },
      z: { partitions: 1, elements: 2, dtype: 'int32' },
    });
    const square = (dst: string, data: string): Instruction => ({
      opcode: 'activation',
      ...named,
      dst: m.on(dst),
      sources: { data: m.on(data) },
      attributes: { op: 'square' },
    });
    m.run(square('y', 'x'));
    m.run(square('z', 'y'));
    expect(m.values('z')).toEqual([81, 16]);
  });
});

describe('the accumulator registers', () => {
  test('go on from instruction to instruction, as they are told', () => {
    const m = testMachine(tensors);
    const run = (command: Attributes['reduce_cmd']) => {
      m.run(
        activation(
          m,
          { op: 'copy', reduce_op: 'add', ...(command && { reduce_cmd: command }) },
          { sum: 'sum' },
        ),
      );
      return m.values('sum');
    };
    expect(run('reset_reduce')).toEqual([2, 0.25]);
    expect(run('reduce')).toEqual([4, 0.5]);
    expect(run('idle')).toEqual([4, 0.5]);
    expect(run(undefined)).toEqual([4, 0.5]);
    expect(run('reset')).toEqual([0, 0]);
    expect(run('reduce')).toEqual([2, 0.25]);
  });

  test('hold NaN until something resets them', () => {
    const m = testMachine(tensors);
    m.run(activation(m, { op: 'copy', reduce_op: 'add', reduce_cmd: 'reduce' }, { sum: 'sum' }));
    expect(m.values('sum')).toEqual([NaN, NaN]);
  });

  test('are those of dst’s partitions, and no others', () => {
    const m = testMachine({
      x: { partition: 32, partitions: 1, elements: 2, dtype: 'float32', values: [1, 2] },
      y: { partition: 64, partitions: 1, elements: 2, dtype: 'float32' },
      sum: { partition: 0, partitions: 1, elements: 1, dtype: 'float32' },
    });
    m.run(activation(m, { op: 'copy', reduce_op: 'add', reduce_cmd: 'reset_reduce' }, { sum: 'sum' }));
    expect(m.accumulators('scalar')[64]).toBe(3);
    expect(m.accumulators('scalar')[32]).toBeNaN();
    expect(m.accumulators('vector')[64]).toBeNaN();
    expect(m.values('sum')).toEqual([3]);
  });

  test('add float32 results in order, before they are rounded to dst', () => {
    const values = [2 ** 24, 1, 1, 1 + 2 ** -20, 2 ** -20, 2 ** -20];
    const m = testMachine({ ...tensors, x: { ...tensors.x, values } });
    m.run(
      activation(
        m,
        { op: 'copy', reduce_op: 'add', reduce_cmd: 'reset_reduce' },
        { dst: 'half', sum: 'sum' },
      ),
    );
    // 2^24 + 1 is a tie, twice; the other partition keeps what bfloat16 drops.
    expect(m.values('sum')).toEqual([2 ** 24, 1 + 3 * 2 ** -20]);
  });

  test('activation_reduce is activation with reset_reduce', () => {
    const m = testMachine(tensors);
    const { dst, sources } = activation(m, { op: 'square' });
    const both = { ...named, dst, sources, results: { reduce_res: m.on('sum') } };
    const attributes = { op: 'square', scale: 2, reduce_op: 'add' } as const;
    m.run({ opcode: 'activation_reduce', ...both, attributes });
    expect(m.values('sum')).toEqual([56, 1.25]);
    expect(m.values('y')).toEqual([4, 16, 36, 1, 0, 0.25]);
    m.run(activation(m, { op: 'copy', reduce_op: 'add', reduce_cmd: 'reduce' }, { sum: 'sum' }));
    expect(m.values('sum')).toEqual([58, 1.5]);
  });
});

describe('inputs outside the valid range', () => {
  test('are reported once for an instruction, and give what is defined there', () => {
    const m = testMachine({ ...tensors, x: { ...tensors.x, values: [1, 9, 3, 0, -4, 1] } });
    m.run(activation(m, { op: 'sin' }));
    expect(m.reports).toMatchObject([
      {
        rule: 'activation-range',
        operand: 'data',
        required: 'inputs of sin, data x scale + bias, in [-3.1415927, 3.1415927]',
        received: '2 of 6 outside, the first 9 (partition 0, element 1)',
      },
    ]);
    expect(m.values('y')[1]).toBe(ACTIVATIONS.sin.apply(9));
  });

  test('are those of data x scale + bias', () => {
    const m = testMachine(tensors);
    m.run(activation(m, { op: 'sqrt', scale: 0 }, { bias: 'bias' }));
    expect(m.reports.map(({ received }) => received)).toEqual([
      '3 of 6 outside, the first -1 (partition 1, element 0)',
    ]);
    m.run(activation(m, { op: 'exp', scale: 1000 }));
    expect(m.reports).toHaveLength(1);
  });
});

describe('legality', () => {
  const m = testMachine(tensors);
  const plain = activation(m, { op: 'exp' });
  const reduced: Instruction<'activation_reduce'> = {
    opcode: 'activation_reduce',
    ...named,
    dst: m.on('y'),
    results: { reduce_res: m.on('sum') },
    sources: { data: m.on('x') },
    attributes: { op: 'exp', reduce_op: 'add' },
  };
  const biased = activation(m, { op: 'reciprocal' }, { bias: 'bias' });

  test('every function is legal on every chip', () => {
    for (const chip of ['trn1', 'trn2', 'trn3'] as const) {
      for (const op of ACTIVATION_OPS) expect(m.problem(activation(m, { op }), chip)).toBeUndefined();
      expect(m.problem(reduced, chip)).toBeUndefined();
    }
  });

  test('reciprocal takes a bias from trn2 on', () => {
    expect(m.problem(biased, 'trn1')).toBe('on trn1 reciprocal takes no bias: add it before.');
    expect(m.problem(biased, 'trn2')).toBeUndefined();
    expect(m.problem(biased, 'trn3')).toBeUndefined();
  });

  test.each<[string, Instruction]>([
    ['it is issued to scalar, received vector.', { ...plain, engine: 'vector' }],
    [
      'operands must have equal partitions x elements, received dst 2 x 2, data 2 x 3.',
      activation(m, { op: 'exp' }, { dst: 'wide' }),
    ],
    ['bias must be 2 x 1, received 2 x 2 of float32.', activation(m, { op: 'exp' }, { bias: 'wide' })],
    ['bias must not be tfloat32: use float32.', activation(m, { op: 'exp' }, { bias: 'third' })],
    [
      'scale must be 2 x 1 of float32, received 2 x 1 of bfloat16.',
      activation(m, { op: 'exp' }, { scale: 'bias' }),
    ],
    [
      'scale must be a tile or a constant, received both.',
      activation(m, { op: 'exp', scale: 2 }, { scale: 'scale' }),
    ],
    [
      'reduce_cmd must be idle, reset, reduce, reset_reduce, received load_reduce.',
      activation(m, { op: 'exp', reduce_op: 'add', reduce_cmd: 'load_reduce' }),
    ],
    [
      'reduce_cmd reduce needs reduce_op add, received none.',
      activation(m, { op: 'exp', reduce_cmd: 'reduce' }),
    ],
    ['reduce_res must be 2 x 1, received 2 x 2 of float32.', activation(m, { op: 'exp' }, { sum: 'wide' })],
    ['reduce_res must be 2 x 1', { ...reduced, results: { reduce_res: m.on('wide') } }],
    [
      'stochastic rounding takes seed, element and pitch',
      activation(m, { op: 'exp', rounding: 'stochastic' }),
    ],
    [
      'data: 2 partitions must start at partition 0, 32, 64 or 96, received 1.',
      { ...plain, sources: { data: m.on('x', { partition: 1 }) } },
    ],
  ])('%s', (message, instruction) => {
    expect(m.problem(instruction)).toContain(message);
  });
});
