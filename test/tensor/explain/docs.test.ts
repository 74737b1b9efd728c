/** The example of docs/arrays.md is what `explain` prints. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { add, explain, gelu, matmul, openArrays } from '../../../src/arrays';

test('docs/arrays.md shows what explain prints', async () => {
  using arrays = await openArrays({ executor: 'reference' });
  const leaf = (...shape: number[]) => arrays.zeros(shape, 'bfloat16');
  const given = [leaf(128, 128), leaf(128, 512), leaf(512)] as const;
  await arrays.realize(...given);
  const [x, w, bias] = given;
  const docs = readFileSync('docs/arrays.md', 'utf8');
  const section = docs.slice(docs.indexOf('## On the chip'), docs.indexOf('## Memory'));
  const [, shown] = /```text\n([\s\S]*?)```/.exec(section) ?? [];
  expect(shown).toBe(explain(gelu(add(matmul(x, w), bias)), { chip: 'trn2' }).text);
});
