/** Runs of Programs on every adapter: the same bits, steps, views and errors as on the reference. */
import { describe, expect, test } from 'vitest';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import { codeArray } from '../../../../src/numerics';
import { isLoop, type Instruction, type Program, type ProgramNode } from '../../../../src/program';
import { ADAPTERS, open } from '../devices';
import { expectAgreement } from './agree';

const P = 128;
const N = 32;

function chain(count: number): Program {
  const hbm = (name: string, role: 'input' | 'output') =>
    ({ space: 'hbm', name, dtype: 'float32', shape: [P, N], role }) as const;
  const sbuf = (name: string, address: number) =>
    ({ space: 'sbuf', name, dtype: 'float32', partition: 0, partitions: P, elements: N, address }) as const;
  const dram = (tensor: string) =>
    ({ space: 'hbm', tensor, dtype: 'float32', offset: 0, dims: [[1, P * N]] }) as const;
  const on = (tensor: string) =>
    ({
      space: 'sbuf',
      tensor,
      dtype: 'float32',
      partition: 0,
      partitions: P,
      offset: 0,
      dims: [[1, N]],
    }) as const;
  const ops = ['add', 'subtract', 'multiply', 'maximum'] as const;
  const body = Array.from({ length: count }, (_, at): Instruction => ({
    opcode: 'tensor_tensor',
    id: `t${at}`,
    engine: 'vector',
    dst: on(at % 2 === 0 ? 'b' : 'a'),
    sources: { data1: on('a'), data2: on('b') },
    attributes: { op: ops[at % ops.length] ?? 'add' },
  }));
  return {
    chip: 'trn2',
    tensors: [hbm('x', 'input'), hbm('y', 'output'), sbuf('a', 0), sbuf('b', 4 * N)],
    instructions: [
      {
        opcode: 'dma_copy',
        id: 'in',
        engine: 'sync',
        dst: on('a'),
        sources: { src: dram('x') },
        attributes: {},
      },
      {
        opcode: 'tensor_copy',
        id: 'c',
        engine: 'vector',
        dst: on('b'),
        sources: { src: on('a') },
        attributes: {},
      },
      ...body,
      {
        opcode: 'dma_copy',
        id: 'out',
        engine: 'sync',
        dst: dram('y'),
        sources: { src: on('b') },
        attributes: {},
      },
    ],
  };
}

describe.each(ADAPTERS)('%s', (name) => {
  test('agrees with the reference on a chain of instructions', async () => {
    const host = await open(name);
    try {
      const interpreter = await WebGpuInterpreter.create(host.device);
      const x = codeArray('float32', P * N).map((_, at) => Math.imul(at + 1, 0x9e3779b1) >>> 0);
      await expectAgreement(interpreter, chain(40), { x });
      expect(interpreter.liveBytes).toBe(0);
    } finally {
      host.close();
    }
  });

  test('agrees on instructions of several kinds in turn, which go out as chains', async () => {
    const host = await open(name);
    try {
      const interpreter = await WebGpuInterpreter.create(host.device);
      const { instructions, ...rest } = chain(160);
      const program: Program = {
        ...rest,
        instructions: instructions.flatMap((node, at): ProgramNode[] => {
          if (isLoop(node) || node.opcode !== 'tensor_tensor' || at % 3 === 0) return [node];
          const { id, engine, dst, sources } = node;
          const src = sources.data1;
          return at % 3 === 1
            ? [node, { opcode: 'tensor_copy', id: `${id}c`, engine, dst, sources: { src }, attributes: {} }]
            : [
                node,
                { opcode: 'reciprocal', id: `${id}r`, engine, dst, sources: { data: src }, attributes: {} },
              ];
        }),
      };
      const x = codeArray('float32', P * N).map((_, at) => Math.imul(at + 7, 0x9e3779b1) >>> 0);
      await expectAgreement(interpreter, program, { x });
      expect(interpreter.shaders.some(({ wgsl }) => wgsl.includes('kind1_run'))).toBe(true);
    } finally {
      host.close();
    }
  });
});
