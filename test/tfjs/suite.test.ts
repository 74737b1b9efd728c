/** tfjs-core's specs, in Node and in Chromium: all pass on tfjs's own backend, those same ones on systole, and they tell a wrong kernel. */
import { beforeAll, describe, expect, it } from 'vitest';
import { lostSpecs } from './lost';
import { runSuiteInChromium, runSuiteInNode, type SuiteOptions } from './run-suite';
import type { SuiteResult } from './suite/run';

const PLATFORMS = [
  {
    platform: 'Node',
    runSuite: runSuiteInNode,
    least: 4150,
    backends: ['systole', 'systole-node'],
  },
  {
    platform: 'Chromium',
    runSuite: (options: SuiteOptions) => runSuiteInChromium(options),
    least: 4300,
    backends: ['systole'],
  },
];

/** They are there for a backend of that name alone. */
const OF_CPU = 'Switching cpu backends';

/** Thousands of graphs are compiled for the adapter, beside whatever else the machine does. */
const PATIENCE = 1_800_000;

describe.each(PLATFORMS)('tfjs-core’s specs in $platform', ({ runSuite, least, backends }) => {
  let own: SuiteResult;
  beforeAll(async () => {
    own = await runSuite({ backend: 'cpu' });
  });

  it('all pass on tfjs’s own backend', () => {
    expect(own.problems).toEqual([]);
    expect(own.specs.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(own.specs.filter(({ status }) => status === 'passed').length).toBeGreaterThan(least);
  });

  it.each(backends)(
    'that pass there pass on %s',
    async (backend) => {
      const got = await runSuite({ backend });
      expect(got.problems).toEqual([]);
      const wanted = own.specs.filter(({ name }) => !name.startsWith(OF_CPU));
      expect(own.specs.length - wanted.length).toBe(2);
      expect(lostSpecs({ ...own, specs: wanted }, got)).toEqual([]);
    },
    PATIENCE,
  );

  it('tell a wrong kernel', async () => {
    const part = 'abs ';
    const lost = lostSpecs(
      { ...own, specs: own.specs.filter(({ name }) => name.startsWith(part)) },
      await runSuite({ backend: 'faulty', part }),
    );
    expect(lost).toContainEqual(expect.stringMatching(/^abs basic: .*Arrays differ/));
    expect(lost.filter((line) => /missing|excluded/.test(line))).toEqual([]);
  });
});
