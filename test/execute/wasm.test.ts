/** The WASM executor must give the reference loop's bits for every plan, window, format, mode and operand, fused or not, on any number of threads. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Window } from '../../src/execute/matmul';
import { referenceMatmul } from '../../src/execute/reference/matmul';
import { createWasmMatmul, type WasmMatmul } from '../../src/execute/wasm';
import type { ChipName } from '../../src/chip';
import { planMatmul, type MatmulPlan } from '../../src/lower';
import { bitsOf, codeArray, encodeArray, UserError, type Dtype } from '../../src/numerics';
import { randomOperands } from '../../bench/check';
import { anyRounding } from '../lower/requests';
import { runs } from './runs';
import { startThread } from './wasm-engine';
import { codes, operandsOf, type Kind } from './wasm-operands';

let wasmMatmul: WasmMatmul;
/** Without relaxed SIMD, and on threads with it. */
let unfused: WasmMatmul;
let threaded: WasmMatmul;
beforeAll(async () => {
  wasmMatmul = await createWasmMatmul();
  unfused = await createWasmMatmul({ relaxed: false });
  threaded = await createWasmMatmul({ threads: 2, startThread });
});
afterAll(() => {
  threaded.release();
});

const PAIRS: readonly (readonly [Dtype, Dtype, Dtype, ChipName?])[] = [
  ['float32', 'float32', 'float32'],
  ['tfloat32', 'float32', 'float32'],
  ['bfloat16', 'bfloat16', 'float32'],
  ['bfloat16', 'float16', 'float32'],
  ['float16', 'float16', 'bfloat16'],
  ['float8_e4m3', 'float8_e5m2', 'float16'],
  ['float8_e4m3', 'float8_e4m3', 'float32'],
  ['float8_e3m4', 'bfloat16', 'float32'],
  ['float8_e5m2', 'float8_e4m3fn', 'float32', 'trn3'],
];

const cases = fc.record({
  m: fc.integer({ min: 1, max: 21 }),
  n: fc.integer({ min: 1, max: 37 }),
  k: fc.integer({ min: 1, max: 330 }),
  pair: fc.constantFrom(...PAIRS),
  aLayout: fc.constantFrom('row-major' as const, 'k-major' as const),
  rounding: anyRounding,
  accumulate: fc.boolean(),
  tileK: fc.integer({ min: 1, max: 128 }),
  blockK: fc.option(fc.integer({ min: 128, max: 200 }), { nil: undefined }),
  subnormals: fc.constantFrom('exact' as const, 'ftz' as const),
  kind: fc.constantFrom<Kind>('any', 'plain', 'plain', 'tiny'),
  corners: fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()),
  seed: fc.nat(),
});

/** A plan of a case, its operands and a window. */
const drawn = cases.map(
  ({
    pair: [a, b, out, chip = 'trn2'],
    rounding,
    tileK,
    blockK,
    subnormals,
    kind,
    corners,
    seed,
    ...shape
  }) => {
    const block = blockK === undefined ? {} : { k: blockK };
    const plan = planMatmul({ ...shape, ...rounding, ...{ a, b, out, chip, block }, tile: { k: tileK } });
    return { plan, operands: operandsOf(plan, kind, seed), window: windowOf(plan, corners), subnormals };
  },
);

describe('the WASM executor', () => {
  it('equals the reference loop bit for bit, with relaxed SIMD and without', () => {
    fc.assert(
      fc.property(drawn, ({ plan, operands, window, subnormals }) => {
        const expected = referenceMatmul(plan, operands, { window, subnormals });
        expect(wasmMatmul(plan, operands, { window, subnormals })).toEqual(expected);
        expect(unfused(plan, operands, { window, subnormals })).toEqual(expected);
      }),
      { numRuns: runs(300) },
    );
  });

  it('gives zeros for a plan without passes, whatever was computed before', () => {
    const plan = planMatmul({ m: 9, n: 20, k: 100, a: 'bfloat16', b: 'bfloat16' });
    const operands = operandsOf(plan, 'plain', 3);
    const full = wasmMatmul(plan, operands);
    expect(full.some((code) => code !== 0)).toBe(true);
    const none = { ...plan, passes: [] };
    expect(wasmMatmul(none, operands)).toEqual(referenceMatmul(none, operands));
  });

  it('decodes every code of every format', () => {
    const dtypes = [...new Set(PAIRS.flatMap(([a, b]) => [a, b]))].filter((dtype) => bitsOf(dtype) <= 16);
    for (const dtype of dtypes) {
      const count = 2 ** bitsOf(dtype);
      const all = codeArray(dtype, count).map((_, code) => code);
      const one = encodeArray(dtype, Float32Array.of(1));
      const chip = 'trn3';
      const column = planMatmul({ m: 1, n: count, k: 1, a: dtype, b: dtype, chip });
      const row = planMatmul({ m: count, n: 1, k: 1, a: dtype, b: dtype, chip });
      for (const [plan, operands] of [
        [column, { a: one, b: all }],
        [row, { a: all, b: one }],
      ] as const) {
        const expected = referenceMatmul(plan, operands);
        const wrong = wasmMatmul(plan, operands).findIndex((code, index) => code !== expected[index]);
        expect([dtype, plan.m, wrong]).toEqual([dtype, plan.m, -1]);
      }
    }
  });

  it('equals it on products that flush only because they are tiny after rounding', () => {
    const plan = planMatmul({ m: 40, n: 40, k: 1, a: 'float32', b: 'float32' });
    const near = (exponent: number, offset: number) =>
      Uint32Array.from({ length: 40 }, (_, i) => exponent + ((i + offset) >> 1) * (i % 2 === 0 ? 1 : -1));
    const operands = { a: near(0x3f800000, 0), b: near(0x00800000, 5) };
    const [exact, ftz] = (['exact', 'ftz'] as const).map((subnormals) => {
      const result = wasmMatmul(plan, operands, { subnormals });
      expect(result).toEqual(referenceMatmul(plan, operands, { subnormals }));
      return result;
    });
    expect(exact?.some((code, i) => code === 0x00800000 && ftz?.[i] === 0)).toBe(true);
  });

  it('equals it beyond one block of rows and columns, and leaves nothing behind for the next call', () => {
    const wide = planMatmul({ m: 1030, n: 1035, k: 5, a: 'bfloat16', b: 'bfloat16', tile: { k: 2 } });
    const poison = {
      a: codes('bfloat16', 1030 * 5, 'plain', 1).fill(0x7fc0),
      b: codes('bfloat16', 5 * 1035, 'plain', 2),
    };
    expect(wasmMatmul(wide, poison).every((code) => code === 0x7fc00000)).toBe(true);
    const operands = operandsOf(wide, 'plain', 3);
    // One by one: Vitest compares a million elements in seconds.
    const expected = referenceMatmul(wide, operands);
    const wrong = wasmMatmul(wide, operands).findIndex((code, index) => code !== expected[index]);
    expect(wrong).toBe(-1);
  });

  it('refuses what the reference loop refuses, and gives nothing for an empty window', () => {
    const plan = planMatmul({ m: 3, n: 4, k: 5, a: 'bfloat16', b: 'bfloat16' });
    const operands = operandsOf(plan, 'plain', 1);
    expect(() => wasmMatmul(plan, { ...operands, b: operands.b.slice(1) })).toThrow(UserError);
    expect(wasmMatmul(plan, operands, { window: { m0: 1, m1: 1, n0: 0, n1: 4 } })).toHaveLength(0);
  });
});

describe('what is prepared', () => {
  it.each([
    ['one thread', () => wasmMatmul],
    ['two threads', () => threaded],
  ])('gives the same bits, again and again, on %s', async (_, executor) => {
    await fc.assert(
      fc.asyncProperty(drawn, async ({ plan, operands, window }) => {
        const product = await executor().prepare(plan, operands);
        try {
          await product.runMany(2);
          expect(await product.read()).toEqual(referenceMatmul(plan, operands));
          expect(await product.read(window)).toEqual(referenceMatmul(plan, operands, { window }));
        } finally {
          product.release();
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it('shares a large product, of several units for each thread, and runs at the same time as another', async () => {
    expect(threaded.threads).toBe(2);
    const plan = planMatmul({ m: 300, n: 500, k: 290, a: 'bfloat16', b: 'bfloat16', accumulate: true });
    const operands = operandsOf(plan, 'plain', 5);
    const products = await Promise.all([threaded.prepare(plan, operands), threaded.prepare(plan, operands)]);
    await Promise.all(products.map((product) => product.run()));
    const expected = wasmMatmul(plan, operands);
    for (const product of products) {
      expect(product.dispatches).toBeGreaterThan(4);
      const actual = await product.read();
      expect(actual.findIndex((code, index) => code !== expected[index])).toBe(-1);
      product.release();
    }
  });

  it('keeps operands packed, and no more beside them than a tenth', async () => {
    const plan = planMatmul({ m: 1024, n: 1024, k: 1024, a: 'float8_e4m3', b: 'float8_e4m3' });
    const zeros = codeArray('float8_e4m3', 2 ** 20);
    const product = await threaded.prepare(plan, { a: zeros, b: zeros });
    const { operands, result, scratch, limit } = product.memory;
    expect(operands).toBeLessThan(2.01 * 2 ** 20);
    expect(operands + result + scratch).toBeLessThanOrEqual(limit);
    product.release();
  });

  it('stops when it is told to, and goes on afterwards', async () => {
    const plan = planMatmul({ m: 200, n: 300, k: 500, a: 'bfloat16', b: 'bfloat16' });
    const operands = operandsOf(plan, 'plain', 7);
    for (const executor of [wasmMatmul, threaded]) {
      const product = await executor.prepare(plan, operands);
      const controller = new AbortController();
      const running = product.runMany(1000, controller.signal);
      controller.abort();
      await expect(running).rejects.toBe(controller.signal.reason);
      await product.run();
      const expected = wasmMatmul(plan, operands);
      const actual = await product.read();
      expect(actual.findIndex((code, index) => code !== expected[index])).toBe(-1);
      product.release();
      await expect(product.run()).rejects.toThrow(/was released/);
    }
  });
});

describe('a product', () => {
  const executors = [
    ['one thread', () => wasmMatmul],
    ['two threads', () => threaded],
  ] as const;
  const small = planMatmul({ m: 1, n: 64, k: 64, a: 'bfloat16', b: 'bfloat16', out: 'bfloat16' });

  it.each(executors)(
    'that is released or stopped ends its runs at the next turn, on %s',
    async (_, executor) => {
      const product = await executor().prepare(small, operandsOf(small, 'plain', 12));
      const controller = new AbortController();
      const stopped = product.runMany(1e12, controller.signal);
      setTimeout(() => {
        controller.abort();
      });
      await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
      const running = product.runMany(1e12);
      setTimeout(() => {
        product.release();
      });
      await expect(running).rejects.toThrow(/was released/);
      const late = await executor().prepare(small, operandsOf(small, 'plain', 12));
      const once = late.run();
      late.release();
      await expect(once).rejects.toThrow(/was released/);
    },
  );

  it.each(executors)('has a result once it was run, and gives it in its turn, on %s', async (_, executor) => {
    const plan = planMatmul({ m: 64, n: 700, k: 500, a: 'bfloat16', b: 'bfloat16', accumulate: true });
    const operands = operandsOf(plan, 'plain', 13);
    const expected = referenceMatmul(plan, operands);
    const product = await executor().prepare(plan, operands);
    operands.c?.fill(0);
    await expect(product.read()).rejects.toThrow(/run it first/);
    const controller = new AbortController();
    const running = product.runMany(2, controller.signal);
    controller.abort();
    await expect(running).rejects.toBe(controller.signal.reason);
    const runs = product.runMany(3);
    const actual = await product.read();
    expect(actual.findIndex((code, index) => code !== expected[index])).toBe(-1);
    await runs;
    await expect(product.runMany(1.5)).rejects.toThrow(/whole number/);
    product.release();
  });
});

describe('threads', () => {
  it('are one, with the reason, where memory cannot be shared', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    const executor = await createWasmMatmul({ threads: 2, startThread });
    vi.unstubAllGlobals();
    expect(executor.threads).toBe(1);
    expect(executor.limited).toMatch(/no SharedArrayBuffer.*Cross-Origin-Opener-Policy: same-origin/);
  });

  it('are one, with the reason, where no worker starts, and none is left behind', async () => {
    const ended = vi.fn();
    const executor = await createWasmMatmul({
      threads: 2,
      startThread: (_, { broken }) => {
        setTimeout(() => {
          broken('by policy');
        });
        return { post: () => undefined, keep: () => undefined, end: ended };
      },
    });
    expect(executor.threads).toBe(1);
    expect(executor.limited).toMatch(/no worker starts \(.*by policy.*\)/);
    expect(ended).toHaveBeenCalledTimes(2);
  });

  it('keep the process alive only while they are waited for', async () => {
    const alive: boolean[] = [];
    const executor = await createWasmMatmul({
      threads: 2,
      startThread: (_, { message }) => {
        setTimeout(() => {
          message(0);
        });
        return {
          post: (data) =>
            setTimeout(() => {
              message((data as { number: number }).number);
            }),
          keep: (now) => alive.push(now),
          end: () => undefined,
        };
      },
    });
    expect(alive).toEqual([false, false]);
    const plan = planMatmul({ m: 1024, n: 1024, k: 512, a: 'bfloat16', b: 'bfloat16' });
    const product = await executor.prepare(plan, operandsOf(plan, 'plain', 8));
    await product.run();
    expect(alive).toEqual([false, false, true, true, false, false]);
  });

  it('that end fail what waits for them', async () => {
    const executor = await createWasmMatmul({ threads: 2, startThread });
    const plan = planMatmul({ m: 1024, n: 1024, k: 1024, a: 'bfloat16', b: 'bfloat16' });
    const product = await executor.prepare(plan, operandsOf(plan, 'plain', 9));
    const running = product.run();
    setTimeout(() => {
      executor.release();
    });
    await expect(running).rejects.toThrow(/threads of the WASM executor are gone/);
  });

  it('that are gone are told of by products that need no others too', async () => {
    const executor = await createWasmMatmul({ threads: 2, startThread });
    const plan = planMatmul({ m: 5, n: 5, k: 5, a: 'bfloat16', b: 'bfloat16' });
    const product = await executor.prepare(plan, operandsOf(plan, 'plain', 9));
    await product.run();
    executor.release();
    await expect(product.run()).rejects.toThrow(/threads of the WASM executor are gone/);
  });

  it('join the one that asks: what a worker does is waited for, and a worker that is gone is told of', async () => {
    // A worker that takes a unit and breaks while it is at it.
    let take = (): void => undefined;
    const executor = await createWasmMatmul({
      threads: 2,
      startThread: (_, { message, broken }) => {
        setTimeout(() => {
          message(0);
        });
        return {
          post: (data) => {
            const { memory, words } = data as { memory: WebAssembly.Memory; words: number };
            Atomics.add(new Int32Array(memory.buffer, words), 1, 1);
            take = () => {
              broken('it crashed');
            };
          },
          keep: () => undefined,
          end: () => undefined,
        };
      },
    });
    const plan = planMatmul({ m: 64, n: 128, k: 128, a: 'bfloat16', b: 'bfloat16' });
    const product = await executor.prepare(plan, operandsOf(plan, 'plain', 10));
    const running = product.run();
    setTimeout(() => {
      take();
    });
    await expect(running).rejects.toThrow(/gone: it crashed/);
  });

  it('join it in run after run of small products, with the same bits', async () => {
    const executor = await createWasmMatmul({ threads: 3, startThread });
    for (const [m, n, k] of [
      [1, 896, 896],
      [64, 100, 300],
      [5, 5, 5],
    ] as const) {
      const plan = planMatmul({ m, n, k, a: 'bfloat16', b: 'bfloat16' });
      const operands = operandsOf(plan, 'plain', 11);
      const expected = wasmMatmul(plan, operands);
      const product = await executor.prepare(plan, operands);
      for (let round = 0; round < 20; round++) {
        await product.runMany(10);
        const actual = await product.read();
        expect(actual.findIndex((code, index) => code !== expected[index])).toBe(-1);
      }
      product.release();
    }
    executor.release();
  });

  it('are a whole number', async () => {
    const misspelt = { thread: 2 } as object;
    await expect(createWasmMatmul(misspelt)).rejects.toThrow(
      'createWasmMatmul has no option "thread": it takes threads, startThread, relaxed. Did you mean threads?',
    );
    await expect(createWasmMatmul({ threads: 2, startThread: 'worker.js' as never })).rejects.toThrow(
      'startThread must be a function',
    );
    await expect(createWasmMatmul({ threads: 0 })).rejects.toThrow(/whole number of 1 to 64; received 0/);
  });
});

describe('relaxed SIMD', () => {
  it('that subtracts where it should add is found out and left alone', async () => {
    if (!wasmMatmul.fuses) return; // this engine has none
    const [MADD, NMADD] = [0x85, 0x86];
    const compile = WebAssembly.compile.bind(WebAssembly);
    const spy = vi.spyOn(WebAssembly, 'compile').mockImplementation((bytes) => {
      const wrong = new Uint8Array(bytes as Uint8Array<ArrayBuffer>);
      wrong.forEach((byte, at) => {
        if (byte === 0xfd && wrong[at + 1] === MADD && wrong[at + 2] === 0x02) wrong[at + 1] = NMADD;
      });
      return compile(wrong);
    });
    const executor = await createWasmMatmul();
    spy.mockRestore();
    expect(executor.fuses).toBe(false);
    const plan = planMatmul({ m: 9, n: 9, k: 300, a: 'bfloat16', b: 'bfloat16' });
    const operands = operandsOf(plan, 'plain', 10);
    expect(executor(plan, operands)).toEqual(referenceMatmul(plan, operands));
  });

  it('is used where products are exact, and only there', async () => {
    const subnormal = encodeArray('bfloat16', Float32Array.of(2 ** -130));
    for (const [m, dtype, first, how] of [
      [9, 'bfloat16', undefined, 'fused'],
      [9, 'float8_e4m3', undefined, 'fused'],
      [1, 'float8_e4m3', undefined, 'fused'],
      [9, 'bfloat16', subnormal, 'multiply and add'],
      [9, 'float32', undefined, 'multiply and add'],
      [1, 'float32', undefined, 'multiply and add'],
    ] as const) {
      const plan = planMatmul({ m, n: 9, k: 300, a: dtype, b: dtype });
      const operands = randomOperands(plan, 11);
      if (first) operands.a.set(first);
      const product = await wasmMatmul.prepare(plan, operands);
      expect(product.kernel).toContain(wasmMatmul.fuses ? how : 'multiply and add');
      product.release();
    }
  });
});

function windowOf({ m, n }: MatmulPlan, [a, b, c, d]: readonly [number, number, number, number]): Window {
  const [rows, columns] = [
    [a % (m + 1), b % (m + 1)],
    [c % (n + 1), d % (n + 1)],
  ];
  return { m0: Math.min(...rows), m1: Math.max(...rows), n0: Math.min(...columns), n1: Math.max(...columns) };
}
