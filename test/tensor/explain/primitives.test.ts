/** The Program of each primitive, and of random graphs, gives the bits of the definition on every chip. */
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { CHIP_NAMES, CHIPS, type ChipName } from '../../../src/chip';
import type { OpKind } from '../../../src/tensor/graph';
import { rounds } from '../../execute/runs';
import { Graph, KINDS } from '../webgpu/graphs';
import { agrees, place } from './agree';

function graphAgrees(
  draw: fc.GeneratorValue,
  chip: ChipName,
  kinds: readonly OpKind[],
  length: number,
  wide = false,
): void {
  const graph = new Graph(draw, place, wide, CHIPS[chip]);
  graph.leaf();
  for (let i = 0; i < length; i++) graph.grow(kinds);
  const last = graph.nodes.length - 1;
  const wanted = graph.nodes.filter(
    (node, i) => node.op.kind !== 'leaf' && (i === last || graph.below(3) === 0),
  );
  agrees(wanted, chip);
}

describe.each(CHIP_NAMES)('%s', (chip) => {
  test.each(KINDS)('%s', (kind) => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        graphAgrees(draw, chip, [kind, 'map', 'cast'], 3);
      }),
      { numRuns: rounds(8), endOnFailure: true },
    );
  });

  test('all together', () => {
    fc.assert(
      fc.property(fc.gen(), fc.integer({ min: 1, max: 14 }), (draw, length) => {
        graphAgrees(draw, chip, KINDS, length);
      }),
      { numRuns: rounds(12), endOnFailure: true },
    );
  });
});
