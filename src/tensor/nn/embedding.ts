/** Rows of a table by number. */
import { UserError, type Dtype } from '../../numerics';
import { describe, type NDArray } from '../array/ndarray';
import { optionsOf } from '../array/options';
import { make } from '../graph';
import { layer, numbersBelow, requireExtent, type Layer } from './layer';

export interface EmbeddingOptions {
  readonly count: number;
  readonly width: number;
  readonly dtype?: Dtype;
}

/** table [count, width]. */
export interface EmbeddingParameters {
  readonly table: NDArray;
}

/** Numbers of int32 [...] to [..., width]. @throws UserError where the host knows a number that is not of 0 to count - 1; else reading the result fails. */
export function embedding(options: EmbeddingOptions): Layer<EmbeddingParameters> {
  const { count, width, dtype = 'float32' } = optionsOf('embedding', options, ['count', 'width', 'dtype']);
  requireExtent('embedding', 'count', count);
  requireExtent('embedding', 'width', width);
  return layer(
    (draws) => ({ table: draws.uniform([count, width], 1 / Math.sqrt(width), dtype) }),
    ({ table }, numbers) => {
      if (numbers.dtype !== 'int32')
        throw new UserError(`embedding: takes numbers of int32; received ${describe(numbers)}.`);
      const node = numbersBelow('embedding', table.arrays, 'numbers', numbers, table.shape[0] ?? 0);
      const index = make.reshape(node, [1, numbers.size]);
      const data = make.reshape(table.nodeFor('embedding'), [1, ...table.shape]);
      const what = `embedding of ${describe(numbers)} in a table of ${table.shape[0] ?? 0} rows`;
      const rows = make.gather(data, index, { outside: 'fault', what });
      return table.arrays.adopt(make.reshape(rows, [...numbers.shape, table.shape[1] ?? 0]));
    },
  );
}
