/** Networks small enough for tests, and contestants made for the tests of the comparison. */
import type { NetworkContestant, Results } from '../../bench/networks/contestant';
import type { NetworksRequest } from '../../bench/networks/report';
import { outcomes } from '../../bench/networks/truth/networks';
import { FLOAT64 } from '../../bench/networks/truth/tape';
import type { Sizes, WorkloadName } from '../../bench/networks/workloads';
import type { Dtype } from '../../src/numerics';

export const TINY: Sizes = {
  transformer: { blocks: 1, width: 16, heads: 2, hidden: 32, tokens: 8 },
  digits: { images: 4, side: 8, channels: [3, 4], hidden: 8, classes: 5 },
  adds: { length: 50, count: 10 },
};

interface Faults {
  readonly ours: boolean;
  readonly dtype: Dtype;
  readonly lacks: WorkloadName;
  readonly open: () => void;
  readonly run: (calls: number) => void;
  readonly spoil: (results: Results, reads: number) => Results;
}

/** A bench of contestants that know the truth, on one clock, which only their runs advance, and a log of their turns. */
export function bench() {
  let clock = 0;
  const log: string[] = [];
  const contestant = (
    name: string,
    msPerRun: number,
    { ours = false, dtype = 'float32', lacks, open, run, spoil }: Partial<Faults> = {},
  ): NetworkContestant => ({
    ...{ name, dtype, ours },
    version: '1.0.0',
    open() {
      open?.();
      return Promise.resolve({
        prepare(workload, sizes, seed) {
          if (workload === lacks) return Promise.resolve(undefined);
          const known = outcomes(workload, sizes, seed, FLOAT64);
          let [calls, reads, runs] = [0, 0, 0];
          return Promise.resolve({
            run(count: number) {
              log.push(`${name} ${count}`);
              clock += count * msPerRun;
              runs += count;
              run?.(++calls);
              return Promise.resolve();
            },
            read() {
              const outcome = known[Math.min(runs, known.length) - 1];
              const { output, loss, moments } = outcome ?? known[0] ?? { output: new Float64Array() };
              const single = (values: ArrayLike<number>): Float32Array => Float32Array.from(values);
              const results =
                loss === undefined
                  ? { output: single(output) }
                  : {
                      loss: single([loss]),
                      ...Object.fromEntries(
                        Object.entries(moments ?? {}).map(([place, values]) => [place, single(values)]),
                      ),
                    };
              return Promise.resolve(spoil?.(results, ++reads) ?? results);
            },
            release() {
              log.push(`${name} released`);
            },
          });
        },
        close() {
          log.push(`${name} closed`);
        },
      });
    },
  });
  const request = (more: Partial<NetworksRequest> = {}): NetworksRequest => ({
    workloads: ['adds-eager'],
    sizes: TINY,
    seed: 1,
    rounds: 3,
    budgetSeconds: 1000,
    now: () => clock,
    ...more,
  });
  return { contestant, log, request };
}
