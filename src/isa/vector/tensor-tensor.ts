/**
 * tensor_tensor (nki.isa.tensor_tensor): dst = data1 op data2, element by element. Inputs are converted to float32, the
 * operation rounds to float32, and the result rounds once more to dst's format.
 */
import { decodeArray } from '../../numerics';
import type { AluOp } from '../../program';
import { encodeWrite, writeProblem } from '../convert';
import type { Entry } from '../entry';
import { operandProblems, shapeProblem, spaceProblem } from '../rules';

/** float32 in, float32 out. */
const ALU = {
  add: (x, y) => Math.fround(x + y),
} as const satisfies Record<AluOp, (x: number, y: number) => number>;

export const tensorTensor: Entry<'tensor_tensor'> = {
  engines: ['vector', 'gpsimd'],
  problems: ({ engine, dst, sources, attributes }, chip) => [
    spaceProblem('dst', dst, ['sbuf', 'psum']),
    spaceProblem('data1', sources.data1, ['sbuf', 'psum']),
    spaceProblem('data2', sources.data2, ['sbuf', 'psum']),
    sources.data1.space === 'psum' && sources.data2.space === 'psum'
      ? 'data1 and data2 must not both be in PSUM: copy one of them to SBUF.'
      : undefined,
    ...operandProblems({ dst, ...sources }, engine, chip),
    shapeProblem({ dst, ...sources }),
    writeProblem(attributes),
  ],
  run: ({ dst, sources: { data1, data2 }, attributes }, memory) => {
    const operate = ALU[attributes.op];
    const right = decodeArray(data2.dtype, memory.read('data2', data2));
    const left = decodeArray(data1.dtype, memory.read('data1', data1));
    memory.write(
      dst,
      encodeWrite(
        dst,
        left.map((value, index) => operate(value, right[index] ?? NaN)),
        attributes,
      ),
    );
  },
  cost: 'N cycles when one input is in PSUM and the other in SBUF, or both are bfloat16 in SBUF; else 2N; at least 64',
};
