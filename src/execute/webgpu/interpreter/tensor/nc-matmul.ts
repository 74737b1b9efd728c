/**
 * nc_matmul in transpose mode, which moves codes (src/isa/tensor/nc-matmul.ts). Those that multiply go by way of accumulation groups
 * (groups.ts).
 */
import selectWgsl from '../../../../../shaders/interpreter/tensor/select_rows.wgsl';
import { passedRows } from '../../../../isa';
import { bitsOf, decodeArray } from '../../../../numerics';
import { countOf } from '../../../../program';
import type { GpuEntry } from '../entry';

export const ncMatmul: GpuEntry<'nc_matmul'> = {
  peeks: ({ sources: { moving }, attributes }) =>
    attributes.transpose === true ? [{ name: 'moving', pattern: moving }] : [],
  works: ({ dst, sources: { stationary, moving } }, { lowering, peeked: [codes] }) => {
    if (codes === undefined) throw new Error('Invariant violation: a product is a group’s');
    passedRows(decodeArray(moving.dtype, codes), countOf(moving.dims));
    return lowering.lane('select_rows', selectWgsl, {
      operands: {
        dst: lowering.write(dst),
        stationary: lowering.read(stationary),
        moving: lowering.read(moving),
      },
      counted: 'dst',
      crosses: true,
      // Of a 0, sign apart: in a format of 10 bits of mantissa the lowest 13 count for nothing.
      values: {
        MAGNITUDE:
          moving.dtype === 'tfloat32'
            ? '0x7fffe000'
            : `0x${(2 ** (bitsOf(moving.dtype) - 1) - 1).toString(16)}`,
      },
      words: [moving.partitions],
    });
  },
};
