import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Dtype } from '../../src/numerics';
import { testMachine } from './machine';

const named = { id: 'i', engine: 'sync' } as const;

const WIDTHS = { int8: 8, uint8: 8, int16: 16, uint16: 16, int32: 32, uint32: 32 } as const satisfies Partial<
  Record<Dtype, number>
>;
const integers = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32'] as const;

test('move: a constant, or another register', () => {
  const m = testMachine({}, { a: -5 });
  m.run({
    opcode: 'register_move',
    ...named,
    dst: undefined,
    sources: {},
    attributes: { register: 'b', from: 'a' },
  });
  m.run({
    opcode: 'register_move',
    ...named,
    dst: undefined,
    sources: {},
    attributes: { register: 'a', value: 7 },
  });
  expect([m.register('a'), m.register('b')]).toEqual([7, -5]);
});

test.each(integers)('load of %s reads its integer, in 32 signed bits', (dtype) => {
  fc.assert(
    fc.property(fc.nat(0xffffffff), (bits) => {
      const width = WIDTHS[dtype];
      const code = Number(BigInt.asUintN(width, BigInt(bits)));
      const m = testMachine({ x: { dtype, partitions: 1, elements: 1, codes: [code] } });
      m.run({
        opcode: 'register_load',
        ...named,
        dst: undefined,
        sources: { src: m.on('x') },
        attributes: { register: 'r' },
      });
      const integer = dtype.startsWith('u') ? BigInt(code) : BigInt.asIntN(width, BigInt(code));
      expect(m.register('r')).toBe(Number(BigInt.asIntN(32, integer)));
    }),
  );
});

test.each(integers)('store into %s keeps the low bits', (dtype) => {
  fc.assert(
    fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (value) => {
      const m = testMachine({ x: { space: 'hbm', dtype, shape: [3], codes: [0, 0, 0] } }, { r: value });
      const dst = m.hbm('x', { offset: 1, dims: [[1, 1]] });
      m.run({ opcode: 'register_store', ...named, dst, sources: {}, attributes: { register: 'r' } });
      expect(m.codes('x')).toEqual([0, Number(BigInt.asUintN(WIDTHS[dtype], BigInt(value))), 0]);
    }),
  );
});

test('what is illegal', () => {
  const m = testMachine({
    x: { dtype: 'int32', partitions: 2, elements: 2 },
    f: { dtype: 'float32', partitions: 1, elements: 1 },
    p: { space: 'psum', dtype: 'int32', partitions: 1, elements: 1 },
  });
  const load = (tensor: string) =>
    m.problem({
      opcode: 'register_load',
      ...named,
      dst: undefined,
      sources: { src: m.on(tensor) },
      attributes: { register: 'r' },
    });
  expect(load('x')).toBe('src must be one element, received 4.');
  expect(load('f')).toBe('src must be of an integer format, received float32.');
  expect(load('p')).toBe('src must be in hbm or sbuf, received psum.');
  const move = (attributes: { value?: number; from?: string }, engine: 'sync' | 'dma' = 'sync') =>
    m.problem({
      opcode: 'register_move',
      id: 'i',
      engine,
      dst: undefined,
      sources: {},
      attributes: { register: 'r', ...attributes },
    });
  expect(move({})).toBe('one of value and from must be given, received neither.');
  expect(move({ value: 1, from: 'r' })).toBe('one of value and from must be given, received both.');
  expect(move({ value: 2 ** 31 })).toBe('value is a 32-bit signed integer, received 2147483648.');
  expect(move({ value: 1 }, 'dma')).toBe(
    'it is issued to tensor, vector, scalar, gpsimd, sync, received dma.',
  );
});
