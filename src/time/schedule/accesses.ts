/**
 * Which tensors every node of a Program's top level reads and writes. A loop is one node, since nothing is moved into or out of it:
 * it counts as reading all that its body touches, since what that writes may be left as it was.
 */
import { instructionsOf, isLoop, writesOf } from '../../program';
import type { Instruction, Pattern, Patterns, Program, ProgramNode, Tensor } from '../../program';
import { keepsSome } from '../keeps';

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

/** Whether something may stay of what a tensor held where a pattern is written, so that it still counts. */
export const mayKeep = (instruction: Instruction, operand: string, pattern: Pattern) =>
  pattern.registers !== undefined || keepsSome(instruction, operand, pattern);

const writing = (instruction: Instruction, operand: string, pattern: Pattern) =>
  mayKeep(instruction, operand, pattern) ? READS | WRITES : WRITES;

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
  const touchIndex = (pattern: Pattern | undefined, bits: number) => {
    if (pattern?.index !== undefined) touch(pattern.index.tensor, bits);
  };
  const touchAll = (patterns: Patterns, bits: number) => {
    for (const name in patterns) {
      const pattern = patterns[name];
      if (pattern === undefined) continue;
      touch(pattern.tensor, bits);
      touchIndex(pattern, bits);
    }
  };
  for (const [at, node] of nodes.entries()) {
    begin = tensor.length;
    offsets[at] = begin;
    if (isLoop(node)) {
      for (const inner of instructionsOf(node.body)) {
        touchAll(inner.sources, READS);
        touchIndex(inner.dst, READS);
        for (const { pattern } of writesOf(inner)) touch(pattern.tensor, READS | WRITES);
      }
      continue;
    }
    touchAll(node.sources, READS);
    touchIndex(node.dst, READS);
    const { dst, results } = node;
    if (results !== undefined) {
      for (const { name, pattern } of writesOf(node)) touch(pattern.tensor, writing(node, name, pattern));
    } else if (dst !== undefined) touch(dst.tensor, writing(node, 'dst', dst));
  }
  offsets[nodes.length] = tensor.length;
  return { nodes, tensors, numbers, offsets, tensor: Int32Array.from(tensor), how: Uint8Array.from(how) };
}
