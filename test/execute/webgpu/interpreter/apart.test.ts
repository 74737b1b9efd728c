/** Results that cannot be written where they belong at once: what they leave alone stays, and of coinciding elements the last one. */
import { test } from 'vitest';
import { codeArray } from '../../../../src/numerics';
import type { ChipPattern, Dim, Instruction, Program, SbufTensor } from '../../../../src/program';
import { kernel, trace } from '../../../../src/kernel';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';

const sbuf = (
  name: string,
  dtype: SbufTensor['dtype'],
  elements: number,
  address: number,
  partitions = 16,
): SbufTensor => ({ space: 'sbuf', name, dtype, partition: 0, partitions, elements, address });

const on = ({ name, dtype, partitions }: SbufTensor, dims: readonly Dim[], offset = 0): ChipPattern => ({
  space: 'sbuf',
  tensor: name,
  dtype,
  partition: 0,
  partitions,
  offset,
  dims,
});

/** Tensors loaded from inputs of their names, then an instruction. */
function loaded(tensors: readonly SbufTensor[], instruction: Instruction): Program {
  return {
    chip: 'trn2',
    tensors: [
      ...tensors,
      ...tensors.map(({ name, dtype, partitions, elements }) => {
        return {
          space: 'hbm',
          name: `${name}_in`,
          dtype,
          shape: [partitions, elements],
          role: 'input',
        } as const;
      }),
    ],
    instructions: [
      ...tensors.map((tensor): Instruction => {
        const { name, dtype, partitions, elements } = tensor;
        const src = {
          space: 'hbm',
          tensor: `${name}_in`,
          dtype,
          offset: 0,
          dims: [[1, partitions * elements]],
        } as const;
        return {
          opcode: 'dma_copy',
          id: name,
          engine: 'sync',
          dst: on(tensor, [[1, elements]]),
          sources: { src },
          attributes: {},
        };
      }),
      instruction,
    ],
  };
}

onEveryAdapter((adapter) => {
  test('topk whose results share words leaves the rest of them alone', async () => {
    const src = sbuf('src', 'bfloat16', 10, 128);
    const values = sbuf('values', 'bfloat16', 7, 192);
    const places = sbuf('places', 'uint32', 7, 192);
    const program = loaded([src, values, places], {
      opcode: 'topk',
      id: 'topk',
      engine: 'gpsimd',
      dst: on(values, [[1, 7]]),
      results: { idx_dst: on(places, [[1, 7]]) },
      sources: { src: on(src, [[2, 5], [2, 1], [1, 1]]) }, // prettier-ignore
      attributes: { n: 8 },
    });
    await expectAgreement(adapter.interpreter, program, {
      src_in: codeArray('bfloat16', 160).map((_, at) => 0x3f80 + ((at * 37) % 101)),
      values_in: codeArray('bfloat16', 112).map((_, at) => at),
      places_in: codeArray('uint32', 112).map((_, at) => at + 1000),
    });
  });

  test('topk leaves alone what it does not write of elements that coincide', async () => {
    const src = sbuf('src', 'bfloat16', 1, 0);
    const values = sbuf('values', 'bfloat16', 2, 64);
    const places = sbuf('places', 'uint32', 2, 128);
    const program = loaded([src, values, places], {
      opcode: 'topk',
      id: 'topk',
      engine: 'gpsimd',
      dst: on(values, [[1, 2]]),
      results: { idx_dst: on(places, [[0, 2]]) },
      sources: { src: on(src, [[1, 1]]) },
      attributes: { n: 8 },
    });
    await expectAgreement(adapter.interpreter, program, {
      src_in: codeArray('bfloat16', 16).map((_, at) => 0x3f80 + ((at * 37) % 101)),
      values_in: codeArray('bfloat16', 32),
      places_in: codeArray('uint32', 32),
    });
  });

  test('of elements of dst that coincide the last in the order of the pattern stays', async () => {
    const ids = sbuf('ids', 'int32', 12, 0, 1);
    const bounds = sbuf('bounds', 'int32', 30, 64, 1);
    const program = loaded([ids, bounds], {
      opcode: 'sequence_bounds',
      id: 'bounds_of',
      engine: 'gpsimd',
      dst: on(bounds, [[0, 3], [4, 2], [1, 4]], 8), // prettier-ignore
      sources: { segment_ids: on(ids, [[1, 12]]) },
      attributes: {},
    });
    await expectAgreement(adapter.interpreter, program, {
      ids_in: Uint32Array.of(1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 0, 0),
      bounds_in: codeArray('int32', 30).fill(7),
    });
  });

  test('what a step reads is reported before what it writes', async () => {
    const reported = kernel('reported', ['x', 'places'], (nc, { x, places }) => {
      const [data, index, out] = [
        nc.sbuf([16, 4], 'float32'),
        nc.sbuf([16, 1], 'uint16'),
        nc.sbuf([16, 8], 'float32'),
      ];
      nc.dma_copy(data, { src: x });
      nc.dma_copy(index, { src: places });
      nc.memset(out, { code: 0 });
      nc.activation(out.indirect(index, 4), { op: 'reciprocal', data });
      nc.dma_copy(nc.hbm('y', [16, 8], 'float32'), { src: out });
    });
    const { program } = trace(reported, {
      chip: 'trn3',
      inputs: { x: { shape: [16, 4], dtype: 'float32' }, places: { shape: [16, 1], dtype: 'uint16' } },
    });
    await expectAgreement(adapter.interpreter, program, {
      x: codeArray('float32', 64).fill(0x7e000000), // 2^125: outside the range of the reciprocal
      places: Uint16Array.from({ length: 16 }, (_, at) => at % 3),
    });
  });
});
