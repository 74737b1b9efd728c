import { expect, test } from 'vitest';
import { testMachine } from './machine';

test('the test machine runs an instruction on what its tensors hold, and shows what was never written', () => {
  const machine = testMachine(
    {
      x: { dtype: 'bfloat16', partitions: 2, elements: 3, values: [1, 2, 3, 4, 5, 6] },
      y: { dtype: 'float32', space: 'psum', partition: 32, partitions: 2, elements: 4 },
    },
    { i: 1 },
  );
  machine.run({
    opcode: 'tensor_copy',
    id: 'copy',
    engine: 'vector',
    dst: machine.on('y', { dims: [[1, 3]], registers: [['i', 1]] }),
    sources: { src: machine.on('x') },
    attributes: {},
  });
  expect(machine.values('y')).toEqual([undefined, 1, 2, 3, undefined, 4, 5, 6]);
  expect(machine.codes(machine.on('y', { dtype: 'uint16', partitions: 1 })).slice(2, 6)).toEqual([
    0, 0x3f80, 0, 0x4000,
  ]);
  expect(machine.reports).toEqual([]);
});

test('the test machine is strict', () => {
  const machine = testMachine({
    x: { dtype: 'float32', partitions: 1, elements: 2 },
    y: { dtype: 'float32', partitions: 1, elements: 2 },
  });
  const copy = (elements: number) => ({
    opcode: 'tensor_copy' as const,
    id: 'copy',
    engine: 'vector' as const,
    dst: machine.on('y', { dims: [[1, elements]] }),
    sources: { src: machine.on('x', { dims: [[1, elements]] }) },
    attributes: {},
  });
  expect(() => {
    machine.run(copy(2));
  }).toThrow('tensor_copy copy, operand src: element 0 of 2 of tensor "x" was never written.');
  expect(() => {
    machine.run(copy(3));
  }).toThrow('tensor_copy copy, operand dst: tensor "y" has 2 elements of float32, received elements 0..2.');
  expect(() => {
    machine.run({ ...copy(2), engine: 'tensor' });
  }).toThrow('Illegal instruction: it is issued to');
});
