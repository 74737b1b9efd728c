/** What `systole run` runs Programs with: how many steps there are, progress, and how a run ends. */
import { describe, expect, test, vi } from 'vitest';
import { chosenExecutor, stepsOf, type RunProgress } from '../../src/cli/executors';
import { startProgram } from '../../src/execute/reference';
import type * as NodeHost from '../../src/host/node';
import type { Host, HostOptions } from '../../src/host/node';
import { kernel, trace, type Nc } from '../../src/kernel';
import type { Program } from '../../src/program';

/** The devices that were opened. */
const hosts: Host[] = [];
vi.mock('../../src/host/node', async (original) => {
  const node = await original<typeof NodeHost>();
  const openDevice = async (options?: HostOptions): Promise<Host> => {
    const host = await node.openDevice(options);
    hosts.push(host);
    return host;
  };
  return { ...node, openDevice };
});
const traced = (body: (nc: Nc) => void): Program =>
  trace(
    kernel('k', [], (nc) => {
      body(nc);
    }),
    { chip: 'trn2', inputs: {} },
  ).program;

const tile = (nc: Nc) => nc.sbuf([4, 8], 'float32');

const PROGRAMS: Readonly<Record<string, Program>> = {
  'a straight line': traced((nc) => {
    nc.memset(tile(nc), { value: 0 });
    nc.memset(tile(nc), { value: 1 });
  }),
  'loops in loops, and one that has no turn': traced((nc) => {
    const t = tile(nc);
    nc.fori_loop(0, 7, () => {
      nc.memset(t, { value: 0 });
      nc.fori_loop(
        3,
        12,
        () => {
          nc.memset(t, { value: 1 });
        },
        4,
      );
    });
    nc.fori_loop(5, 5, () => {
      nc.memset(t, { value: 2 });
    });
  }),
};

describe('stepsOf', () => {
  test.each(Object.entries(PROGRAMS))('%s takes as many steps as it says', (_, program) => {
    const run = startProgram(program, {});
    let steps = 0;
    while (run.step()) steps++;
    expect(stepsOf(program.instructions)).toBe(steps);
  });

  test('is not known where a register decides', () => {
    const program = traced((nc) => {
      const t = tile(nc);
      nc.fori_loop(0, nc.register(3), () => {
        nc.memset(t, { value: 0 });
      });
    });
    expect(stepsOf(program.instructions)).toBeUndefined();
  });
});

const long = traced((nc) => {
  const t = tile(nc);
  nc.fori_loop(0, 1000, () => {
    nc.memset(t, { value: 0, name: 'zero' });
  });
});

describe('the reference executor', () => {
  const reference = chosenExecutor({});

  test('tells how far it is', async () => {
    const told: RunProgress[] = [];
    const { outputs, position, failure } = await reference.run(
      long,
      {},
      {
        budget: 10_000,
        signal: new AbortController().signal,
        onProgress: (progress) => told.push(progress),
      },
    );
    expect({ outputs, position, failure }).toEqual({ outputs: {}, position: undefined, failure: undefined });
    expect(told.map(({ steps }) => steps)).toEqual([256, 512, 768, 1024, 1280, 1536, 1792]);
    expect(new Set(told.map(({ total }) => total))).toEqual(new Set([2001]));
  });

  test('stops where it is told to, without outputs', async () => {
    const stop = new AbortController();
    const { outputs, position } = await reference.run(
      long,
      {},
      {
        budget: 10_000,
        signal: stop.signal,
        onProgress: ({ steps }) => {
          if (steps === 512) stop.abort();
        },
      },
    );
    expect({ outputs, steps: position?.steps }).toEqual({ outputs: undefined, steps: 512 });
  });

  test('a spent budget is a failure of the run', async () => {
    const options = { budget: 300, signal: new AbortController().signal, onProgress: () => undefined };
    const { outputs, failure } = await reference.run(long, {}, options);
    expect({ outputs, failure }).toEqual({
      outputs: undefined,
      failure: expect.stringMatching(/has taken 300 steps/) as string,
    });
  });
});

describe('WebGPU', () => {
  const webgpu = chosenExecutor({ executor: 'webgpu' });
  const never = new AbortController().signal;

  test('tells how far it is, what it ran on, and its kernels; the device is closed', async () => {
    const told: RunProgress[] = [];
    const { outputs, adapter, shaders, failure } = await webgpu.run(
      long,
      {},
      { budget: 10_000, signal: never, onProgress: (progress) => told.push(progress) },
    );
    const host = hosts.at(-1);
    expect({ outputs, adapter, failure }).toEqual({
      outputs: {},
      adapter: host?.facts.name,
      failure: undefined,
    });
    expect(shaders?.map(({ key }) => key.split('|')[0])).toEqual(['fill']);
    expect(told.map(({ steps }) => steps)).toEqual([256, 512, 768, 1024, 1280, 1536, 1792]);
    expect(new Set(told.map(({ total }) => total))).toEqual(new Set([2001]));
    expect((await host?.lost)?.reason).toBe('destroyed');
  });

  test('a device lost in the middle is a failure of the run, which names the instruction reached', async () => {
    const { outputs, position, findings, failure } = await webgpu.run(
      long,
      {},
      {
        budget: 10_000,
        signal: never,
        onProgress: ({ steps }) => {
          if (steps === 512) hosts.at(-1)?.device.destroy();
        },
      },
    );
    expect({ outputs, position, findings, failure }).toEqual({
      outputs: undefined,
      position: undefined,
      findings: [],
      failure: expect.stringMatching(
        /the WebGPU device was lost \(destroyed\).*The run had reached .+, after \d+ steps/,
      ) as string,
    });
  });

  test('stops where it is told to, without outputs, and can be looked into there', async () => {
    const stop = new AbortController();
    let looked: number[] = [];
    const { outputs, position } = await webgpu.run(
      long,
      {},
      {
        budget: 10_000,
        signal: stop.signal,
        onProgress: ({ steps }) => {
          if (steps === 512) stop.abort();
        },
        look: async (run) => {
          const [name = ''] = run.program.tensors.map((tensor) => tensor.name);
          looked = [...(await run.read(name)).written];
        },
      },
    );
    expect({ outputs, steps: position?.steps }).toEqual({ outputs: undefined, steps: 512 });
    expect(looked).toEqual(Array.from({ length: 32 }, () => 1));
  });
});
