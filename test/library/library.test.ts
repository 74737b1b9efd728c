/** The library on every adapter: any kind of operand gives the bits of the reference, and every mistake its message. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Window } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { DeviceLostError, USAGE } from '../../src/execute/webgpu';
import { createWasmMatmul } from '../../src/execute/wasm';
import { openBrowserDevice, type Host } from '../../src/host';
import type { NeuronCore, Operand, ProductOptions } from '../../src/library';
import { planMatmul } from '../../src/lower';
import { open } from '../../src/node';
import {
  decodeArray,
  encodeArray,
  packMatrix,
  rowWords,
  UserError,
  type CodeArray,
  type Dtype,
} from '../../src/numerics';
import { ADAPTERS, open as openHost } from '../execute/webgpu/devices';
import { anyRounding } from '../lower/requests';
import { valuesOf } from './values';

const STORAGE = USAGE.STORAGE | USAGE.COPY_DST | USAGE.COPY_SRC;

const KINDS = ['values', 'codes', 'buffer', 'result'] as const;
type Kind = (typeof KINDS)[number];
const kind = fc.constantFrom(...KINDS);

const products = fc.record({
  pair: fc.constantFrom(
    { a: 'bfloat16', b: 'bfloat16' } as const,
    { a: 'float8_e4m3', b: 'float8_e5m2' } as const,
    { a: 'float16', b: 'float8_e4m3' } as const,
    { a: 'float32', b: 'float32' } as const,
  ),
  m: fc.integer({ min: 1, max: 40 }),
  n: fc.integer({ min: 1, max: 200 }),
  k: fc.integer({ min: 1, max: 300 }),
  out: fc.constantFrom('float32', 'bfloat16', 'float8_e4m3'),
  aLayout: fc.constantFrom('row-major', 'k-major'),
  rounding: anyRounding,
  accumulate: fc.boolean(),
  into: fc.boolean(),
  kinds: fc.record({ a: kind, b: kind, c: kind }),
  seed: fc.nat(),
});

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let core: NeuronCore;
  beforeAll(async () => {
    host = await openHost(name);
    core = await open({ device: host.device });
  });
  beforeEach(() => {
    expect(core.memory).toBe(0);
  });
  afterAll(() => {
    core.close();
    host.close();
  });

  function bufferOf(
    dtype: Dtype,
    rows: number,
    columns: number,
    codes: CodeArray,
    usage = STORAGE,
  ): GPUBuffer {
    const words = packMatrix(dtype, rows, columns, codes);
    const buffer = host.device.createBuffer({ size: words.byteLength, usage: usage | USAGE.COPY_DST });
    host.device.queue.writeBuffer(buffer, 0, words);
    return buffer;
  }

  /** A result with these codes: a product with the identity, which has one term for each output. */
  async function resultOf(dtype: Dtype, rows: number, columns: number, codes: CodeArray) {
    const wide = dtype === 'float32' ? 'float32' : 'bfloat16';
    const identity = Float32Array.from({ length: rows * rows }, (_, i) => Number(i % (rows + 1) === 0));
    const options = { m: rows, n: columns, k: rows, out: dtype } as const;
    return core.matmul(identity, { codes }, { ...options, dtype: { a: wide, b: dtype } });
  }

  async function operandOf(how: Kind, dtype: Dtype, rows: number, columns: number, values: Float32Array) {
    const codes = encodeArray(dtype, values);
    const none = () => undefined;
    if (how === 'values') return { operand: values, release: none };
    if (how === 'codes') return { operand: { codes }, release: none };
    if (how === 'buffer') {
      const buffer = bufferOf(dtype, rows, columns, codes);
      return { operand: buffer, release: () => { buffer.destroy(); } }; // prettier-ignore
    }
    const result = await resultOf(dtype, rows, columns, codes);
    return { operand: result, release: () => { result.release(); } }; // prettier-ignore
  }

  test('any kind of operand gives the bits of the reference, verified, and leaves no byte behind', async () => {
    await fc.assert(
      fc.asyncProperty(products, async ({ pair, m, n, k, out, kinds, seed, ...rest }) => {
        const { aLayout, rounding, accumulate, into } = rest;
        const [aRows, aColumns] = aLayout === 'k-major' ? [k, m] : [m, k];
        const [aValues, bValues, cValues] = [m * k, k * n, m * n].map((length, i) =>
          valuesOf(length, seed + i),
        );
        if (!aValues || !bValues || !cValues) throw new Error('three operands');
        const a = await operandOf(kinds.a, pair.a, aRows, aColumns, aValues);
        const b = await operandOf(kinds.b, pair.b, k, n, bValues);
        const c = accumulate ? await operandOf(kinds.c, out, m, n, cValues) : undefined;
        const target = into
          ? host.device.createBuffer({ size: m * rowWords(out, n) * 4, usage: STORAGE })
          : undefined;
        const result = await core.matmul(a.operand, b.operand, {
          ...{ m, n, k, out, aLayout, dtype: pair },
          ...rounding,
          ...(c && { c: c.operand }),
          ...(target && { into: target }),
        });
        const plan = planMatmul({ m, n, k, ...pair, out, aLayout, accumulate, ...rounding });
        const expected = referenceMatmul(
          plan,
          {
            a: encodeArray(pair.a, aValues),
            b: encodeArray(pair.b, bValues),
            ...(accumulate && { c: encodeArray(out, cValues) }),
          },
          { subnormals: core.probe.subnormals === 'kept' ? 'exact' : 'ftz' },
        );
        expect(await result.codes()).toEqual(expected);
        expect(await result.data()).toEqual(decodeArray(out, expected));
        expect(await result.verify()).toMatchObject({
          passed: true,
          compared: m * n,
          outputs: m * n,
          mismatches: 0,
        });
        if (target) expect(result.buffer).toBe(target);
        for (const each of [result, a, b, c]) each?.release();
        target?.destroy();
        expect(core.memory).toBe(0);
      }),
      { numRuns: 12 },
    );
  });

  const shape = { m: 5, n: 7, k: 9 } as const;
  const options: ProductOptions = { ...shape, dtype: 'bfloat16' };
  const a = valuesOf(shape.m * shape.k, 1);
  const b = valuesOf(shape.k * shape.n, 2);

  test('a chain stays on the device', async () => {
    using first = await core.matmul(a, b, { ...options, out: 'bfloat16' });
    const weights = valuesOf(7 * 3, 3);
    using second = await core.matmul(first, weights, { m: 5, n: 3, k: 7, dtype: 'bfloat16' });
    using again = await core.matmul({ codes: await first.codes() }, weights, {
      m: 5,
      n: 3,
      k: 7,
      dtype: 'bfloat16',
    });
    expect(await second.codes()).toEqual(await again.codes());
    expect((await second.verify()).passed).toBe(true);
    first.release();
    await expect(second.verify()).rejects.toThrow(/not destroyed/);
  });

  test('a wrong bit is found where it is', async () => {
    using result = await core.matmul(a, b, { ...options, out: 'bfloat16' });
    const codes = await result.codes();
    codes[2 * 7 + 4] = (codes[2 * 7 + 4] ?? 0) ^ 1;
    host.device.queue.writeBuffer(result.buffer, 0, packMatrix('bfloat16', 5, 7, codes));
    const { passed, mismatches, firstWrong } = await result.verify();
    expect({ passed, mismatches }).toEqual({ passed: false, mismatches: 1 });
    expect(firstWrong).toMatchObject({ m: 2, n: 4, received: codes[2 * 7 + 4] });
  });

  test('operands that show flushing are checked as the adapter adds, and the verdict says so', async () => {
    const tiny = new Float32Array(4).fill(2 ** -70);
    using result = await core.matmul(tiny, tiny, { m: 2, n: 2, k: 2, dtype: 'float32' });
    const subnormals = core.probe.subnormals === 'kept' ? 'exact' : 'ftz';
    expect(await result.verify()).toMatchObject({ passed: true, subnormals });
  });

  test('a prepared product runs many times, on operands that may change', async () => {
    const buffer = bufferOf('bfloat16', 9, 7, encodeArray('bfloat16', b));
    const product = await core.prepare(a, buffer, options);
    await product.run();
    const before = await product.read();
    using once = await core.matmul(a, b, options);
    expect(before).toEqual(await once.codes());
    host.device.queue.writeBuffer(buffer, 0, new Uint32Array(buffer.size / 4));
    await product.run();
    expect((await product.read()).every((code) => code === 0)).toBe(true);
    product.release();
    buffer.destroy();
  });

  test('a window of a prepared product is read where it lies, and refused where it does not', async () => {
    const product = await core.prepare(a, b, options);
    await product.run();
    const whole = await product.read();
    const window = { m0: 1, m1: 4, n0: 2, n1: 7 };
    expect([...(await product.read(window))]).toEqual(
      [1, 2, 3].flatMap((m) => [...whole.slice(m * 7 + 2, m * 7 + 7)]),
    );
    expect(await product.read({ ...window, m1: 1 })).toHaveLength(0);
    const outside = /The window must lie in the output \[M=5, N=7\].*received rows/;
    const wrong: readonly (readonly [unknown, RegExp])[] = [
      [{ ...window, m1: 6 }, outside],
      [{ ...window, m0: -1 }, outside],
      [{ ...window, n0: 7, n1: 6 }, outside],
      [{ ...window, n1: 2.5 }, outside],
      [{ ...window, n1: 3n }, outside],
      [{}, outside],
      [{ ...window, rows: 3 }, /window has no option "rows": it takes m0, m1, n0, n1/],
      [5, /window takes an object of options; received 5/],
      [null, /window takes an object of options; received null/],
    ];
    for (const [each, message] of wrong) {
      const error = await product.read(each as Window).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UserError);
      expect(String(error)).toMatch(message);
    }
    product.release();
  });

  test('many at once', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) => core.matmul(valuesOf(45, i), b, options)),
    );
    for (const [i, result] of results.entries()) {
      using alone = await core.matmul(valuesOf(45, i), b, options);
      expect(await result.codes()).toEqual(await alone.codes());
      result.release();
    }
  });

  test('an aborted product gives the reason and leaves nothing', async () => {
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(core.matmul(a, b, { ...options, signal: stopped })).rejects.toThrow('enough');
    const stop = new AbortController();
    const size = 3072; // some seconds of work
    const large = { m: size, n: size, k: size, dtype: 'bfloat16', signal: stop.signal } as const;
    const zeros = { codes: new Uint16Array(size * size) };
    const running = core.matmul(zeros, zeros, large);
    setTimeout(() => { stop.abort(new Error('stopped')); }, 30); // prettier-ignore
    await expect(running).rejects.toThrow('stopped');
    expect(core.memory).toBe(0);
    using result = await core.matmul(a, b, options);
    await expect(result.verify(stopped)).rejects.toThrow('enough');
    expect((await result.verify()).passed).toBe(true);
  });

  /** What untyped code may hand over. */
  const untyped = (change: Record<string, unknown>) => change as unknown as ProductOptions;
  const wrongOptions: readonly (readonly [string, ProductOptions, RegExp])[] = [
    [
      'an unknown option',
      untyped({ ...options, dtpye: 'bf16' }),
      /matmul has no option "dtpye": it takes m, n, k, dtype/,
    ],
    [
      'an unknown format',
      untyped({ ...options, dtype: 'bf17' }),
      /Unknown number format "bf17".*Did you mean bf16/,
    ],
    ['no format', untyped(shape), /dtype must name a number format.*received undefined/],
    ['half a pair', untyped({ ...shape, dtype: { a: 'bf16' } }), /dtype\.b must name a number format/],
    [
      'a shape left out',
      untyped({ ...options, m: undefined }),
      /m must be a whole number of at least 1, received nothing/,
    ],
    ['no options', untyped(undefined as never), /takes an object of options; received undefined/],
    ['another rounding', untyped({ ...options, rounding: 'up' }), /rounding must be one of/],
    ['a chip that is none', untyped({ ...options, chip: 'tpu' }), /No chip "tpu"/],
    ['a BigInt', untyped({ ...options, m: 5n }), /m must not be a BigInt; received 5n: take Number\(m\)/],
    ['a signal that is none', untyped({ ...options, signal: {} }), /signal must be an AbortSignal/],
    ['a buffer that is none', untyped({ ...options, into: 5 }), /into must be a GPUBuffer/],
    [
      'more rows than given',
      { ...options, m: 6 },
      /Operand A must hold 54 values \(\[M=6, K=9\]\); received 45/,
    ],
  ];
  test.each(wrongOptions)('%s is refused', async (_, wrong, message) => {
    const error = await core.matmul(a, b, wrong).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });

  const wrongOperands: readonly (readonly [string, unknown, RegExp])[] = [
    ['doubles', new Float64Array(45), /received Float64Array\. .*Float32Array\.from/],
    ['a plain array', [1, 2], /received Array\. .*Float32Array\.from/],
    ['nothing', undefined, /Operand A is a Float32Array of values, .* received undefined/],
    ['null', null, /received null/],
    ['bare codes', new Uint16Array(45), /received Uint16Array/],
    [
      'codes of another width',
      { codes: new Uint8Array(45) },
      /codes of bfloat16 are a Uint16Array; received Uint8Array/,
    ],
    ['too few codes', { codes: new Uint16Array(4) }, /Operand A must hold 45 bfloat16 codes/],
  ];
  test.each(wrongOperands)('%s as operand: refused', async (_, wrong, message) => {
    const error = await core.matmul(wrong as Operand, b, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });

  test('buffers that cannot be are refused, and the device goes on', async () => {
    const codes = encodeArray('bfloat16', b);
    const other = await openHost(name);
    const words = packMatrix('bfloat16', 9, 7, codes);
    const foreign = other.device.createBuffer({ size: words.byteLength, usage: STORAGE });
    const destroyed = bufferOf('bfloat16', 9, 7, codes);
    destroyed.destroy();
    const small = host.device.createBuffer({ size: 16, usage: STORAGE });
    const unusable = bufferOf('bfloat16', 9, 7, codes, USAGE.COPY_SRC);
    const unreadable = bufferOf('bfloat16', 9, 7, codes, USAGE.STORAGE);
    const fine = bufferOf('bfloat16', 9, 7, codes);
    const cases: readonly (readonly [GPUBuffer, RegExp])[] = [
      [foreign, /must be of the same device, not destroyed and not mapped/],
      [destroyed, /must be of the same device, not destroyed and not mapped/],
      [
        small,
        /Operand B must hold 144 bytes, 9 rows of 7 bfloat16 padded to 16 bytes each; received a buffer of 16/,
      ],
      [unusable, /Operand B needs usage GPUBufferUsage\.STORAGE/],
    ];
    for (const [buffer, message] of cases) {
      const error = await core.matmul(a, buffer, options).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UserError);
      expect(String(error)).toMatch(message);
    }
    await expect(core.matmul(a, fine, { ...options, into: fine })).rejects.toThrow(
      /also the buffer of the result/,
    );
    await expect(core.matmul(a, fine, { ...options, into: small })).rejects.toThrow(
      /The buffer of the result must hold/,
    );
    expect(core.memory).toBe(0);
    using result = await core.matmul(a, unreadable, options);
    using expected = await core.matmul(a, fine, options);
    expect(await result.codes()).toEqual(await expected.codes());
    await expect(result.verify()).rejects.toThrow(
      /Operand B is read back, which needs usage GPUBufferUsage.COPY_SRC/,
    );
    for (const buffer of [foreign, small, unusable, unreadable, fine]) buffer.destroy();
    other.close();
  });

  test('results of another shape, format, device or life are no operands', async () => {
    const result = await core.matmul(a, b, { ...options, out: 'bfloat16' });
    const next = { m: 5, n: 1, k: 7, dtype: 'bfloat16' } as const;
    const ones = new Float32Array(7).fill(1);
    await expect(core.matmul(result, ones, { ...next, dtype: 'float16' })).rejects.toThrow(
      /must be float16 of \[M=5, K=7\]; received a result in bfloat16 of \[5, 7\]/,
    );
    await expect(core.matmul(result, ones, { ...next, m: 7, k: 5 })).rejects.toThrow(/received a result/);
    const other = await open({ device: host.device });
    await expect(other.matmul(result, ones, next)).rejects.toThrow(/result of another device/);
    other.close();
    result.release();
    result.release();
    for (const use of [() => result.data(), () => result.verify(), () => core.matmul(result, ones, next)])
      await expect((async () => use())()).rejects.toThrow(/was released/);
  });

  test('close frees what was made, keeps a device of yours, and is said', async () => {
    const other = await open({ device: host.device, chip: 'trn3' });
    const result = await other.matmul(a, b, { ...options, dtype: 'float8_e4m3fn' });
    expect(other.memory).toBeGreaterThan(0);
    other.close();
    other.close();
    expect(other.memory).toBe(0);
    for (const use of [() => result.data(), () => other.matmul(a, b, options), () => other.tune()])
      await expect((async () => use())()).rejects.toThrow(/was closed/);
    using again = await core.matmul(a, b, options);
    expect((await again.verify()).passed).toBe(true);
  });

  test('a short name is a format', async () => {
    using short = await core.matmul(a, b, { ...shape, dtype: { a: 'bf16', b: 'fp8e4m3' }, out: 'bf16' });
    expect([short.plan.a, short.plan.b, short.dtype]).toEqual(['bfloat16', 'float8_e4m3', 'bfloat16']);
  });

  test('a signal that is none is refused wherever one is taken', async () => {
    const none = 'x' as unknown as AbortSignal;
    using result = await core.matmul(a, b, options);
    const product = await core.prepare(a, b, options);
    for (const use of [() => result.verify(none), () => product.run(none), () => core.tune(none)])
      await expect(use()).rejects.toThrow(/signal must be an AbortSignal/);
    product.release();
  });

  test.each(['mine', 'its own'])(
    'what is under way when a core is closed on a device of %s is told so',
    async (whose) => {
      const other = await open(whose === 'mine' ? { device: host.device } : { adapter: name });
      const product = await other.prepare(a, b, options);
      const size = 512;
      const zeros = { codes: new Uint16Array(size * size) };
      const running = other.matmul(zeros, zeros, { m: size, n: size, k: size, dtype: 'bfloat16' });
      const outcome = running.then(
        () => undefined,
        (error: unknown) => error,
      );
      other.close();
      const error = await outcome;
      expect(error).toBeInstanceOf(UserError);
      expect(String(error)).toMatch(/This core was closed/);
      await expect(product.run()).rejects.toThrow(/This core was closed/);
      expect(other.memory).toBe(0);
    },
  );

  test('a device opened here is destroyed by close', async () => {
    const own = await open({ adapter: name });
    using result = await own.matmul(a, b, options);
    expect((await result.verify()).passed).toBe(true);
    own.close();
    expect((await own.lost).reason).toBe('destroyed');
  });

  test('a lost device is reported as such', async () => {
    const doomed = await openHost(name);
    const other = await open({ device: doomed.device });
    const result = await other.matmul(a, b, options);
    doomed.device.destroy();
    await other.lost;
    await expect(other.matmul(a, b, options)).rejects.toBeInstanceOf(DeviceLostError);
    await expect(result.data()).rejects.toBeInstanceOf(DeviceLostError);
    other.close();
    doomed.close();
  });
});

test('a page that refuses WebAssembly is told what to add', async () => {
  const refused = vi
    .spyOn(WebAssembly, 'compile')
    .mockRejectedValue(new WebAssembly.CompileError('by policy'));
  await expect(createWasmMatmul()).rejects.toThrow(/add 'wasm-unsafe-eval' to its script-src\. by policy/);
  refused.mockRestore();
});

test('open refuses what it does not know', async () => {
  await expect(openBrowserDevice({ powerPreference: 'turbo' as 'low-power' })).rejects.toThrow(
    /powerPreference must be one of low-power, high-performance; received turbo/,
  );
  await expect(open({ device: {} as GPUDevice, adapter: 'x' })).rejects.toThrow(
    /takes device or adapter, not both/,
  );

  await expect(open({ chips: 'trn2' } as object)).rejects.toThrow(
    /open has no option "chips": it takes chip, device, tunings, adapter/,
  );
  await expect(open({ device: {} as GPUDevice })).rejects.toThrow(/device must be a GPUDevice/);
  await expect(open({ chip: 'trn9' as 'trn2' })).rejects.toThrow(/No chip "trn9"/);
});
