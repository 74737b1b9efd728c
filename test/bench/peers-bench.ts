/** Contestants made for the tests of the comparison with the peers. */
import type { Contestant, Shape } from '../../bench/peers/contestant';
import type { PeersRequest } from '../../bench/peers/report';
import type { Dtype } from '../../src/numerics';

/** One plain float32 loop. */
export function multiply({ m, n, k }: Shape, a: Float32Array, b: Float32Array): Float32Array {
  return Float32Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    let sum = 0;
    for (let i = 0; i < k; i++)
      sum = Math.fround(sum + Math.fround((a[row * k + i] ?? 0) * (b[i * n + column] ?? 0)));
    return sum;
  });
}

/** A bench of contestants on one clock, which only their runs advance, and a log of their turns. */
export function bench() {
  let clock = 0;
  const log: string[] = [];
  const contestant = (
    name: string,
    msPerRun: number,
    faults: Partial<{
      ours: boolean;
      dtype: Dtype;
      open: () => void;
      run: (calls: number) => Promise<void> | undefined;
      spoil: (result: Float32Array, reads: number) => unknown;
    }> = {},
  ): Contestant => ({
    name,
    version: '1.0.0',
    dtype: faults.dtype ?? 'float32',
    ours: faults.ours ?? false,
    open() {
      faults.open?.();
      return Promise.resolve({
        prepare(shape, a, b) {
          let [calls, reads] = [0, 0];
          return Promise.resolve({
            run(count) {
              log.push(`${name} ${count}`);
              clock += count * msPerRun;
              return faults.run?.(++calls) ?? Promise.resolve();
            },
            read() {
              const result = multiply(shape, a, b);
              faults.spoil?.(result, ++reads);
              return Promise.resolve(result);
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
  const request = (more: Partial<PeersRequest> = {}): PeersRequest => ({
    shapes: ['5x7x9'],
    seed: 1,
    rounds: 3,
    budgetSeconds: 1000,
    now: () => clock,
    ...more,
  });
  const pass = (ms: number): void => {
    clock += ms;
  };
  return { contestant, log, request, pass };
}

export const ENVIRONMENT = {
  host: 'node',
  runtime: 'Node v20',
  platform: 'linux-x64',
  cpu: null,
  cores: 2,
  packages: {},
} as const;
