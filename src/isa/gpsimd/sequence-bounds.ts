/**
 * sequence_bounds (nki.isa.sequence_bounds): for each element, where the segment that it belongs to starts and ends. A segment is
 * a run of equal ids that are not 0; the end is the position after its last element. Padding, id 0, starts at N and ends at -1.
 *
 * Named choices: ids compare in their own format, int32 exactly, float32 as `equal` does (-0 is 0, NaN equals nothing, so that each
 * is a segment by itself). NKI asks for non-negative integers: others are segments too, and the run reports them.
 */
import { decodeArray } from '../../numerics';
import type { CodeArray } from '../../numerics';
import type { ChipPattern } from '../../program';
import { gpsimd } from '../cost';
import { ALL_CHIPS, type Entry, type Machine, type Problem } from '../entry';
import { operandProblems, spaceProblem, widthOf } from '../rules';
import { integerCodes } from './integers';

function formatProblem(name: string, { dtype }: ChipPattern): Problem {
  return dtype === 'float32' || dtype === 'int32'
    ? undefined
    : `${name} must be float32 or int32, received ${dtype}.`;
}

const idsOf = ({ dtype }: ChipPattern, codes: CodeArray): Int32Array | Float32Array =>
  dtype === 'int32' ? Int32Array.from(codes) : decodeArray(dtype, codes);

/** All starts, then all ends. */
function boundsOf(ids: Int32Array | Float32Array): Int32Array<ArrayBuffer> {
  const n = ids.length;
  const bounds = new Int32Array(2 * n).fill(n, 0, n).fill(-1, n);
  for (let start = 0, end: number; start < n; start = end) {
    end = start + 1;
    while (end < n && ids[end] === ids[start]) end++;
    if (ids[start] !== 0) bounds.fill(start, start, end).fill(end, n + start, n + end);
  }
  return bounds;
}

function reportIds(ids: Int32Array | Float32Array, machine: Machine): void {
  const isWrong = (id: number) => !(Number.isInteger(id) && id >= 0);
  const first = ids.findIndex(isWrong);
  if (first < 0) return;
  let count = 0;
  for (const id of ids) if (isWrong(id)) count++;
  machine.report('segment-id', 'segment_ids', ...idTexts(count, ids.length, ids[first] ?? NaN, first));
}

/** What was required of ids, and what was received: `count` others of all, the first one and its position. */
export const idTexts = (
  count: number,
  of: number,
  first: number,
  at: number,
): readonly [required: string, received: string] => [
  'non-negative integers',
  `${count} of ${of} others, the first ${first} (element ${at})`,
];

export const sequenceBounds: Entry<'sequence_bounds'> = {
  summary: 'dst = where the run of equal segment_ids of each element starts, and where it ends.',
  chips: ALL_CHIPS,
  engines: ['gpsimd'],
  rules: [
    'dst and segment_ids are in SBUF, 1 partition of float32 or int32; dst has twice the elements, all starts before all ends.',
    'The end is the position after the last element; an id of 0 is padding, which starts at N and ends at -1.',
    'int32 ids compare exactly, float32 ids as float32: -0 is padding, every NaN is a segment by itself.',
    'An id that is not a non-negative integer makes a segment as others do, and a run reports it.',
  ],
  problems: ({ engine, dst, sources }, chip) => {
    const { segment_ids } = sources;
    const [wanted, received] = [2 * widthOf(segment_ids), widthOf(dst)];
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('segment_ids', segment_ids, ['sbuf']),
      ...operandProblems({ dst, ...sources }, engine, chip),
      formatProblem('dst', dst),
      formatProblem('segment_ids', segment_ids),
      segment_ids.partitions === 1
        ? undefined
        : `segment_ids must have 1 partition, received ${segment_ids.partitions}.`,
      dst.partitions === 1 && received === wanted
        ? undefined
        : `dst must be 1 x ${wanted} (partitions x twice the elements of segment_ids), received ${dst.partitions} x ${received}.`,
    ];
  },
  run: ({ dst, sources: { segment_ids } }, machine) => {
    const ids = idsOf(segment_ids, machine.read('segment_ids', segment_ids));
    machine.write(dst, integerCodes(dst.dtype, boundsOf(ids)));
    reportIds(ids, machine);
  },
  cost: {
    words: '150 + N GpSimd cycles',
    documented: false,
    work: ({ sources: { segment_ids } }) => gpsimd(widthOf(segment_ids)),
  },
};
