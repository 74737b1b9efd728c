/** A kernel of the page run on the visitor's adapter, in a real browser: what the reference gives, its faults, and its end. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended, openEditor, withoutInputs, wrap, write } from './kernel-editor';
import { openPlace, type OpenPage, type Place } from './page';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(async () => {
  await place.close();
});

const runOn = async ({ page }: OpenPage, executor: 'reference' | 'webgpu'): Promise<void> => {
  await page.selectOption('#kernel-executor', executor);
};

/** What the page shows of the outputs and the verdict. */
async function results({ page }: OpenPage) {
  return {
    verdict: await page.textContent('#kernel-verdict'),
    outputs: await page.locator('.output').allTextContents(),
  };
}

const SUMS = `import { kernel } from 'systole/kernel';
export default kernel('sums', ['a', 'b'], (nc, { a, b }) => {
  const out = nc.hbm('out', a.shape, a.dtype);
  const left = nc.sbuf(a.shape, a.dtype);
  const right = nc.sbuf(b.shape, b.dtype);
  nc.dma_copy(left, { src: a });
  nc.dma_copy(right, { src: b });
  nc.fori_loop(0, 20, () => {
    nc.tensor_tensor(left, { data1: left, data2: right, op: 'add' });
  });
  nc.dma_copy(out, { src: left });
});
`;

test('gives what the reference gives, and names the adapter', async () => {
  const opened = await openEditor(place);
  const { page, complaints } = opened;
  await page.fill('#kernel-input-0-shape', '100x24');
  await page.fill('#kernel-input-1-shape', '100x24');
  await write(opened, SUMS);
  expect(await ended(opened)).toMatch(/^It ran: 44 steps\. /);
  const expected = await results(opened);
  expect(expected.outputs).toHaveLength(1);
  await runOn(opened, 'webgpu');
  expect(await page.textContent('#kernel-stale')).toContain('was changed since');
  expect(await ended(opened)).toMatch(/^It ran: 44 steps on .*swiftshader.*\. The library has no reference/i);
  expect(await results(opened)).toEqual(expected);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a run that fails is told with its line, as on the reference; the next one works', async () => {
  const opened = await openEditor(place);
  const { page, complaints } = opened;
  await withoutInputs(opened);
  await page.fill('#kernel-budget', '1000');
  const endless = wrap(
    "const one = nc.sbuf([4, 4], 'float32');\nnc.fori_loop(0, 100000, () => {\nnc.memset(one, { value: 1 });\n});",
  );
  await write(opened, endless);
  const expected = await ended(opened);
  expect(expected).toMatch(/broke off after 1000 steps: .* all of its budget/);
  await runOn(opened, 'webgpu');
  expect(await ended(opened)).toBe(expected);
  await write(
    opened,
    wrap(
      "const one = nc.sbuf([4, 4], 'float32');\nnc.memset(one, { value: 1 });\nnc.dma_copy(nc.hbm('out', [4, 4], 'float32'), { src: one });",
    ),
  );
  expect(await ended(opened)).toMatch(/^It ran: 2 steps on /);
  expect(complaints).toEqual([]);
  await page.close();
});

test('Stop ends it in the middle, and time does', async () => {
  const opened = await openEditor(place);
  const { page, complaints } = opened;
  await withoutInputs(opened);
  await runOn(opened, 'webgpu');
  await page.fill('#kernel-budget', '1000000');
  await write(
    opened,
    wrap(
      "const one = nc.sbuf([128, 4096], 'float32');\nnc.memset(one, { value: 1 });\nnc.fori_loop(0, 400000, () => {\nnc.tensor_tensor(one, { data1: one, data2: one, op: 'add' });\n});",
    ),
  );
  await page.click('#kernel-run');
  await page.getByText(/^running the Program: \d+ steps/).waitFor();
  await page.click('#kernel-stop');
  await page.locator('#kernel-end').getByText('Stopped.').waitFor();
  // Of which a busy machine may spend some on tracing and on the adapter; the Program takes minutes.
  await page.fill('#kernel-seconds', '12');
  expect(await ended(opened)).toMatch(
    /did not come to an end in 12 s, and was ended while running the Program/,
  );
  expect(complaints).toEqual([]);
  await page.close();
});
