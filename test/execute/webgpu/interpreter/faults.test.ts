/** What goes wrong on an adapter: a Program too large, a stop, a lost device, a kernel that does not compile; and what it leaves. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runProgram } from '../../../../src/execute/reference';
import { DeviceLostError } from '../../../../src/execute/webgpu';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import type { Host } from '../../../../src/host';
import { kernel, trace } from '../../../../src/kernel';
import { encodeArray, UserError, type CodeArray } from '../../../../src/numerics';
import { ADAPTERS, open } from '../devices';

const SHAPE = [128, 128] as const;

/** y = x + turns x, in sums that each wait for the one before. */
const sums = (turns: number) =>
  trace(
    kernel('sums', ['x'], (nc, { x }) => {
      const y = nc.hbm('y', x.shape, x.dtype);
      const a = nc.sbuf(x.shape, x.dtype, { name: 'a' });
      const sum = nc.sbuf(x.shape, x.dtype, { name: 'sum' });
      nc.dma_copy(a, { src: x, name: 'load' });
      nc.tensor_copy(sum, { src: a, name: 'first' });
      nc.fori_loop(0, turns, () => {
        nc.tensor_tensor(sum, { data1: sum, data2: a, op: 'add', name: 'more' });
      });
      nc.dma_copy(y, { src: sum, name: 'store' });
    }),
    { chip: 'trn2', inputs: { x: { shape: SHAPE, dtype: 'float32' } } },
  ).program;

const x = encodeArray(
  'float32',
  Float32Array.from({ length: SHAPE[0] * SHAPE[1] }, (_, at) => Math.fround(1 / (at + 1))),
);

const LONG = sums(1200);
const SHORT = sums(3);
const EXPECTED = runProgram(SHORT, { x });

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let interpreter: WebGpuInterpreter;
  beforeEach(async () => {
    host = await open(name);
    interpreter = await WebGpuInterpreter.create(host.device);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    host.close();
  });

  /** What a fault must have left: nothing on the device, which goes on. */
  async function expectUsable(): Promise<void> {
    expect(interpreter.liveBytes).toBe(0);
    expect(await interpreter.run(SHORT, { x })).toEqual(EXPECTED);
    expect(interpreter.liveBytes).toBe(0);
  }

  test('a Program too large is refused before any buffer is made', async () => {
    const most = 2 ** 25;
    const small = await WebGpuInterpreter.create(host.device, { maxStorageBytes: most });
    const large = trace(
      kernel('large', [], (nc) => {
        nc.hbm('out', [most / 4 + 1], 'float32');
      }),
      { chip: 'trn2', inputs: {} },
    ).program;
    const made = vi.spyOn(host.device, 'createBuffer');
    const error: unknown = await small.run(large, {}).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(
      /HBM tensors of this Program take \d+ bytes on the adapter; its largest storage buffer is 33554432 bytes/,
    );
    expect(made).not.toHaveBeenCalled();
    expect(await small.run(SHORT, { x })).toEqual(EXPECTED);
  });

  test('what is refused for its inputs or its budget leaves nothing', async () => {
    const made = vi.spyOn(host.device, 'createBuffer');
    await expect(interpreter.run(SHORT, {})).rejects.toThrow(/Input "x" is 16384 float32 codes/);
    await expect(interpreter.run(SHORT, { x }, { budget: 2 })).rejects.toThrow(/a run may take 2 steps/);
    expect(made).not.toHaveBeenCalled();
    await expect(interpreter.run(LONG, { x }, { budget: 100 })).rejects.toThrow(
      /in turn 49 of .*it has taken 100 steps/,
    );
    await expectUsable();
  });

  test('a run that is aborted rejects with the reason and leaves nothing', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const running = interpreter.run(
      LONG,
      { x },
      {
        signal: stop.signal,
        onProgress: (steps) => {
          told.push(steps);
          if (steps === 1024) stop.abort(new Error('enough'));
        },
      },
    );
    await expect(running).rejects.toThrow('enough');
    expect(told).toEqual([256, 512, 768, 1024]);
    await expect(interpreter.run(SHORT, { x }, { signal: stop.signal })).rejects.toThrow('enough');
    await expectUsable();
  });

  test('an abort comes between two submissions, and the run can go on after it', async () => {
    const stop = new AbortController();
    const { queue } = host.device;
    const submit = queue.submit.bind(queue);
    const submitted = vi.spyOn(queue, 'submit').mockImplementation((buffers) => {
      submit(buffers);
      stop.abort(new Error('enough'));
    });
    const run = await interpreter.start(LONG, { x });
    await expect(run.runToEnd({ signal: stop.signal })).rejects.toThrow('enough');
    expect(submitted).toHaveBeenCalledTimes(1);
    await run.runToEnd();
    expect(submitted.mock.calls.length).toBeGreaterThan(2);
    expect(await run.outputs()).toEqual(runProgram(LONG, { x }));
    run.release();
    await expectUsable();
  });

  test('a device lost in the middle is reported with the instruction reached, and a new one works', async () => {
    const running = interpreter.run(
      LONG,
      { x },
      {
        onProgress: (steps) => {
          if (steps === 1024) host.device.destroy();
        },
      },
    );
    const error: unknown = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(String(error)).toMatch(/was lost \(destroyed\).*The run had reached .+, after \d+ steps/);
    expect(interpreter.liveBytes).toBe(0);
    await expect(interpreter.run(SHORT, { x })).rejects.toThrow(DeviceLostError);
    host = await open(name);
    interpreter = await WebGpuInterpreter.create(host.device);
    await expectUsable();
  });

  test('a device lost while a run is looked into is reported with where it stands', async () => {
    const run = await interpreter.start(SHORT, { x });
    await run.runTo('more', 2);
    host.device.destroy();
    const looks = [
      () => run.read('sum'),
      () => run.bank(0),
      () => run.accumulators('vector'),
      () => run.step(),
    ];
    const [read, bank, accumulators] = await Promise.all(
      looks.slice(0, 3).map((look) => look().catch((reason: unknown) => reason)),
    );
    for (const error of [read, bank, accumulators]) {
      expect(error).toBeInstanceOf(DeviceLostError);
      expect(String(error)).toMatch(/The run had reached tensor_tensor more[^,]*, after 5 steps/);
    }
    run.release();
    expect(interpreter.liveBytes).toBe(0);
  });

  test('a kernel that does not compile is told with its text, and leaves nothing', async () => {
    const { device } = host;
    const create = device.createShaderModule.bind(device);
    vi.spyOn(device, 'createShaderModule').mockImplementation(({ label = '', code }) =>
      create({ label, code: label.startsWith('tensor_tensor') ? `${code}\nfn broken( {}` : code }),
    );
    const message =
      /^Error: Invariant violation: shader "tensor_tensor[^"]*" does not compile: [^]*@compute[^]*fn run\(lane: u32\)/;
    const error: unknown = await interpreter.run(SHORT, { x }).catch((reason: unknown) => reason);
    expect(String(error)).toMatch(message);
    expect(interpreter.liveBytes).toBe(0);
    vi.restoreAllMocks();
    interpreter = await WebGpuInterpreter.create(device);
    await expectUsable();
  });

  test('runs one after another, and several at once, give the bits of the reference', async () => {
    const programs = [1, 2, 5, 40].map(sums);
    const expected = programs.map((program) => runProgram(program, { x }));
    for (const [index, program] of programs.entries()) {
      expect(await interpreter.run(program, { x })).toEqual(expected[index]);
    }
    const compiled = interpreter.shaders.length;
    expect(await Promise.all(programs.map((program) => interpreter.run(program, { x })))).toEqual(expected);
    expect(interpreter.shaders).toHaveLength(compiled);
    expect(interpreter.liveBytes).toBe(0);
  });

  test('calls on one run take turns', async () => {
    const run = await interpreter.start(SHORT, { x });
    const [there, a, sum, outputs] = await Promise.all([
      run.runTo('store').then(() => run.position?.node.id),
      run.read('a'),
      run.read('sum'),
      run.runToEnd().then(() => run.outputs()),
    ]);
    expect(there).toBe('store');
    expect([...a.codes]).toEqual([...x]);
    expect<Record<string, CodeArray>>({ y: sum.codes }).toEqual(EXPECTED);
    expect(outputs).toEqual(EXPECTED);
    run.release();
    expect(interpreter.liveBytes).toBe(0);
  });

  test('a run that was released says so, also in the middle, and frees everything', async () => {
    const run = await interpreter.start(LONG, { x });
    const running = run.runToEnd({
      onProgress: (steps) => {
        if (steps === 1024) run.release();
      },
    });
    await expect(running).rejects.toThrow(/This run was released: start another/);
    await expect(run.read('a')).rejects.toThrow(/This run was released/);
    await expectUsable();
  });

  test('every kernel that ran can be printed', async () => {
    await interpreter.run(SHORT, { x });
    const { shaders } = interpreter;
    expect(shaders.map(({ key }) => key.split('|')[0])).toEqual(
      expect.arrayContaining(['tensor_tensor']) as string[],
    );
    for (const { wgsl } of shaders) expect(wgsl).toMatch(/@compute @workgroup_size[^]*fn main/);
  });
});
