/** What `explain` tells: the Program, its time, what it is made of; and what it refuses. */
import { expect, test } from 'vitest';
import * as np from '../../../src/arrays';
import { UserError } from '../../../src/numerics';
import { isLoop, parseProgram, type Program } from '../../../src/program';
import { lower } from '../../../src/tensor/explain/lower';
import { sharedArrays } from '../array/open';

const shared = sharedArrays();

const rising = (...shape: number[]): np.NDArray =>
  shared.arrays.array(
    Float32Array.from({ length: shape.reduce((all, count) => all * count, 1) }, (_, i) => (i % 97) / 8),
    { shape },
  );

/** Opcodes in order. */
const opcodes = ({ instructions }: Program): string[] =>
  instructions.flatMap((node) => (isLoop(node) ? [node.loop] : [node.opcode]));

test('the Program is text that can be read back, under what it computes', () => {
  const told = np.explain(np.softmax(rising(256, 512), { axis: -1 }));
  expect(parseProgram(told.text)).toEqual(told.program);
  expect(String(told)).toBe(told.text);
  expect(told.time).toBeGreaterThan(0);
  expect(told.report.tracks.map(({ name }) => name)).toContain('Vector');
  expect(told.findings).toEqual([]);
  expect(told.text).toMatch(/^# \d+ instructions on one core of trn2, in \d+ sections\n/);
  expect(told.text).toMatch(/predicted time: [\d.]+ µs, limited by /);
  expect(told.text).toMatch(
    /# s1 {2}reduce maximum of float32\[256, 512\] to float32\[256\]: \d+ instructions/,
  );
  const counted = told.sections.reduce((all, { instructions }) => all + instructions, 0);
  expect(counted).toBe(opcodes(told.program).length);
});

test('functions of elements are one pass over SBUF', () => {
  const x = rising(128, 128);
  const y = np.exp(np.multiply(np.relu(np.add(x, 1)), x));
  expect(opcodes(np.explain(y).program)).toEqual([
    'dma_copy',
    'tensor_scalar',
    'tensor_scalar',
    'tensor_tensor',
    'activation',
    'dma_copy',
  ]);
});

test('what follows a product is done before its tiles leave SBUF', () => {
  const [x, w, bias] = [rising(128, 128), rising(128, 512), rising(512)];
  const told = np.explain(np.gelu(np.add(np.matmul(x, w), bias)));
  expect(opcodes(told.program)).toEqual([
    ...['dma_copy', 'dma_copy', 'nc_matmul', 'tensor_copy'],
    ...['dma_copy', 'tensor_tensor', 'activation', 'dma_copy'],
  ]);
  expect(told.sections).toHaveLength(1);
});

test('rows are joined while they are in SBUF', () => {
  const x = rising(128, 512);
  expect(opcodes(np.explain(np.sum(np.exp(x), { axis: 1 })).program)).toEqual([
    ...['dma_copy', 'activation', 'tensor_reduce', 'tensor_reduce', 'dma_copy'],
  ]);
});

test('views are patterns of the DMAs that load them', () => {
  const x = rising(64, 32);
  const y = np.add(np.transpose(x), np.reshape(np.flip(x, [0]), [32, 64]));
  expect(opcodes(np.explain(y).program).filter((opcode) => opcode === 'dma_copy').length).toBeLessThanOrEqual(
    4,
  );
});

test('nothing is computed, and the graph stays', async () => {
  const x = rising(8, 8);
  const y = np.sum(np.exp(x), { axis: 1 });
  const { node } = y;
  const [kind, holders, before] = [node.op.kind, node.holders, shared.arrays.memory().live];
  np.explain(y, { chip: 'trn3' });
  expect([node.op.kind, node.holders, shared.arrays.memory().live]).toEqual([kind, holders, before]);
  expect((await y.data()).length).toBe(8);
});

test('several arrays are one Program, on the chip that is asked for', () => {
  const x = rising(16, 16);
  const hidden = np.exp(x);
  const told = np.explain(hidden, np.sum(hidden), { chip: 'trn1' });
  expect(told.program.chip).toBe('trn1');
  expect(told.outputs.map(({ node }) => node.shape)).toEqual([[16, 16], []]);
  expect(told.inputs).toHaveLength(1);
});

test('loops stay loops', () => {
  const told = np.explain(np.argsort(rising(4, 300)));
  expect(opcodes(told.program)).toContain('fori');
  expect(told.text).toMatch(/\d+ instructions and \d+ loops/);
  expect(parseProgram(told.text)).toEqual(told.program);
});

test('draws of another generator are told', () => {
  const told = np.explain(np.uniform(shared.arrays.key(3), [10]));
  expect(told.notes.join()).toContain('Random words are draws');
  expect(told.text).toContain('# note: Random words');
});

test('a whole training step has a Program', () => {
  const layer = np.nn.mlp({ width: 24, hidden: 40 });
  const parameters = layer.init(shared.arrays, 1);
  const target = rising(16, 24);
  const loss = (p: typeof parameters, x: np.NDArray): np.NDArray =>
    np.nn.meanSquaredError(layer.apply(p, x), target);
  const optimiser = np.optim.adam({ learningRate: 0.01 });
  const [value, gradients] = np.valueAndGrad(loss)(parameters, rising(16, 24)) as [np.NDArray, unknown];
  const [next] = optimiser.update(parameters, gradients, optimiser.init(parameters));
  const told = np.explain(value, ...np.flatten(next).arrays);
  expect(told.sections.length).toBeGreaterThan(5);
  expect(told.time).toBeGreaterThan(0);
});

test('what cannot be is refused by name', async () => {
  const x = rising(4, 4);
  const refused = (work: () => unknown): string => {
    try {
      work();
      return '';
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
      return (error as Error).message;
    }
  };
  expect(refused(() => np.explain(x))).toContain('float32[4, 4] holds its values');
  expect(refused(() => np.explain())).toContain('explain takes arrays');
  const wrong: object = { ship: 'trn1' };
  expect(refused(() => np.explain(np.exp(x), wrong))).toContain('ship');
  expect(refused(() => np.explain(np.exp(x), { chip: 'trn9' as 'trn1' }))).toContain('No chip "trn9"');
  expect(refused(() => np.explain(np.astype(x, 'float8_e3m4'), { chip: 'trn1' }))).toContain(
    'explain: cast of float32[4, 4] to float8_e3m4[4, 4] has no Program on trn1: trn1 has no float8_e3m4',
  );
  expect(refused(() => lower([np.exp(x).node], 'trn2', 2))).toBe(
    'explain: exp of float32[4, 4] to float32[4, 4] has no Program on trn2: it takes more than 2 instructions, which is the most: explain a part of it, or smaller arrays.',
  );
  const many = shared.arrays.zeros([70_000, 40]);
  const rows = np.take(many, np.argsort(np.exp(shared.arrays.zeros([200_000]))), 0);
  expect(refused(() => np.explain(rows))).toMatch(
    /explain: argsort of float32\[200000\] to int32\[200000\] has no Program on trn2: rows of at most/,
  );
  const y = np.exp(x);
  await y.data();
  expect(refused(() => np.explain(y))).toContain('holds its values');
});
