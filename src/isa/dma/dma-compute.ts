/**
 * dma_compute (nki.isa.dma_compute, NKI 0.6.0): dst = the sum of sources times their scales, in float32. With indices it reads,
 * adds and writes: dst[indices] += data in HBM (scatter), or dst += data[indices] in SBUF (gather).
 *
 * Named choices: src0 x scale0 is rounded, then each further product, rounded, is added with one rounding, in the order of the
 * sources, and the sum rounds once more to dst's format. A scatter takes its rows in order, each seeing what the rows
 * before it wrote, so that indices may repeat; where they were declared unique, that is reported.
 */
import { dtypeProblem } from '../../chip';
import { decodeArray, encodeArray } from '../../numerics';
import { elementsOf } from '../../program';
import type { Instruction, Pattern } from '../../program';
import { ALL_CHIPS, type Entry, type Machine, type Problem } from '../entry';
import { indexProblem, isVector, partsOf, readIndices, type Side } from './indirect';
import { gather, keptOf, scatter } from './move';
import { dgeProblem, DMA_ENGINES, dmaOperandProblem } from './queue';

type Compute = Instruction<'dma_compute'>;

const SOURCES = [
  'src0',
  'src1',
  'src2',
  'src3',
  'src4',
  'src5',
  'src6',
  'src7',
  'src8',
  'src9',
  'src10',
  'src11',
  'src12',
  'src13',
  'src14',
  'src15',
] as const satisfies readonly (keyof Compute['sources'])[];

interface Source {
  readonly name: string;
  readonly pattern: Pattern;
}

/** src0, src1, ... of those that there are. */
export function sourcesOf({ sources }: Compute): readonly Source[] {
  return SOURCES.flatMap((name) => {
    const pattern = sources[name];
    return pattern === undefined ? [] : [{ name, pattern }];
  });
}

/** What indices may choose: src0, and dst. */
export function sidesOf({ dst, sources, attributes }: Compute): { readonly from: Side; readonly to: Side } {
  const { src0, src_index, dst_index } = sources;
  const { src_stride, dst_stride } = attributes;
  return {
    from: { name: 'src0', pattern: src0, indexName: 'src_index', index: src_index, stride: src_stride },
    to: { name: 'dst', pattern: dst, indexName: 'dst_index', index: dst_index, stride: dst_stride },
  };
}

function countProblems({ dst, attributes: { scales } }: Compute, sources: readonly Source[]): Problem {
  const gap = sources.findIndex(({ name }, at) => name !== SOURCES[at]);
  if (gap >= 0) return `sources are src0, src1, ... without a gap, received no ${SOURCES[gap] ?? 'src'}.`;
  const elements = elementsOf(dst);
  const other = sources.find(({ pattern }) => elementsOf(pattern) !== elements);
  if (other !== undefined) {
    return `${other.name} must have dst’s element count, ${elements}, received ${elementsOf(other.pattern)}.`;
  }
  if (scales === undefined || scales.length === sources.length) return undefined;
  return `scales must be one for each of ${sources.length} sources, received ${scales.length}.`;
}

/** The same elements: patterns are plain data, whose fields have one order wherever they come from. */
const same = (a: Pattern | undefined, b: Pattern | undefined) =>
  a === b || JSON.stringify(sortedFields(a)) === JSON.stringify(sortedFields(b));

const sortedFields = (pattern: Pattern | undefined) =>
  Object.entries(pattern ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** Rules of reading, adding and writing with indices. */
function indexedProblem(instruction: Compute, sources: readonly Source[]): Problem {
  const { dst, sources: named, attributes } = instruction;
  const { src_index, dst_index, src0, src1 } = named;
  const { scales, dst_stride, src_stride, oob_mode } = attributes;
  if (src_index === undefined && dst_index === undefined) {
    return oob_mode === 'skip' ? 'oob_mode skip takes an index.' : undefined;
  }
  if (sources.length !== 2)
    return `with an index it takes src0 and src1, received ${sources.length} sources.`;
  if (scales?.some((scale) => scale !== 1)) {
    return `with an index scales must be 1, received ${scales.join(', ')}.`;
  }
  if (dst_index === undefined) {
    if (same(src1, dst) && dst.space === 'sbuf') return undefined;
    return 'with src_index dst is in SBUF, and src1 is dst: dst = src0[indices] + dst.';
  }
  if (same(src0, dst) && same(src_index, dst_index) && src_stride === dst_stride && src1?.space === 'sbuf') {
    return undefined;
  }
  return 'with dst_index src0 is dst, at the same indices, and src1 is in SBUF: dst[indices] = dst[indices] + src1.';
}

/** Fixed addresses have their descriptors built before the run, indices have them built on GpSimd. */
function modeProblem({ sources, attributes: { dge_mode: mode = 'unknown' } }: Compute): Problem {
  const indexed = (sources.src_index ?? sources.dst_index) !== undefined;
  const wanted = indexed ? 'swdge' : 'none';
  if (mode === 'unknown' || mode === wanted) return undefined;
  return `dge_mode must be unknown or ${wanted} ${indexed ? 'with' : 'without'} an index, received ${mode}.`;
}

function registersProblem({ dst }: Compute, sources: readonly Source[]): Problem {
  const found = [{ name: 'dst', pattern: dst }, ...sources].find(({ pattern }) => pattern.registers);
  return found && `${found.name} must have an address known before the run, received one with registers.`;
}

/** Adds the scaled values of a source to the sums of those before it; the first one starts them. */
function addScaled(sums: Float32Array | undefined, values: Float32Array, scale: number): Float32Array {
  const factor = Math.fround(scale);
  return values.map((value, at) => {
    const product = Math.fround(value * factor);
    return sums === undefined ? product : (sums[at] ?? NaN) + product;
  });
}

/** dst = the sum of the sources, of which the first can be gathered. */
function sum(instruction: Compute, machine: Machine): void {
  const { dst, attributes } = instruction;
  const { scales, oob_mode } = attributes;
  const { from } = sidesOf(instruction);
  const parts = partsOf(machine, from, readIndices(machine, from), oob_mode);
  const kept = keptOf(elementsOf(dst), parts);
  let sums: Float32Array | undefined;
  for (const [at, { name, pattern }] of sourcesOf(instruction).entries()) {
    const codes = gather(machine, name, pattern.dtype, at === 0 ? parts : [pattern], kept);
    sums = addScaled(sums, decodeArray(pattern.dtype, codes), scales?.[at] ?? 1);
  }
  scatter(machine, [dst], encodeArray(dst.dtype, sums ?? new Float32Array(0)), kept);
}

/** Reports indices that repeat, of parts that are not skipped. */
export function reportRepeated(
  machine: Pick<Machine, 'report'>,
  { indexName }: Side,
  indices: readonly number[],
  parts: readonly unknown[],
): void {
  const met = new Map<number, number>();
  indices.forEach((index, at) => {
    const before = met.get(index);
    if (before !== undefined && parts[at] !== undefined) {
      const received = `${index} as indices ${before} and ${at}`;
      machine.report('index-repeated', indexName, 'every index once (unique_indices)', received);
    }
    met.set(index, at);
  });
}

/** dst[indices] += src1, row after row. */
function scatterSum(instruction: Compute, machine: Machine): void {
  const { dst, sources, attributes } = instruction;
  const { src1 } = sources;
  if (src1 === undefined) throw new Error('Invariant violation: a scatter without data');
  const { to } = sidesOf(instruction);
  const indices = readIndices(machine, to);
  const rows = partsOf(machine, to, indices, attributes.oob_mode);
  if (attributes.unique_indices !== false) reportRepeated(machine, to, indices, rows);
  const kept = keptOf(elementsOf(dst), rows);
  const data = decodeArray(src1.dtype, gather(machine, 'src1', src1.dtype, [src1], kept));
  // What was never written is found before anything is.
  gather(machine, 'src0', dst.dtype, rows, kept);
  const length = data.length / rows.length;
  rows.forEach((row, at) => {
    if (row === undefined) return;
    const held = decodeArray(dst.dtype, machine.read('src0', row));
    const sums = addScaled(held, data.subarray(at * length, (at + 1) * length), 1);
    machine.write(row, encodeArray(dst.dtype, sums));
  });
}

export const dmaCompute: Entry<'dma_compute'> = {
  summary:
    'dst = src0 x scale0 + src1 x scale1 + ..., in float32; with indices dst[indices] += src1, or dst += src0[indices].',
  chips: ALL_CHIPS,
  engines: DMA_ENGINES,
  rules: [
    'dst and up to 16 sources are in HBM or SBUF, of equal element counts and any formats; addresses hold no registers.',
    'Sources decode to float32; each product with its scale is rounded, and added in the order of the sources with one rounding.',
    'With an index: exactly two sources and no scales but 1; dge_mode unknown or swdge, without one unknown or none.',
    'dst_index: dst is in HBM, src0 is dst at the same index and stride, src1 is in SBUF.',
    'src_index alone: src0 is in HBM, src1 is dst, in SBUF.',
    'A scatter adds row after row; unique_indices (unless false) says that no index repeats, and a run reports one that does.',
    'An index outside is an error before anything is written, or skipped: nothing is read or written for it.',
  ],
  problems: (instruction, chip) => {
    const { engine, dst, attributes } = instruction;
    const sources = sourcesOf(instruction);
    const { from, to } = sidesOf(instruction);
    return [
      dmaOperandProblem('dst', dst, chip, dtypeProblem),
      ...sources.map(({ name, pattern }) => dmaOperandProblem(name, pattern, chip, dtypeProblem)),
      registersProblem(instruction, sources),
      countProblems(instruction, sources),
      indexProblem(from, chip),
      indexProblem(to, chip),
      indexedProblem(instruction, sources),
      modeProblem(instruction),
      dgeProblem(
        {
          engine,
          mode: attributes.dge_mode,
          vector: isVector(from) || isVector(to),
          dynamic: (from.index ?? to.index) !== undefined,
          from: from.pattern.dtype,
          to: dst.dtype,
        },
        chip,
      ),
    ];
  },
  run: (instruction, machine) => {
    (instruction.sources.dst_index === undefined ? sum : scatterSum)(instruction, machine);
  },
  cost: {
    words: 'As dma_copy of all sources; before trn3 at half its rate (trainium3_arch.rst)',
    documented: true,
    work: (_, { name }) => ({ unit: 'dma', share: name === 'trn3' ? 1 : 0.5, moved: SOURCES }),
  },
};
