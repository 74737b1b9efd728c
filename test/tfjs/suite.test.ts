/** tfjs-core's specs run as they do for tfjs itself, in Node and in Chromium, and tell a wrong kernel. */
import { beforeAll, describe, expect, it } from 'vitest';
import { lostSpecs } from './lost';
import { runSuiteInChromium, runSuiteInNode, type SuiteOptions } from './run-suite';
import type { SuiteResult } from './suite/run';

const PLATFORMS = [
  { platform: 'Node', runSuite: runSuiteInNode, least: 4150 },
  { platform: 'Chromium', runSuite: (options: SuiteOptions) => runSuiteInChromium(options), least: 4300 },
];

describe.each(PLATFORMS)('tfjs-core’s specs in $platform', ({ runSuite, least }) => {
  let own: SuiteResult;
  beforeAll(async () => {
    own = await runSuite({ backend: 'cpu' });
  });

  it('all pass on tfjs’s own backend', () => {
    expect(own.problems).toEqual([]);
    expect(own.specs.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(own.specs.filter(({ status }) => status === 'passed').length).toBeGreaterThan(least);
  });

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
