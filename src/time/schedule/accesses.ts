/**
 * Which tensors every node of a Program's top level reads and writes. A loop is one node, since nothing is moved into or out of it:
 * it counts as reading and writing all that its body touches.
 */
import { accessedParts } from '../../isa';
import { instructionsOf, isLoop, readsOf, writesOf } from '../../program';
import type { Instruction, NamedOperand, Program, ProgramNode, Tensor } from '../../program';
import { leavesSome } from '../../verify/traits';

/** What a node does to a tensor; bits. */
export const READS = 1;
export const WRITES = 2;

export interface Accesses {
  readonly nodes: readonly ProgramNode[];
  readonly tensors: readonly Tensor[];
  /** Indices in `tensors` by name. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The accesses of node i are offsets[i] to offsets[i + 1] - 1, one for each tensor that it touches. */
  readonly offsets: Int32Array;
  readonly tensor: Int32Array;
  readonly how: Uint8Array;
}

/** Whether a write may leave some of what its pattern covers as it was, so that what was there before still counts. */
export function keepsSome(instruction: Instruction, { name, pattern }: NamedOperand): boolean {
  const { attributes } = instruction;
  return (
    pattern.registers !== undefined ||
    pattern.index !== undefined ||
    ('accumulate' in attributes && attributes.accumulate) ||
    leavesSome(instruction) ||
    accessedParts(instruction, name) !== undefined
  );
}

export function accessesOf({ instructions: nodes, tensors }: Program): Accesses {
  const numbers = new Map(tensors.map(({ name }, index) => [name, index]));
  const offsets = new Int32Array(nodes.length + 1);
  const tensor: number[] = [];
  const how: number[] = [];
  /** The last access of each tensor: one of the node at hand where it is not before the node's first. */
  const latest = new Int32Array(tensors.length).fill(-1);
  let begin = 0;
  const touch = (name: string, bits: number) => {
    const number = numbers.get(name);
    if (number === undefined) return; // no Program that is sound
    const known = latest[number] ?? -1;
    if (known >= begin) {
      how[known] = (how[known] ?? 0) | bits;
      return;
    }
    latest[number] = tensor.length;
    tensor.push(number);
    how.push(bits);
  };
  for (const [at, node] of nodes.entries()) {
    begin = tensor.length;
    offsets[at] = begin;
    if (isLoop(node)) {
      for (const inner of instructionsOf(node.body)) {
        for (const { pattern } of readsOf(inner)) touch(pattern.tensor, READS | WRITES);
        for (const { pattern } of writesOf(inner)) touch(pattern.tensor, READS | WRITES);
      }
      continue;
    }
    for (const { pattern } of readsOf(node)) touch(pattern.tensor, READS);
    for (const write of writesOf(node)) {
      touch(write.pattern.tensor, keepsSome(node, write) ? READS | WRITES : WRITES);
    }
  }
  offsets[nodes.length] = tensor.length;
  return { nodes, tensors, numbers, offsets, tensor: Int32Array.from(tensor), how: Uint8Array.from(how) };
}
