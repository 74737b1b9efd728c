/** Which parts of its operands an instruction accesses: what its entry says, held against what its run touches. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accessedParts, instructionProblem, runInstruction } from '../../src/isa';
import type { Machine } from '../../src/isa';
import { CHIPS } from '../../src/chip';
import { codeArray } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import { elementsOf, readsOf, writesOf } from '../../src/program';
import type { ChipPattern, Dim, Instruction, Pattern } from '../../src/program';
import { elementsIn } from '../verify/edit';

/** Zeros everywhere; which elements are touched is written down. */
function recorder() {
  const touched = new Map<string, Set<string>>();
  const touch = (pattern: Pattern) => {
    const of = touched.get(pattern.tensor) ?? new Set();
    for (const element of elementsIn(pattern)) of.add(element);
    touched.set(pattern.tensor, of);
  };
  const machine: Pick<Machine, 'read' | 'write' | 'report'> = {
    read: (_, pattern) => {
      touch(pattern);
      return codeArray(pattern.dtype, elementsOf(pattern));
    },
    write: (pattern, codes) => {
      expect(codes.length).toBe(elementsOf(pattern));
      touch(pattern);
    },
    report: () => undefined,
  };
  return { touched, machine: machine as Machine };
}

/** All columns of a tile, as one dimension or as several, some of them backwards. */
function dimsOf(
  columns: number,
  split: number,
  backwards: boolean,
): { offset: number; dims: readonly Dim[] } {
  const outer = columns % split === 0 ? split : 1;
  const inner = columns / outer;
  const dims: readonly Dim[] = [[inner, outer], [backwards ? -1 : 1, inner]]; // prettier-ignore
  return { offset: backwards ? inner - 1 : 0, dims };
}

const setting = fc.record({
  cores: fc.integer({ min: 1, max: 4 }),
  columns: fc.integer({ min: 1, max: 12 }),
  count: fc.integer({ min: 1, max: 192 }),
  split: fc.integer({ min: 1, max: 4 }),
  backwards: fc.boolean(),
});

test('the parts that an entry names are those that its run touches', () => {
  let legal = 0;
  fc.assert(
    fc.property(setting, ({ cores, columns, count, split, backwards }) => {
      const tile = (tensor: string, dtype: Dtype, width: number): ChipPattern => {
        const where = { space: 'sbuf', tensor, dtype, partition: 0, partitions: 16 * cores } as const;
        return { ...where, ...dimsOf(width, split, backwards) };
      };
      const named = { id: 'i', engine: 'gpsimd' } as const;
      const k = Math.min(count, 10);
      const instructions: readonly Instruction[] = [
        {
          opcode: 'local_gather',
          ...named,
          dst: tile('d', 'float32', count),
          sources: { src_buffer: tile('s', 'float32', 5), index: tile('i', 'uint16', columns) },
          attributes: { num_valid_indices: count },
        },
        {
          opcode: 'nonzero_with_count',
          ...named,
          dst: tile('d', 'int32', columns + 1),
          sources: { src: tile('s', 'int32', columns) },
          attributes: {},
        },
        {
          opcode: 'topk',
          ...named,
          dst: tile('d', 'bfloat16', k),
          results: { idx_dst: tile('i', 'uint32', k) },
          sources: { src: tile('s', 'bfloat16', columns) },
          attributes: { n: count },
        },
      ];
      for (const instruction of instructions) {
        if (instructionProblem(instruction, CHIPS.trn2) !== undefined) continue;
        legal++;
        const { touched, machine } = recorder();
        runInstruction(instruction, machine);
        for (const { name, pattern } of [...writesOf(instruction), ...readsOf(instruction)]) {
          const parts = accessedParts(instruction, name) ?? [pattern];
          const elements = parts.flatMap((part) => elementsIn(part));
          expect(new Set(elements)).toEqual(touched.get(pattern.tensor));
          // No element twice.
          expect(elements.length).toBe(touched.get(pattern.tensor)?.size);
        }
      }
    }),
  );
  expect(legal).toBeGreaterThan(100);
});
