/** Programs on a core, on every adapter: the bits and steps of the reference, beside products, and every mistake its message. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { runProgram, startProgram } from '../../src/execute/reference';
import { DeviceLostError, USAGE } from '../../src/execute/webgpu';
import { CoresDifferError } from '../../src/execute/webgpu/interpreter';
import type { Host } from '../../src/host';
import { kernel, trace } from '../../src/kernel';
import type { NeuronCore, ProgramOptions } from '../../src/library';
import { open } from '../../src/node';
import { encodeArray, UserError } from '../../src/numerics';
import { ADAPTERS, open as openHost } from '../execute/webgpu/devices';
import { LOADED, loadedInputs } from '../execute/webgpu/interpreter/cores-programs';

const SHAPE = [70, 33] as const;

const { program } = trace(
  kernel('sums', ['x', 'y'], (nc, { x, y }) => {
    const out = nc.hbm('out', x.shape, 'bfloat16');
    const [a, b] = [nc.sbuf(x.shape, x.dtype), nc.sbuf(y.shape, y.dtype)];
    nc.dma_copy(a, { src: x });
    nc.dma_copy(b, { src: y });
    const sum = nc.sbuf(x.shape, 'float32', { name: 'sum' });
    nc.tensor_copy(sum, { src: a, name: 'first' });
    nc.fori_loop(0, 4, () => {
      nc.tensor_tensor(sum, { data1: sum, data2: b, op: 'add', name: 'more' });
    });
    const rounded = nc.sbuf(x.shape, 'bfloat16', { name: 'rounded' });
    nc.tensor_copy(rounded, { src: sum, name: 'round' });
    nc.dma_copy(out, { src: rounded, name: 'store' });
  }),
  { chip: 'trn3', inputs: { x: { shape: SHAPE, dtype: 'float32' }, y: { shape: SHAPE, dtype: 'float16' } } },
);

const values = (scale: number) =>
  Float32Array.from({ length: SHAPE[0] * SHAPE[1] }, (_, at) => Math.fround(scale / (at - 1000.5)));
const inputs = { x: encodeArray('float32', values(1)), y: encodeArray('float16', values(-3)) };
const expected = runProgram(program, inputs);

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

  test('a Program gives the outputs of the reference, whatever the chip of the core', async () => {
    expect(core.chip).not.toBe(program.chip);
    expect(await core.runProgram(program, inputs)).toEqual(expected);
    expect(core.memory).toBe(0);
  });

  test('a list of inputs runs on as many cores, and gives a list of outputs', async () => {
    const other = { x: encodeArray('float32', values(7)), y: inputs.y };
    const each = [inputs, other, inputs];
    expect(await core.runProgram(program, each)).toEqual([expected, runProgram(program, other), expected]);
    const run = await core.startProgram(program, each.slice(0, 2));
    await run.runToEnd();
    expect(await run.allOutputs()).toEqual([expected, runProgram(program, other)]);
    run.release();
    const nine = Array.from({ length: 9 }, () => inputs);
    await expect(core.runProgram(program, nine)).rejects.toThrow(/1 to 8 cores of trn3.* for 9/);
    await expect(core.runProgram(program, [inputs, { ...inputs, x: inputs.x.slice(1) }])).rejects.toThrow(
      /^On core 1: Input "x" is 2310 float32 codes/,
    );
    expect(core.memory).toBe(0);
  });

  test('cores whose ways part are run one after the other, which is told', async () => {
    const told = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const each = [2, 3].map(loadedInputs);
    expect(await core.runProgram(LOADED, each)).toEqual(each.map((own) => runProgram(LOADED, own)));
    expect(told.mock.calls).toEqual([
      [expect.stringMatching(/^systole: cores were run one after the other: register_load turns/)],
    ]);
    told.mockRestore();
    const run = await core.startProgram(LOADED, each);
    await expect(run.runToEnd()).rejects.toBeInstanceOf(CoresDifferError);
    run.release();
  });

  test('Programs and products go on at once', async () => {
    const a = values(2).slice(0, 64);
    const product = { m: 8, n: 8, k: 8, dtype: 'float32' } as const;
    const [first, result, second] = await Promise.all([
      core.runProgram(program, inputs),
      core.matmul(a, a, product),
      core.runProgram(program, inputs),
    ]);
    expect([first, second]).toEqual([expected, expected]);
    expect(await result.verify()).toMatchObject({ passed: true });
    result.release();
  });

  test('a run is stepped through and looked into as on the reference', async () => {
    const reference = startProgram(program, inputs);
    const run = await core.startProgram(program, inputs);
    expect(core.memory).toBeGreaterThan(0);
    reference.runTo('more', 3);
    await run.runTo('more', 3);
    expect(run.position).toEqual(reference.position);
    expect(run.position?.loops).toMatchObject([{ turn: 3, value: 2 }]);
    for (;;) {
      const [view, other] = [await run.read('sum'), reference.read('sum')];
      expect(view).toEqual(other);
      expect(String(view)).toBe(String(other));
      const more = reference.step();
      expect(await run.step()).toBe(more);
      expect(run.position).toEqual(reference.position);
      if (!more) break;
    }
    expect(await run.outputs()).toEqual(expected);
    expect(await run.findings()).toEqual(reference.findings);
    run.release();
    run.release();
    expect(core.memory).toBe(0);
  });

  test('an aborted run gives the reason and leaves nothing', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(core.runProgram(program, inputs, { signal })).rejects.toThrow('enough');
    expect(core.memory).toBe(0);
  });

  /** What untyped code may hand over. */
  const untyped = (options: Record<string, unknown>) => options as ProgramOptions;
  const mistakes: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    [
      'an unknown option',
      () => core.runProgram(program, inputs, untyped({ bugdet: 3 })),
      /runProgram has no option "bugdet": it takes budget, signal, onProgress/,
    ],
    [
      'a signal where a run is only started',
      () => core.startProgram(program, inputs, untyped({ signal: AbortSignal.abort() })),
      /startProgram has no option "signal": it takes budget/,
    ],
    [
      'a signal that is none',
      () => core.runProgram(program, inputs, untyped({ signal: {} })),
      /signal must be an AbortSignal/,
    ],
    ['an input left out', () => core.runProgram(program, { x: inputs.x }), /Input "y" is 2310 float16 codes/],
    [
      'a budget that is spent',
      () => core.runProgram(program, inputs, { budget: 8 }),
      /in turn 3 of [^]*has taken 8 steps/,
    ],
  ];
  test.each(mistakes)('%s is refused, and nothing stays', async (_, run, message) => {
    const error: unknown = await run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
    expect(core.memory).toBe(0);
  });

  test('closing a core frees its runs, and they say so', async () => {
    const own = await open({ device: host.device });
    const run = await own.startProgram(program, inputs);
    await run.runTo('round');
    own.close();
    expect(own.memory).toBe(0);
    for (const use of [() => run.read('sum'), () => run.runToEnd(), () => own.runProgram(program, inputs)]) {
      await expect(use()).rejects.toThrow(/This core was closed/);
    }
    run.release();
    const buffer = host.device.createBuffer({ size: 16, usage: USAGE.STORAGE }); // the device is the caller's, and goes on
    buffer.destroy();
    expect(await core.runProgram(program, inputs)).toEqual(expected);
  });

  test('a lost device is a DeviceLostError, and says how far the run was', async () => {
    const other = await openHost(name);
    const own = await open({ device: other.device });
    const run = await own.startProgram(program, inputs);
    await run.runTo('round');
    other.device.destroy();
    const error: unknown = await run.runToEnd().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(String(error)).toMatch(/had reached its end, after \d+ steps\. Run the Program again/);
    run.release();
    expect(own.memory).toBe(0);
    own.close();
    other.close();
  });
});
