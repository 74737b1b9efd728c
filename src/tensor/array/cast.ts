/** Other formats of the same numbers, and other numbers of the same bits. */
import { bitsOf, ROUNDINGS, UserError, type Dtype, type Rounding } from '../../numerics';
import { make } from '../graph';
import type { NDArray } from './ndarray';
import { keyNode, nodeOf } from './operands';
import { optionsOf } from './options';

export interface AstypeOptions {
  /** nearest-even when left out. */
  readonly rounding?: Rounding;
  /** Numbers beyond the largest finite one become it. Integers always do. */
  readonly saturate?: boolean;
  /** What stochastic rounding draws from: `arrays.key(seed)`. */
  readonly key?: NDArray;
}

const ASTYPE = ['rounding', 'saturate', 'key'] as const;

/** Each number rounded once to the format. */
export function astype(x: NDArray, dtype: Dtype, options: AstypeOptions = {}): NDArray {
  const { rounding = 'nearest-even', saturate = false, key } = optionsOf('astype', options, ASTYPE);
  const node = nodeOf('astype', x);
  x.arrays.checkDtype('astype', dtype);
  if (!ROUNDINGS.includes(rounding))
    throw new UserError(`astype: rounding is one of ${ROUNDINGS.join(', ')}; received ${rounding}.`);
  if ((rounding === 'stochastic') !== (key !== undefined))
    throw new UserError(
      'astype: stochastic rounding needs a key, as arrays.key(seed) gives, and only it takes one.',
    );
  const drawn = key && { key: keyNode('astype', x.arrays, key) };
  return x.arrays.adopt(make.cast(node, dtype, { rounding, saturate, ...drawn }));
}

/** The same codes as those of another format of as many bits. */
export function bitcast(x: NDArray, dtype: Dtype): NDArray {
  x.arrays.checkDtype('bitcast', dtype);
  if (bitsOf(dtype) !== bitsOf(x.dtype))
    throw new UserError(`bitcast: ${x.dtype} has ${bitsOf(x.dtype)} bits, ${dtype} ${bitsOf(dtype)}.`);
  return x.arrays.adopt(make.bitcast(nodeOf('bitcast', x), dtype));
}
