/** nc_find_index8 and nc_match_replace8: see src/isa/vector/find-index8.ts and match-replace8.ts. */
import findIndex8Wgsl from '../../../../../shaders/interpreter/vector/find_index8.wgsl';
import matchReplace8Wgsl from '../../../../../shaders/interpreter/vector/match_replace8.wgsl';
import search8Wgsl from '../../../../../shaders/interpreter/vector/search8.wgsl';
import type { Dtype } from '../../../../numerics';
import { bytesOf } from '../../../../program';
import type { GpuEntry } from '../entry';
import { floatWord } from '../lowering';

/** Of an index that is not found, all ones as the format has them. */
const maskOf = (dtype: Dtype) => 2 ** (8 * bytesOf(dtype)) - 1;

export const findIndex8: GpuEntry<'nc_find_index8'> = {
  works: ({ dst, sources: { data, vals } }, { lowering }) =>
    lowering.lane('nc_find_index8', search8Wgsl + findIndex8Wgsl, {
      operands: { dst: lowering.write(dst), data: lowering.read(data), vals: lowering.read(vals) },
      counted: 'data',
      values: { DESCENDING: 0, MASK: maskOf(dst.dtype) },
      functions: {},
    }),
};

export const matchReplace8: GpuEntry<'nc_match_replace8'> = {
  works: ({ dst, results, sources: { data, vals }, attributes }, { lowering }) => {
    const index = results?.dst_idx;
    return lowering.lane('nc_match_replace8', search8Wgsl + matchReplace8Wgsl, {
      operands: {
        dst: lowering.write(dst, attributes),
        ...(index !== undefined && { index: lowering.write(index) }),
        data: lowering.read(data),
        vals: lowering.read(vals),
      },
      counted: 'data',
      values: {
        DESCENDING: 1,
        CODES: Number(data.dtype === dst.dtype && attributes.saturate !== true),
        INDEX: Number(index !== undefined),
        MASK: index === undefined ? 0 : maskOf(index.dtype),
      },
      functions: {},
      words: [floatWord(attributes.imm)],
    });
  },
};
