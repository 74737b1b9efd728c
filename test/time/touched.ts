/**
 * Which bytes each instruction of a stream touches, one by one, and which pairs of instructions a timeline keeps apart: what
 * dependencies are held against. Written from what patterns and tracks mean, and for small streams only.
 */
import { CHIPS, type ChipName } from '../../src/chip';
import { accessedParts } from '../../src/isa';
import { bytesOf, offsetsOf, readsOf, tensorBytes, writesOf } from '../../src/program';
import type { Instruction, Pattern, Tensor } from '../../src/program';
import { trackOf } from '../../src/time/tracks';
import type { Dependencies, Stream } from '../../src/time/types';

export interface Touched {
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
}

/** Room for the bytes of a partition, of a space, and of a tensor in HBM. */
const [PARTITION, SPACE] = [2 ** 20, 2 ** 30];

export function touchedBy({ program: { chip, tensors }, instructions }: Stream): readonly Touched[] {
  const homes = new Map(tensors.map((tensor, at) => [tensor.name, { tensor, base: SPACE * (at + 2) }]));
  const bytes = (instruction: Instruction, operand: string, pattern: Pattern): readonly number[] => {
    const home = homes.get(pattern.tensor);
    if (home === undefined) return [];
    const parts = operand.endsWith('.index') ? undefined : accessedParts(instruction, operand);
    return (parts ?? [pattern]).flatMap((part) => {
      const elements = isChosen(instruction, operand, part)
        ? Array.from({ length: tensorBytes(home.tensor) }, (_, at) => at)
        : bytesAt(part);
      if (home.tensor.space === 'hbm' || part.space === 'hbm') return elements.map((at) => home.base + at);
      const first = startOf(home.tensor, chip);
      return Array.from({ length: part.partitions }, (_, q) => PARTITION * (part.partition + q)).flatMap(
        (row) => elements.map((at) => first + row + at),
      );
    });
  };
  return instructions.map((instruction) => {
    const reads = new Set(
      readsOf(instruction).flatMap(({ name, pattern }) => bytes(instruction, name, pattern)),
    );
    const writes = new Set(
      writesOf(instruction).flatMap(({ name, pattern }) => bytes(instruction, name, pattern)),
    );
    if ('accumulate' in instruction.attributes && instruction.attributes.accumulate) {
      for (const byte of writes) reads.add(byte);
    }
    return { reads, writes };
  });
}

function isChosen({ sources }: Instruction, operand: string, { index, registers }: Pattern): boolean {
  if (index !== undefined || registers !== undefined) return true;
  const chosen: Readonly<Record<string, readonly string[]>> = {
    dst: ['dst_index'],
    src: ['src_index'],
    src0: ['src_index', 'dst_index'],
  };
  return chosen[operand]?.some((index) => index in sources) ?? false;
}

function bytesAt(pattern: Pattern): readonly number[] {
  const width = bytesOf(pattern.dtype);
  return [...offsetsOf(pattern)].flatMap((offset) =>
    Array.from({ length: width }, (_, byte) => offset * width + byte),
  );
}

function startOf(tensor: Exclude<Tensor, { space: 'hbm' }>, chip: ChipName): number {
  return tensor.space === 'sbuf' ? tensor.address : SPACE + tensor.bank * CHIPS[chip].psum.bankBytes;
}

export function share(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  const [few, many] = one.size < other.size ? [one, other] : [other, one];
  for (const byte of few) if (many.has(byte)) return true;
  return false;
}

export interface Edge {
  readonly before: number;
  readonly after: number;
  readonly kind: number;
}

export function edgesOf({ offsets, indices, kinds }: Dependencies): readonly Edge[] {
  return [...offsets].slice(0, -1).flatMap((begin, after) =>
    Array.from({ length: (offsets[after + 1] ?? 0) - begin }, (_, at) => ({
      before: indices[begin + at] ?? -1,
      after,
      kind: kinds[begin + at] ?? -1,
    })),
  );
}

/** Pairs that share bytes of which one is written, and that nothing keeps in order; edges must point backward. */
export function unordered(stream: Stream, edges: readonly Edge[]): readonly string[] {
  const { instructions } = stream;
  const touched = touchedBy(stream);
  const tracks = instructions.map(trackOf);
  const before = tracks
    .map((track, at) => tracks.lastIndexOf(track, at - 1))
    .map((at, own) => (own === 0 ? -1 : at));
  /** Those that have ended when it starts, and when it ends: an edge waits for an end, and on a track both are in order. */
  const [ended, done]: [Set<number>[], Set<number>[]] = [[], []];
  for (let at = 0; at < instructions.length; at++) {
    const previous = before[at] ?? -1;
    const starts = new Set(ended[previous]);
    for (const edge of edges) {
      if (edge.after === at) for (const other of done[edge.before] ?? []) starts.add(other);
    }
    ended.push(starts);
    done.push(new Set([...starts, ...(done[previous] ?? []), at]));
  }
  const problems: string[] = [];
  for (let at = 0; at < instructions.length; at++) {
    for (let other = 0; other < at; other++) {
      const [now, then] = [touched[at], touched[other]];
      if (now === undefined || then === undefined || ended[at]?.has(other) === true) continue;
      const needs = share(now.reads, then.writes);
      const displaces = share(now.writes, then.reads) || share(now.writes, then.writes);
      // An engine takes one after the other, but what it computes is there some cycles later only; DMAs of a queue move at once.
      const inOrder = tracks[at] === tracks[other] && tracks[at] !== 'loads' && tracks[at] !== 'stores';
      if (needs || (displaces && !inOrder)) problems.push(`${at} ${needs ? 'needs' : 'displaces'} ${other}`);
    }
  }
  return problems;
}

/** Edges of data and place between instructions that share no byte that asks for it. */
export function needless(stream: Stream, edges: readonly Edge[]): readonly Edge[] {
  const touched = touchedBy(stream);
  const none: Touched = { reads: new Set(), writes: new Set() };
  return edges.filter(({ before, after, kind }) => {
    const [then, now] = [touched[before] ?? none, touched[after] ?? none];
    if (kind === 0) return !share(then.writes, now.reads);
    return kind === 1 && !share(then.reads, now.writes) && !share(then.writes, now.writes);
  });
}
