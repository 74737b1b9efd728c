/**
 * nonzero_with_count (nki.isa.nonzero_with_count): the positions of the elements that are not zero, padding behind them, and how many
 * they are. Each core works on the first of its 16 partitions; the others are neither read nor written.
 *
 * Named choices: -0 is zero, NaN is not; positions + index_offset wrap to 32 bits; src and dst lie on the same partitions, since a core
 * reaches no others.
 */
import { decodeArray } from '../../numerics';
import { gpsimd } from '../cost';
import type { Entry } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { firstPartitions, samePartitionsProblem } from './cores';
import { integerCodes, wordProblem } from './integers';

export const nonzeroWithCount: Entry<'nonzero_with_count'> = {
  summary:
    'dst = in every 16th partition, the positions of the elements of src that are not zero, padding, and their count.',
  chips: ['trn2', 'trn3'],
  engines: ['gpsimd'],
  rules: [
    'dst and src are in SBUF, on the same partitions; dst has one element of each more than src.',
    'src is float32 or int32, dst int32; -0 is zero, NaN is not.',
    'Only partitions 0, 16, 32, ... of the operands are read and written.',
    'index_offset and padding_val are 32-bit signed integers; position + index_offset wraps.',
    'The count is the last element, whatever lies between.',
  ],
  problems: ({ engine, dst, sources, attributes }, chip) => {
    const { src } = sources;
    const [wanted, received] = [widthOf(src) + 1, widthOf(dst)];
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('src', src, ['sbuf']),
      ...operandProblems({ dst, ...sources }, engine, chip),
      samePartitionsProblem(dst, sources),
      src.dtype === 'float32' || src.dtype === 'int32'
        ? undefined
        : `src must be float32 or int32, received ${src.dtype}.`,
      dst.dtype === 'int32' ? undefined : `dst must be int32, received ${dst.dtype}.`,
      wanted === received
        ? undefined
        : `dst must have an element of each partition more than src, ${wanted}, received ${received}.`,
      wordProblem('index_offset', attributes.index_offset ?? 0),
      wordProblem('padding_val', attributes.padding_val ?? 0),
    ];
  },
  parts: ({ dst, sources: { src } }, operand) => firstPartitions(operand === 'dst' ? dst : src),
  run: ({ dst, sources: { src }, attributes }, machine) => {
    const { index_offset = 0, padding_val = -1 } = attributes;
    const found = firstPartitions(src).map((part) => {
      const values = decodeArray(src.dtype, machine.read('src', part));
      const row = new Int32Array(values.length + 1).fill(padding_val);
      let count = 0;
      values.forEach((value, position) => {
        if (value !== 0) row[count++] = position + index_offset;
      });
      row[values.length] = count;
      return row;
    });
    firstPartitions(dst).forEach((part, core) => {
      machine.write(part, integerCodes(dst.dtype, found[core] ?? new Int32Array()));
    });
  },
  cost: {
    words: '150 + N GpSimd cycles',
    documented: false,
    work: ({ sources: { src } }) => gpsimd(widthOf(src)),
  },
};
