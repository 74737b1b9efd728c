/** Graphs of random primitives, formats and shapes: what kernels give is what the definition gives, bit for bit, fused or not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CodeArray, Dtype } from '../../../src/numerics';
import type { Node } from '../../../src/tensor/graph';
import { make, withRecorder, type OpKind, type Shape } from '../../../src/tensor/graph';
import { evaluateAll } from '../../../src/tensor/reference';
import type { WebGpuExecutor } from '../../../src/tensor/webgpu';
import { rounds } from '../../execute/runs';
import { onEveryAdapter } from './adapters';
import { Graph, KINDS } from './graphs';

/** What reading gives: codes, or the words of an error. */
async function outcome(executor: WebGpuExecutor, node: Node): Promise<unknown> {
  try {
    return await executor.read(node);
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}

/** The first code that differs, in words: of thousands a list would take minutes to show. */
function differenceOf(found: unknown, codes: ArrayLike<number>): string | undefined {
  if (typeof found !== 'object' || found === null || !('length' in found)) return String(found);
  const list = found as ArrayLike<number>;
  if (list.length !== codes.length) return `${list.length} codes for ${codes.length}`;
  const at = Array.from(codes).findIndex((code, i) => code !== list[i]);
  return at < 0 ? undefined : `code ${at} is ${list[at]} for ${codes[at]}`;
}

async function agrees(
  executor: WebGpuExecutor,
  draw: fc.GeneratorValue,
  kinds: readonly OpKind[],
  length: number,
  wide = false,
): Promise<void> {
  const leaves: Node[] = [];
  const place = (codes: CodeArray, dtype: Dtype, shape: Shape): Node => {
    const leaf = make.leaf(shape, dtype, executor.place(codes, dtype, shape)).hold();
    leaves.push(leaf);
    return leaf;
  };
  const graph = new Graph(draw, place, wide);
  graph.leaf();
  const made: Node[] = [];
  withRecorder(
    (node) => made.push(node),
    () => {
      for (let i = 0; i < length; i++) graph.grow(kinds);
    },
  );
  const wanted = graph.nodes.filter((_, i) => i === graph.nodes.length - 1 || graph.below(3) === 0);
  for (const node of wanted) node.hold();
  const expected = evaluateAll(wanted);
  const before = executor.counts.submissions;
  await executor.run(wanted);
  expect(executor.counts.submissions - before).toBeLessThanOrEqual(1);
  for (const [i, node] of wanted.entries()) {
    const { codes, fault } = expected[i] ?? { codes: [], fault: 'missing' };
    const found = await outcome(executor, node);
    if (fault !== undefined) expect(found).toBe(`${fault}: an index lies outside.`);
    else expect(differenceOf(found, codes), `node ${i} of ${wanted.length}`).toBeUndefined();
  }
  for (const node of [...wanted, ...leaves]) node.drop();
  for (const node of made.toReversed()) if (node.holders === 0) node.hold().drop();
  expect(executor.memory.live).toBe(0);
}

onEveryAdapter((on) => {
  describe.each(['fused', 'plain'] as const)('%s', (which) => {
    test.each(KINDS)('%s', async (kind) => {
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (draw) => {
          await agrees(on[which], draw, [kind, 'map', 'cast'], 3);
        }),
        { numRuns: rounds(3) },
      );
    });

    test('of some thousand elements', async () => {
      const kinds = [
        'map',
        'map',
        'cast',
        'permute',
        'broadcast',
        'slice',
        'pad',
        'reshape',
        'concat',
      ] as const;
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.integer({ min: 1, max: 6 }), async (draw, length) => {
          await agrees(on[which], draw, kinds, length, true);
        }),
        { numRuns: rounds(4) },
      );
    });

    test('all together', async () => {
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.integer({ min: 1, max: 14 }), async (draw, length) => {
          await agrees(on[which], draw, KINDS, length);
        }),
        { numRuns: rounds(12) },
      );
    });
  });
});
