/** The parts of the page's kernel editor that need no browser: what the sandbox does and says, and what is made of its answer. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kernelCatalogue } from '../../bench/node/kernel-catalogue';
import { OWN, settingsOf } from '../../bench/page/kernel/catalogue';
import { draftOf, readKernelDraft, withInputs } from '../../bench/page/kernel/draft';
import { colourOf, extremesOf, gridOf, pictureOf } from '../../bench/page/kernel/heat-map';
import { judge, readAnswer, type Conclusion, type FromJudge } from '../../bench/page/kernel/judge';
import { memoryUse } from '../../bench/page/kernel/memory-use';
import { boundBuffers } from '../../bench/page/kernel/sandbox/buffers';
import { compile } from '../../bench/page/kernel/sandbox/compile';
import { KEPT, strip } from '../../bench/page/kernel/sandbox/globals';
import { answerText } from '../../bench/page/kernel/sandbox/trace';
import {
  distributionOf,
  distributionText,
  shapeOf,
  type KernelSettings,
} from '../../bench/page/kernel/settings';
import { LIBRARY } from '../../src/kernels/library';
import { kernel, trace } from '../../src/kernel';
import { toJSON } from '../../src/program';

const FOLDER = 'src/kernels';

async function catalogue() {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));
  const files = await Promise.all(
    names.map(
      async (name) =>
        [
          name,
          (await import(`../../src/kernels/${name.slice(0, -3)}.ts`)) as Record<string, unknown>,
        ] as const,
    ),
  );
  return kernelCatalogue(FOLDER, Object.fromEntries(files), LIBRARY);
}

async function judged(settings: KernelSettings): Promise<{ end: Conclusion; told: FromJudge[] }> {
  const told: FromJudge[] = [];
  const end = await judge({ answer: answerText(settings), settings }, (message) => told.push(message));
  return { end, told };
}

test('no kernel of the library is left out of the picker', async () => {
  const { entries, leftOut } = await catalogue();
  expect(leftOut).toEqual([]);
  expect(entries.map(({ name }) => name)).toEqual(LIBRARY.map(({ name }) => name));
});

test('every kernel of the library stands alone as a source, which makes the Program that the library makes', async () => {
  const { entries } = await catalogue();
  for (const entry of entries) {
    const settings = { ...settingsOf(entry), budget: 1_000_000 };
    const answer = readAnswer(answerText(settings));
    expect(answer, entry.name).toMatchObject({ type: 'traced', kernel: entry.name });
    if (answer.type !== 'traced') continue;
    const own = LIBRARY.find(({ name }) => name === entry.name);
    const sizes = Object.fromEntries(
      Object.entries(own?.sizes ?? {}).map(([size, each]) => [size, each.default]),
    );
    const made = own?.kernel(sizes) ?? kernel('none', [], () => undefined);
    const inputs = Object.fromEntries(
      settings.inputs.map(({ name, shape, dtype }) => [name, { shape, dtype }]),
    );
    const { program } = trace(made, { chip: settings.chip, inputs });
    const withoutPlaces = (value: unknown): unknown =>
      JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'at' ? undefined : each)));
    expect(withoutPlaces(answer.program), entry.name).toEqual(withoutPlaces(toJSON(program)));
  }
}, 300_000);

test('types go, lines stay', async () => {
  const { entries } = await catalogue();
  for (const { name, source } of [...entries, { name: 'own', source: OWN.source }]) {
    const lines = compile(source).split('\n');
    const before = source.split('\n');
    expect(lines.length, name).toBe(before.length);
    for (const [index, line] of before.entries()) {
      const [call] = /nc\.\w+\(/.exec(line) ?? [];
      if (call !== undefined && !/^\s*(\*|\/)/.test(line))
        expect(lines[index], `${name}:${index + 1}`).toContain(call);
    }
  }
});

test('a kernel of one’s own is traced, verified and run; the library knows nothing of it', async () => {
  const { end, told } = await judged(OWN);
  expect(told[0]).toMatchObject({
    type: 'traced',
    report: { kernel: 'scaled_sum', sound: true, findings: [] },
  });
  expect(end).toMatchObject({
    type: 'ran',
    findings: [],
    comparison: null,
    outputs: [{ name: 'out', shape: [200, 64] }],
  });
});

test('a kernel of the library is held against its reference, changed or not', async () => {
  const { entries } = await catalogue();
  const entry = entries.find(({ name }) => name === 'softmax');
  if (entry === undefined) throw new Error('no softmax');
  const settings = settingsOf({
    ...entry,
    inputs: entry.inputs.map((input) => ({ ...input, shape: [5, 16] })),
  });
  expect((await judged(settings)).end).toMatchObject({
    type: 'ran',
    comparison: { type: 'compared', elements: 80, wrong: 0 },
  });
  const source = settings.source.replace("op: 'exp'", "op: 'square'");
  expect((await judged({ ...settings, source })).end).toMatchObject({
    type: 'ran',
    comparison: { type: 'compared', first: { output: 'result', index: [0, 0] } },
  });
  const other = settings.source.replaceAll("nc.hbm('result'", "nc.hbm('other'");
  expect((await judged({ ...settings, source: other })).end).toMatchObject({
    type: 'ran',
    comparison: { type: 'none', reason: 'The reference has an output "result", and the kernel has none.' },
  });
});

const source = (body: string): string =>
  `import { kernel } from 'systole/kernel';\nexport default kernel('mine', [], (nc) => {\n${body}\n});`;
const alone = (body: string, rest: Partial<KernelSettings> = {}): KernelSettings => ({
  ...OWN,
  inputs: [],
  source: source(body),
  ...rest,
});

test('budgets bound what is traced and what is run', async () => {
  const one = "const one = nc.sbuf([4, 4], 'float32');\n";
  expect(
    (await judged(alone(`${one}for (;;) nc.memset(one, { value: 1 });`, { budget: 50 }))).end,
  ).toMatchObject({
    type: 'failed',
    message: expect.stringContaining('the budget is 50') as string,
    line: 4,
  });
  const looped = `${one}nc.fori_loop(0, 1000, () => {\nnc.memset(one, { value: 1 });\n});`;
  expect((await judged(alone(looped, { budget: 50 }))).end).toMatchObject({ type: 'broke-off', steps: 50 });
});

test('a Program whose tensors in HBM would fill the page is refused before anything is made of it', async () => {
  const { end, told } = await judged(alone("nc.scratch('large', [2 ** 14, 2 ** 14], 'float32');"));
  expect(end).toMatchObject({
    type: 'failed',
    message: expect.stringContaining(
      'at most 268435456 bytes together on the page, received 1073741824',
    ) as string,
  });
  expect(told).toEqual([]);
});

test('of many outputs the first are sent to be shown, and the rest are counted', async () => {
  const written = (count: number): KernelSettings =>
    alone(`const one = nc.sbuf([1, 1], 'float32');
nc.memset(one, { value: 1 });
for (let n = 0; n < ${count}; n++) nc.dma_copy(nc.hbm('out' + n, [1, 1], 'float32'), { src: one });`);
  for (const [count, more] of [
    [12, 0],
    [13, 1],
    [40, 28],
  ] as const) {
    const { end } = await judged(written(count));
    if (end.type !== 'ran') throw new Error(JSON.stringify(end));
    expect(end.outputs.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, n) => `out${n}`));
    expect(end.more).toBe(more);
  }
});

test('an answer that no honest sandbox gives is no Program', async () => {
  const refused = [
    '',
    '{',
    'null',
    '[]',
    '7',
    '{"type":"traced"}',
    '{"type":"traced","kernel":7}',
    '{"type":"inputs","kernel":"a","names":[7]}',
  ];
  for (const answer of refused)
    expect(() => readAnswer(answer), answer).toThrow(/answered in place of its tracer/);
  for (const program of [
    null,
    {},
    { version: 2 },
    { version: 2, chip: 'trn2', tensors: 7, instructions: [] },
  ]) {
    const answer = JSON.stringify({ type: 'traced', kernel: 'x', program });
    expect(await judge({ answer, settings: OWN }, () => undefined)).toMatchObject({
      type: 'failed',
      message: expect.stringContaining('program') as string,
    });
  }
  // Honest form, other inputs than were given.
  const answer = answerText(alone('nc.scratch("s", [1], "float32");'));
  expect(await judge({ answer, settings: OWN }, () => undefined)).toMatchObject({
    type: 'failed',
    message: 'The Program takes nothing, and was given a bfloat16 200x64, b bfloat16 200x64.',
  });
  expect(readAnswer(JSON.stringify({ type: 'failed', message: 'm'.repeat(9999), line: -1 }))).toEqual({
    type: 'failed',
    message: 'm'.repeat(2000),
    line: null,
  });
});

test('a worker keeps the globals of JavaScript only, its prototypes’ too', () => {
  const base = Object.create(Object.prototype, {
    fetch: { value: () => 1, configurable: true },
    fixed: { value: 7, configurable: false },
  }) as object;
  const global = Object.create(base, {
    Math: { value: Math, configurable: true },
    postMessage: { value: () => 1, configurable: true },
  }) as Record<string, unknown>;
  expect(strip(global)).toEqual(['fixed']);
  expect(Object.keys(Object.getOwnPropertyDescriptors(global))).toEqual(['Math']);
  expect('fetch' in global).toBe(false);
  for (const name of [
    'fetch',
    'importScripts',
    'WebAssembly',
    'SharedArrayBuffer',
    'Atomics',
    'setTimeout',
    'self',
    'navigator',
  ]) {
    expect(KEPT.has(name), name).toBe(false);
  }
});

test('buffers are counted together, views of them not again', () => {
  class Bytes extends Uint8Array {} // whose prototype may be changed
  const global = { Uint8Array: Bytes, other: 1 } as unknown as { Uint8Array: typeof Uint8Array };
  boundBuffers(global, 100);
  const first = new global.Uint8Array(60);
  for (let index = 0; index < 10; index++) new global.Uint8Array(first.buffer);
  expect(() => first.slice()).toThrow(/at most 100 bytes together/);
});

test('memory: lives from first use to last, of a loop its whole, and the most that lives at once', () => {
  const { program } = trace(
    kernel('lives', [], (nc) => {
      const out = nc.hbm('out', [128, 8], 'float32');
      const a = nc.sbuf([128, 8], 'float32', { name: 'a' });
      const b = nc.sbuf([64, 4], 'float32', { name: 'b' });
      const unused = nc.psum([128, 8], 'float32', { name: 'unused' });
      nc.memset(b, { value: 1 }); // 0
      nc.fori_loop(0, 4, () => {
        nc.memset(unused, { value: 0 }); // 1
        nc.memset(a, { value: 1 }); // 2
      });
      nc.dma_copy(out, { src: a }); // 3
    }),
    { chip: 'trn2', inputs: {} },
  );
  const { instructions, spaces } = memoryUse(program);
  expect(instructions).toBe(4);
  const [sbuf, psum] = spaces;
  expect(sbuf?.tensors).toMatchObject([
    { name: 'a', partitions: 128, bytes: 32, first: 1, last: 3 },
    { name: 'b', partitions: 64, bytes: 16, first: 0, last: 0 },
  ]);
  expect(sbuf?.peak).toBe(128 * 32);
  expect(psum?.tensors).toMatchObject([{ name: 'unused', first: 1, last: 2 }]);
  expect(psum?.allPartitions).toBe(128 * 8 * 2048);
});

test('the form says what its texts must be, and follows the inputs of a kernel', () => {
  expect(readKernelDraft(draftOf(OWN), OWN.source)).toEqual(OWN);
  expect(shapeOf('x', ' 3 x 4,5')).toEqual([3, 4, 5]);
  expect(() => shapeOf('x', '3x')).toThrow('The shape of "x" is written 128x512; received "3x".');
  for (const text of ['normal 0 1', 'uniform -1 2.5', 'integers 0 9'])
    expect(distributionText(distributionOf('x', text))).toBe(text);
  expect(distributionOf('x', 'uniform')).toEqual({ kind: 'uniform', low: 0, high: 1 });
  for (const text of ['', 'gamma 1 2', 'normal a b', 'integers 0 1 2', 'integers 0.5 2', 'constructor']) {
    expect(() => distributionOf('x', text), text).toThrow(/The values of "x"/);
  }
  const draft = withInputs(draftOf(OWN), ['b', 'c']);
  expect(draft.inputs.map(({ name }) => name)).toEqual(['b', 'c']);
  expect(draft.inputs[1]).toMatchObject({ shape: '200x64', dtype: 'bfloat16' });
});

test('values as colours: dark is least, light is most, what is not finite is told apart', () => {
  const values = [0, 1, 2, NaN, 4, Infinity];
  const extremes = extremesOf(values);
  expect(extremes).toEqual({ least: 0, most: 4, mean: 7 / 4, notFinite: 2 });
  expect(colourOf(0, extremes)).toEqual([0, 32, 77, 255]);
  expect(colourOf(4, extremes)).toEqual([255, 234, 70, 255]);
  expect(colourOf(2, extremes)).toEqual([124, 123, 120, 255]);
  expect(colourOf(NaN, extremes)).toEqual(colourOf(-Infinity, extremes));
  expect(gridOf([2, 3, 4])).toEqual({ rows: 6, columns: 4 });
  expect(gridOf([7])).toEqual({ rows: 1, columns: 7 });
  // One element that is not finite among a million is seen.
  const many = new Float32Array(2 ** 20);
  many[1025 * 513] = NaN;
  const { width, height, pixels } = pictureOf(many, { rows: 1024, columns: 1024 }, extremesOf(many));
  expect([width, height]).toEqual([512, 512]);
  expect(pixels.filter((channel, index) => index % 4 === 0 && channel === 214)).toHaveLength(1);
});

test('a kernel of more inputs than the page has room for is told so', () => {
  const names = Array.from({ length: 17 }, (_, index) => `'i${index}'`).join(', ');
  const source = `import { kernel } from 'systole/kernel';
export default kernel('wide', [${names}], (nc, { i0 }) => { nc.sbuf([1, 1], 'float32'); });`;
  const answer = readAnswer(answerText({ source, kernel: '', chip: 'trn2', inputs: [], budget: 100 }));
  expect(answer).toMatchObject({
    type: 'failed',
    message: expect.stringContaining('has 17 inputs, and the page runs kernels of at most 16') as string,
  });
});
