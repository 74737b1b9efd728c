/**
 * The part of a lowered Program that some of its stores depend on: walking backwards, an instruction belongs to it when it
 * writes memory that a later one of it reads. Regions are boxes of partitions by bytes; a write that fills a whole box ends the
 * search for it. What is not certain counts as needed, so that a slice computes what the whole Program would.
 *
 * HBM is cut down to what the slice touches: each load reads an input of its own, each store writes an output of its own, and
 * says which elements of the whole tensor these are.
 */
import { bytesOf, countOf, hbm } from '../../program';
import type {
  ChipPattern,
  Dim,
  HbmPattern,
  HbmTensor,
  Instruction,
  Pattern,
  StraightProgram,
  Tensor,
} from '../../program';
import { readsOf, writesOf } from '../../program';

/** An HBM tensor of a slice, and the elements of the whole Program's tensor that it stands for. */
export interface Part {
  readonly name: string;
  readonly of: HbmPattern;
}

export interface Slice {
  readonly program: StraightProgram;
  readonly inputs: readonly Part[];
  /** In the order in which they are stored. */
  readonly outputs: readonly Part[];
}

/** Bytes of partitions first .. last - 1 from start to end. */
interface Region {
  readonly space: 'sbuf' | 'psum';
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
}

/** Of a Program of dma_copy, nc_matmul, tensor_copy and tensor_tensor, as lowering makes it, whose HBM outputs are not read. */
export function sliceOf(program: StraightProgram, wanted: (store: HbmPattern) => boolean): Slice {
  const places = new Map(program.tensors.map((tensor) => [tensor.name, tensor]));
  let needed: Region[] = [];
  const taken: Instruction[] = [];
  for (const instruction of program.instructions.toReversed()) {
    if (!isNeeded(instruction, wanted, needed, places)) continue;
    taken.push(instruction);
    for (const { pattern } of writesOf(instruction)) {
      if (pattern.space !== 'hbm' && isDense(pattern))
        needed = needed.filter((region) => !contains(regionOf(pattern, places), region));
    }
    for (const pattern of allReads(instruction)) {
      if (pattern.space === 'hbm') continue;
      const region = regionOf(pattern, places);
      if (!needed.some((other) => contains(other, region))) needed.push(region);
    }
  }
  return detached(program, taken.reverse());
}

function isNeeded(
  { dst }: Instruction,
  wanted: (store: HbmPattern) => boolean,
  needed: readonly Region[],
  places: ReadonlyMap<string, Tensor>,
): boolean {
  if (dst === undefined) return false;
  if (dst.space === 'hbm') return wanted(dst);
  const region = regionOf(dst, places);
  return needed.some((other) => overlaps(region, other));
}

/** What an instruction reads, with what it adds to. */
function allReads(instruction: Instruction): readonly Pattern[] {
  const reads = readsOf(instruction).map(({ pattern }) => pattern);
  return instruction.opcode === 'nc_matmul' && instruction.attributes.accumulate
    ? [...reads, instruction.dst]
    : reads;
}

function regionOf(pattern: ChipPattern, places: ReadonlyMap<string, Tensor>): Region {
  const { space, partition, partitions, offset, dims, dtype } = pattern;
  const tensor = places.get(pattern.tensor);
  const base =
    tensor?.space === 'sbuf' ? tensor.address : tensor?.space === 'psum' ? tensor.bank * BANK_BYTES : 0;
  const width = bytesOf(dtype);
  const last = dims.reduce((sum, [stride, count]) => sum + stride * (count - 1), offset);
  return {
    space,
    first: partition,
    last: partition + partitions,
    start: base + offset * width,
    end: base + (last + 1) * width,
  };
}
const BANK_BYTES = 2048;

/** Whether a pattern writes every byte of its region. Lowering writes no element twice. */
function isDense({ dims }: ChipPattern): boolean {
  return countOf(dims) === dims.reduce((sum, [stride, count]) => sum + stride * (count - 1), 1);
}

function overlaps(one: Region, other: Region): boolean {
  return (
    one.space === other.space &&
    one.first < other.last &&
    other.first < one.last &&
    one.start < other.end &&
    other.start < one.end
  );
}

function contains(outer: Region, inner: Region): boolean {
  return (
    outer.space === inner.space &&
    outer.first <= inner.first &&
    inner.last <= outer.last &&
    outer.start <= inner.start &&
    inner.end <= outer.end
  );
}

function detached({ chip, tensors }: StraightProgram, taken: readonly Instruction[]): Slice {
  const inputs = new Map<string, { readonly part: Part; readonly tensor: HbmTensor }>();
  const outputs: { readonly part: Part; readonly tensor: HbmTensor }[] = [];
  const partOf = (of: HbmPattern, name: string, role: HbmTensor['role']) => ({
    part: { name, of },
    tensor: { space: 'hbm', name, dtype: of.dtype, shape: of.dims.map(([, count]) => count), role } as const,
  });
  const instructions = taken.map((instruction): Instruction => {
    if (instruction.opcode !== 'dma_copy') return instruction;
    const { dst } = instruction;
    const { src } = instruction.sources;
    if (src.space === 'hbm') {
      const key = JSON.stringify([src.tensor, src.offset, src.dims]);
      const input = inputs.get(key) ?? partOf(src, `${src.tensor}_${inputs.size}`, 'input');
      inputs.set(key, input);
      return { ...instruction, sources: { src: hbm(input.tensor, 0, denseDims(src.dims)) } };
    }
    if (dst.space !== 'hbm') return instruction;
    const output = partOf(dst, `${dst.tensor}_${outputs.length}`, 'output');
    outputs.push(output);
    return { ...instruction, dst: hbm(output.tensor, 0, denseDims(dst.dims)) };
  });
  const parts = [...inputs.values(), ...outputs];
  return {
    program: {
      chip,
      tensors: [...parts.map(({ tensor }) => tensor), ...tensors.filter(({ space }) => space !== 'hbm')],
      instructions,
    },
    inputs: [...inputs.values()].map(({ part }) => part),
    outputs: outputs.map(({ part }) => part),
  };
}

/** The same extents, each element beside the one before. */
function denseDims(dims: readonly Dim[]): readonly Dim[] {
  return dims.map(([, count], index): Dim => [countOf(dims.slice(index + 1)), count]);
}
