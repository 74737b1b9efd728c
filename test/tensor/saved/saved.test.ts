/** Trees of arrays through .safetensors: bit for bit, told where they do not fit, and training that goes on as if nothing had been. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError, type Dtype } from '../../../src/numerics';
import * as np from '../../../src/tensor/array';
import { valueAndGrad } from '../../../src/tensor/gradient';
import { linear, meanSquaredError } from '../../../src/tensor/nn';
import { adam, type OptimiserState } from '../../../src/tensor/optim';
import { openSafetensors, writeSafetensors } from '../../../src/tensor/safetensors';
import { loadArrays, restoreArrays, saveArrays } from '../../../src/tensor/saved';
import { ADAPTERS, open } from '../../execute/webgpu/devices';
import { drawnCodes, joined } from '../safetensors/files';

const bytesOf = async (tree: unknown, options = {}) => {
  const blob = await new Response(saveArrays(tree, options)).blob();
  return new Uint8Array(await blob.arrayBuffer());
};
const codesOf = (tree: unknown) => Promise.all(np.flatten(tree).arrays.map((array) => array.codes()));

/** A file that arrives in chunks of this many bytes. */
async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const NARROW = ['bfloat16', 'float8_e4m3', 'float8_e5m2', 'float8_e3m4', 'float16'] as const;
const FORMATS = [...NARROW, 'float32', 'int32', 'uint8'] as const;

const drawn = (arrays: np.Arrays, dtype: Dtype, shape: readonly number[], seed: number): np.NDArray => {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return arrays.array({ codes: drawnCodes(dtype, size, seed) }, { dtype, shape });
};

test('any tree comes back with its bits and its form, from memory, a Blob or a stream', async () => {
  using arrays = await np.openArrays({ executor: 'reference' });
  const leaf = fc
    .tuple(fc.constantFrom(...FORMATS), fc.array(fc.nat(3), { maxLength: 3 }), fc.nat())
    .map(([dtype, shape, seed]) => drawn(arrays, dtype, shape, seed));
  const key = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 4 })
    .filter((text) => !text.includes('.') && text !== '__proto__');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object')),
    list: fc.array(tie('tree'), { maxLength: 3 }),
    object: fc.dictionary(key, tie('tree'), { maxKeys: 3 }),
  }));
  await fc.assert(
    fc.asyncProperty(fc.tuple(leaf, tree), fc.integer({ min: 1, max: 200 }), async (given, size) => {
      const bytes = await bytesOf(given);
      for (const source of [bytes, new Blob([bytes]), inChunks(bytes, size)]) {
        const restored = np.flatten(await restoreArrays(source, given));
        const { arrays: before, form } = np.flatten(given);
        expect(restored.form).toBe(form);
        expect(restored.arrays.map(np.describe)).toEqual(before.map(np.describe));
        expect(await codesOf(restored.arrays)).toEqual(await codesOf(before));
      }
    }),
    { numRuns: 50 },
  );
});

test('names are ways into the tree, text goes along, and what is left out is left out', async () => {
  using arrays = await np.openArrays({ executor: 'reference' });
  const layer = { weight: arrays.ones([2, 3], 'bfloat16'), bias: undefined };
  const tree = { layers: [layer, layer], scale: np.add(arrays.ones([]), 1), none: [] };
  const bytes = await bytesOf(tree, { metadata: [['step', '7']] });
  const file = await openSafetensors(bytes);
  const names = ['layers.0.weight', 'layers.1.weight', 'scale'];
  expect([...file.entries.keys()].sort()).toEqual(names);
  expect(file.metadata.get('step')).toBe('7');
  const all = await loadArrays(bytes, arrays);
  expect(Object.keys(all).sort()).toEqual(names);
  expect(await all['scale']?.item()).toBe(2);
  expect(await restoreArrays(bytes, tree)).toMatchObject({ layers: [{ bias: undefined }, {}], none: [] });
});

describe('what does not fit is told by name', () => {
  test.each<[string, (on: np.Arrays) => unknown, RegExp]>([
    ['a name too many', (on) => ({ a: on.ones([2]) }), /the template has no "b\.0"/],
    ['one too few', (on) => ({ a: on.ones([2]), b: [on.ones([3])], c: on.ones([]) }), /it has no "c"/],
    [
      'another shape',
      (on) => ({ a: on.ones([2]), b: [on.ones([1, 3])] }),
      /"b\.0" is float32\[3\], not float32\[1, 3\]/,
    ],
    [
      'another format',
      (on) => ({ a: on.ones([2], 'bfloat16'), b: [on.ones([3])] }),
      /"a" is float32\[2\], not bfloat16\[2\]/,
    ],
    ['no array', () => ({ a: [] }), /the template has no array/],
    ['an array alone', (on) => on.ones([2]), /put it in an object/],
  ])('%s', async (_, template, message) => {
    using arrays = await np.openArrays({ executor: 'reference' });
    const bytes = await bytesOf({ a: arrays.ones([2]), b: [arrays.ones([3])] });
    const given = template(arrays);
    const { arrays: count } = arrays.memory();
    for (const source of [bytes, inChunks(bytes, 10)]) {
      const restored = restoreArrays(source, given);
      await expect(restored).rejects.toThrow(message);
      await expect(restored).rejects.toBeInstanceOf(UserError);
    }
    expect(arrays.memory().arrays).toBe(count);
  });

  test('a stream that does not fit is let go of', async () => {
    using arrays = await np.openArrays({ executor: 'reference' });
    const bytes = await bytesOf({ a: arrays.ones([2]) });
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(bytes);
      },
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(restoreArrays(stream, { b: arrays.ones([2]) })).rejects.toThrow(/it has no "b"/);
    expect(cancelled).toBe(true);
  });

  test('what cannot be saved', async () => {
    using arrays = await np.openArrays({ executor: 'reference' });
    const x = arrays.ones([2]);
    expect(() => saveArrays({ a: { epoch: 3 } })).toThrow('saveArrays: "a.epoch" is a number: arrays are');
    expect(() => saveArrays({ a: null })).toThrow('"a" is null');
    expect(() => saveArrays({ a: new Map() })).toThrow('"a" is an object of a class');
    expect(() => saveArrays({ 'a.b': x, a: { b: x } })).toThrow('two arrays have the name "a.b"');
    const gone = arrays.ones([2]);
    gone.dispose();
    expect(() => saveArrays({ gone })).toThrow('saveArrays: the array float32[2] was disposed');
    const late = arrays.ones([2]);
    const stream = saveArrays({ late });
    late.dispose();
    const reader = stream.getReader();
    const drain = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(drain()).rejects.toThrow('saveArrays: the array float32[2] was disposed');
  });

  test('a file that is cut short or goes on, and formats that the chip lacks: nothing of it stays', async () => {
    using arrays = await np.openArrays({ executor: 'reference' });
    const tree = { a: arrays.ones([2]), b: arrays.ones([3]) };
    const bytes = await bytesOf(tree);
    const { live } = arrays.memory();
    const short = bytes.subarray(0, -5);
    await expect(restoreArrays(short, tree)).rejects.toThrow(UserError);
    await expect(restoreArrays(inChunks(short, 7), tree)).rejects.toThrow(
      /Tensor "b" takes 12 bytes; the stream ends after 7 of them/,
    );
    await expect(loadArrays(inChunks(Uint8Array.of(...bytes, 0), 7), arrays)).rejects.toThrow(UserError);
    const foreign = await joined(
      writeSafetensors([
        { name: 'a', dtype: 'float32', shape: [1], codes: Uint32Array.of(0) },
        { name: 'b', dtype: 'float8_e4m3fn', shape: [1], codes: Uint8Array.of(0) },
      ]),
    );
    await expect(loadArrays(foreign, arrays)).rejects.toThrow(/Loading "b": trn2 has no float8_e4m3fn/);
    expect(arrays.memory().live).toBe(live);
  });
});

test.each([
  ['rounded stochastically', { rounding: 'stochastic', seed: 9 } as const],
  ['with copies in float32', { master: true } as const],
])('training %s goes on from a file with the bits that it would have had', async (_, storage) => {
  const layer = linear({ inputs: 4, outputs: 3, dtype: 'bfloat16' });
  type Parameters = ReturnType<typeof layer.init>;
  const rule = adam({ learningRate: 0.02, ...storage });
  const begin = (on: np.Arrays) => {
    const parameters = layer.init(on, 2);
    return [parameters, rule.init(parameters)] as const;
  };
  const steps = async (
    on: np.Arrays,
    [parameters, state]: readonly [Parameters, OptimiserState],
    first: number,
    count: number,
  ) => {
    const losses: number[] = [];
    for (let i = first; i < first + count; i++) {
      const x = np.normal(np.foldIn(on.key(1), i), [8, 4], { dtype: 'bfloat16' });
      const loss = (given: Parameters) =>
        meanSquaredError(np.astype(layer.apply(given, x), 'float32'), on.ones([8, 3]));
      const [value, gradients] = valueAndGrad(loss)(parameters);
      [parameters, state] = rule.update(parameters, gradients, state);
      losses.push(await value.item());
    }
    return { losses, tree: [parameters, state] as const };
  };
  using whole = await np.openArrays({ executor: 'reference' });
  const expected = await steps(whole, begin(whole), 0, 6);
  using before = await np.openArrays({ executor: 'reference' });
  const half = await steps(before, begin(before), 0, 3);
  const bytes = await bytesOf(half.tree);
  using after = await np.openArrays({ executor: 'reference' });
  const rest = await steps(after, await restoreArrays(bytes, begin(after)), 3, 3);
  expect([...half.losses, ...rest.losses]).toEqual(expected.losses);
  expect(await codesOf(rest.tree)).toEqual(await codesOf(expected.tree));
});

describe.each(ADAPTERS)('%s', (name) => {
  test('what was computed is saved, and what is loaded computed with', async () => {
    const host = await open(name);
    using arrays = await np.openArrays({ device: host.device });
    using reference = await np.openArrays({ executor: 'reference' });
    const made = (on: np.Arrays) =>
      NARROW.map((dtype) => np.multiply(np.normal(on.key(1), [3, 5], { dtype }), 2));
    const bytes = await bytesOf(made(arrays));
    expect(bytes).toEqual(await bytesOf(made(reference)));
    const restored = await restoreArrays(inChunks(bytes, 33), made(arrays));
    const doubled = restored.map((x) => np.add(x, x));
    expect(await codesOf(doubled)).toEqual(await codesOf(made(reference).map((x) => np.add(x, x))));
    host.close();
  });
});
