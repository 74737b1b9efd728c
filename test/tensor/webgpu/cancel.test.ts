/** What cancels, cancels on the adapter: compilers that know x - x to be 0 forget infinities and NaN. */
import { expect, test } from 'vitest';
import { decodeArray, encodeArray } from '../../../src/numerics';
import { make, type Node } from '../../../src/tensor/graph';
import { evaluate } from '../../../src/tensor/reference';
import { onEveryAdapter } from './adapters';

const VALUES = Float32Array.of(Infinity, -Infinity, NaN, 1, -0, 3e38, 1e-40);

const minus = (x: Node, y: Node): Node => make.map('subtract', [x, y], 'float32');
const plus = (x: Node, y: Node): Node => make.map('add', [x, y], 'float32');

onEveryAdapter((on) => {
  test('a difference is NaN where it was infinite, in whatever words', async () => {
    const executor = on.fused;
    const codes = new Uint32Array(encodeArray('float32', VALUES));
    const leaf = (): Node =>
      make.leaf([VALUES.length], 'float32', executor.place(codes.slice(), 'float32', [VALUES.length])).hold();
    const [x, y] = [leaf(), leaf()];
    const negated = make.map('negate', [x], 'float32');
    const graphs = [
      minus(x, x),
      plus(x, negated),
      minus(make.map('square', [x], 'float32'), make.map('multiply', [x, x], 'float32')),
      minus(plus(x, y), plus(y, x)),
      minus(make.map('exp', [x], 'float32'), make.map('exp', [x], 'float32')),
    ];
    const expected = graphs.map((node) => evaluate(node));
    for (const node of graphs) node.hold();
    await executor.run(graphs);
    for (const [i, node] of graphs.entries()) {
      const found = await executor.read(node);
      expect([...decodeArray('float32', found)], `graph ${i}`).toEqual([
        ...decodeArray('float32', expected[i] ?? found),
      ]);
    }
  });
});
