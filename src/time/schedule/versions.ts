/**
 * Versions of tensors on chip. What a tensor holds begins anew with a write after which nothing is read any more that was there
 * before: found by going backward with what is still to be read. Tensors that are written in parts, or in and around a loop,
 * stay whole as far as that is so.
 */
import { isLoop, readsOf, writesOf } from '../../program';
import type { Instruction, PsumTensor, SbufTensor } from '../../program';
import { mayKeep, READS, WRITES, type Accesses } from './accesses';
import { isEmpty, joined, regionRead, regionWritten, wholeOf, without, type Region } from './regions';

/** All arrays but `of` have an element for each version. Versions are numbered by the nodes that touch them first. */
export interface Versions {
  readonly count: number;
  /** For each access: the version that it is of; -1 in HBM. */
  readonly of: Int32Array;
  /** Index of its tensor. */
  readonly tensor: Int32Array;
  /** The nodes that touch it first and last. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** 1 where it is read before it is written: what it holds came through another tensor. */
  readonly inherited: Uint8Array;
}

export function versionsOf(accesses: Accesses): Versions {
  const { nodes, tensors, offsets, tensor, how } = accesses;
  const begins = beginnings(accesses);
  const of = new Int32Array(tensor.length).fill(-1);
  const current = new Int32Array(tensors.length).fill(-1);
  const owner: number[] = [];
  const first: number[] = [];
  const last: number[] = [];
  const inherited: number[] = [];
  for (let node = 0; node < nodes.length; node++) {
    const end = offsets[node + 1] ?? 0;
    for (let at = offsets[node] ?? 0; at < end; at++) {
      const number = tensor[at] ?? 0;
      if (tensors[number]?.space === 'hbm') continue;
      let version = current[number] ?? -1;
      if (version < 0 || begins[at] === 1) {
        version = owner.length;
        current[number] = version;
        owner.push(number);
        first.push(node);
        last.push(node);
        inherited.push(how[at] === READS ? 1 : 0);
      }
      last[version] = node;
      of[at] = version;
    }
  }
  return {
    count: owner.length,
    of,
    tensor: Int32Array.from(owner),
    first: Int32Array.from(first),
    last: Int32Array.from(last),
    inherited: Uint8Array.from(inherited),
  };
}

/** For each access: 1 where a new version begins with it. */
function beginnings(accesses: Accesses): Uint8Array {
  const { nodes, tensors, offsets, tensor, how } = accesses;
  const begins = new Uint8Array(tensor.length);
  const again = writtenAgain(accesses);
  const needs: (Region | undefined)[] = [];
  for (let node = nodes.length - 1; node >= 0; node--) {
    const end = offsets[node + 1] ?? 0;
    for (let at = offsets[node] ?? 0; at < end; at++) {
      const number = tensor[at] ?? 0;
      if (again[number] === 0) continue;
      const [owner, instruction] = [tensors[number], nodes[node]];
      if (owner === undefined || owner.space === 'hbm' || instruction === undefined) continue;
      if (isLoop(instruction)) {
        needs[number] = wholeOf(owner);
        continue;
      }
      const left = before(instruction, owner, needs[number]);
      needs[number] = left;
      if (how[at] === WRITES && left === undefined) begins[at] = 1;
    }
  }
  return begins;
}

/** For each tensor: 1 where something overwrites it after it was read. All others have one version. */
function writtenAgain({ tensors, tensor, how }: Accesses): Uint8Array {
  const again = new Uint8Array(tensors.length);
  const read = new Uint8Array(tensors.length);
  for (let at = 0; at < tensor.length; at++) {
    const number = tensor[at] ?? 0;
    if (how[at] !== WRITES) read[number] = 1;
    else if (read[number] === 1) again[number] = 1;
  }
  return again;
}

/** What of a tensor must be there before an instruction, if `need` must be after it. */
function before(
  instruction: Instruction,
  tensor: SbufTensor | PsumTensor,
  need: Region | undefined,
): Region | undefined {
  let left = need;
  for (const { name, pattern } of writesOf(instruction)) {
    if (pattern.tensor !== tensor.name) continue;
    if (mayKeep(instruction, name, pattern)) left = joined(left, regionRead(pattern, tensor));
    else if (left !== undefined) {
      const written = regionWritten(pattern);
      if (written !== undefined) left = without(left, written);
    }
  }
  for (const { pattern } of readsOf(instruction)) {
    if (pattern.tensor === tensor.name) left = joined(left, regionRead(pattern, tensor));
  }
  return left !== undefined && isEmpty(left) ? undefined : left;
}
