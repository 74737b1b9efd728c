/**
 * The epilogue of a product, on the float32 sums of a window: the same steps as the instructions of its Program, each rounded
 * to float32 once (docs/numerics.md, Epilogues). Subnormals are kept on every adapter: nothing here is worth flushing for.
 */
import { ACTIVATIONS } from '../../isa/functions';
import type { MatmulPlan } from '../../lower';
import { decodeArray, type CodeArray, type Dtype } from '../../numerics';
import type { MatmulOperands, Window } from '../matmul';

/** Applies the plan's epilogue to the sums of a window, row-major, where they are. */
export function applyEpilogue(
  { n, epilogue = {} }: MatmulPlan,
  { bias, residual }: MatmulOperands,
  sums: Float32Array,
  { m0, m1, n0, n1 }: Window,
): void {
  const { scale, activation, outScale } = epilogue;
  const width = n1 - n0;
  const each = (step: (value: number, column: number) => number, row: Float32Array) => {
    for (let column = 0; column < width; column++) row[column] = step(row[column] ?? NaN, column);
  };
  const shifts = decoded(epilogue.bias, bias, n0, n1);
  const apply = activation === undefined ? undefined : ACTIVATIONS[activation].apply;
  for (let m = m0; m < m1; m++) {
    const row = sums.subarray((m - m0) * width, (m - m0 + 1) * width);
    if (scale !== undefined) each((value) => value * scale, row);
    if (shifts !== undefined) each((value, column) => value + (shifts[column] ?? NaN), row);
    if (apply !== undefined) each(apply, row);
    const added = decoded(epilogue.residual, residual, m * n + n0, m * n + n1);
    if (added !== undefined) each((value, column) => value + (added[column] ?? NaN), row);
    if (outScale !== undefined) each((value) => value * outScale, row);
  }
}

function decoded(
  dtype: Dtype | undefined,
  codes: CodeArray | undefined,
  begin: number,
  end: number,
): Float32Array | undefined {
  return dtype === undefined || codes === undefined
    ? undefined
    : decodeArray(dtype, codes.subarray(begin, end));
}
