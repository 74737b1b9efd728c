/** The Program of each primitive, and of random graphs, gives the bits of the definition on every chip. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIP_NAMES, type ChipName } from '../../../src/chip';
import { UserError } from '../../../src/numerics';
import type { OpKind } from '../../../src/tensor/graph';
import { rounds } from '../../execute/runs';
import { Graph, KINDS } from '../webgpu/graphs';
import { agrees, place } from './agree';

/** A random graph has a Program, or the chip lacks something, which the error tells. */
function graphAgrees(draw: fc.GeneratorValue, chip: ChipName, kinds: readonly OpKind[], length: number, wide = false): void {
  const graph = new Graph(draw, place, wide);
  graph.leaf();
  for (let i = 0; i < length; i++) graph.grow(kinds);
  const last = graph.nodes.length - 1;
  const wanted = graph.nodes.filter((node, i) => node.op.kind !== 'leaf' && (i === last || graph.below(3) === 0));
  try {
    agrees(wanted, chip);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    expect(error.message).toMatch(new RegExp(`^explain: .+ has no Program on ${chip}: ${chip} (has no|does not multiply) `));
  }
}

describe.each(CHIP_NAMES)('%s', (chip) => {
  test.each(KINDS)('%s', (kind) => {
    fc.assert(
      fc.property(fc.gen(), (draw) => {
        graphAgrees(draw, chip, [kind, 'map', 'cast'], 3);
      }),
      { numRuns: rounds(8) },
    );
  });

  test('all together', () => {
    fc.assert(
      fc.property(fc.gen(), fc.integer({ min: 1, max: 14 }), (draw, length) => {
        graphAgrees(draw, chip, KINDS, length);
      }),
      { numRuns: rounds(12) },
    );
  });
});
