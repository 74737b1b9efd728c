/** What `systole run` runs Programs with: how many steps there are, progress, and how a run ends. */
import { describe, expect, test } from 'vitest';
import { chosenExecutor, stepsOf, type RunProgress } from '../../src/cli/executors';
import { startProgram } from '../../src/execute/reference';
import { kernel, trace, type Nc } from '../../src/kernel';
import type { Program } from '../../src/program';

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

describe('the reference executor', () => {
  const long = traced((nc) => {
    const t = tile(nc);
    nc.fori_loop(0, 1000, () => {
      nc.memset(t, { value: 0 });
    });
  });
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
