/** The comparison of networks, with contestants made for it: none of the peers need be installed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networksReport } from '../../bench/networks/field';
import {
  againstFastest,
  networksExitCode,
  ratiosOf,
  type NetworkResult,
  type NetworksResult,
} from '../../bench/networks/report';
import { compareNetworks } from '../../bench/networks/run';
import { networksText } from '../../bench/networks/text';
import { leaves, permuted, sizeOf } from '../../bench/networks/trees';
import { summarise } from '../../bench/timing';
import { bench } from './networks-bench';
import { ENVIRONMENT } from './peers-bench';

const passed = { passed: true, maxError: 0, worstShareOfBound: 0, worst: null };

describe('compareNetworks', () => {
  it('gives every contestant a turn in each round, a turn as long as its rate needs', async () => {
    const { contestant, log, request } = bench();
    const ours = contestant('ours', 10, { ours: true });
    const result = await compareNetworks([ours, contestant('peer', 2500)], request({ rounds: 2 }));
    const first = ['ours 1', 'ours 1', 'peer 1', 'peer 1'];
    const round = ['ours 20', 'peer 1'];
    const ended = ['ours released', 'peer released', 'ours closed', 'peer closed'];
    expect(log).toEqual([...first, ...round, ...round, ...ended]);
    expect(result).toMatchObject({ outcome: 'complete', leftOut: [] });
    const [adds] = result.workloads;
    expect(adds?.contestants.map(({ ms }) => ms?.median)).toEqual([10, 2500]);
    expect(adds?.ratios).toMatchObject([{ ours: { name: 'ours' }, peer: 'peer', median: 250, count: 2 }]);
    expect(networksExitCode(result)).toBe(0);
  });

  it('takes two steps of training to check, and times those that follow', async () => {
    const { contestant, log, request } = bench();
    const result = await compareNetworks(
      [contestant('ours', 300, { ours: true })],
      request({ workloads: ['digits-step'], rounds: 1 }),
    );
    expect(log.slice(0, 4)).toEqual(['ours 1', 'ours 1', 'ours 1', 'ours 1']);
    expect(result.outcome).toBe('complete');
  });

  it('lets one that has spent its share sit out, after one turn at least; what it compiles in is not part of it', async () => {
    const { contestant, request } = bench();
    const { workloads } = await compareNetworks(
      [contestant('ours', 100, { ours: true }), contestant('peer', 4000)],
      request({ budgetSeconds: 6 }),
    );
    expect(workloads[0]?.contestants.map(({ rounds }) => rounds)).toEqual([
      [100, 100, 100],
      [4000, null, null],
    ]);
  });

  it('withholds the numbers of one whose results are wrong, then or later, and of a loss that does not fall', async () => {
    const { contestant, request } = bench();
    const spoiled = contestant('spoiled', 1, {
      spoil: ({ output = new Float32Array() }) => ({ output: output.with(3, 0.5 + (output[3] ?? 0)) }),
    });
    const lazy = contestant('lazy', 1, {
      spoil: (results, reads) => (reads > 1 ? { output: new Float32Array(50) } : results),
    });
    const adds = await compareNetworks([contestant('ours', 10, { ours: true }), spoiled, lazy], request());
    expect(adds.workloads[0]?.contestants.map(({ check, ms }) => [check.passed, ms?.median ?? null])).toEqual(
      [
        [true, 10],
        [false, null],
        [false, null],
      ],
    );
    expect(adds.workloads[0]?.ratios).toEqual([]);
    expect(networksExitCode(adds)).toBe(2);

    const stuck = contestant('stuck', 1, {
      ours: true,
      spoil: (results, reads) => (reads > 2 ? { ...results, loss: Float32Array.of(99) } : results),
    });
    const step = await compareNetworks([stuck], request({ workloads: ['transformer-step'] }));
    expect(step.workloads[0]?.contestants[0]?.check).toMatchObject({ passed: false });
    expect(step.outcome).toBe('failed');
    expect(networksExitCode(step)).toBe(1);
  });

  it('lists one that does not open or breaks in a run, and leaves out without a word what a library has not', async () => {
    const { contestant, request } = bench();
    const fail = (message: string) => (): never => {
      throw new Error(message);
    };
    const result = await compareNetworks(
      [
        contestant('ours', 10, { ours: true }),
        contestant('absent', 10, { open: fail('not installed\nand more') }),
        contestant('late', 10, { run: (calls) => (calls === 4 ? fail('device lost')() : undefined) }),
        contestant('plain', 10, { lacks: 'adds-eager' }),
      ],
      request(),
    );
    expect(result.leftOut.map(({ name, reason }) => [name, reason])).toEqual([
      ['absent', 'not installed'],
      ['late', 'device lost'],
    ]);
    expect(result.workloads[0]?.contestants.map(({ name }) => name)).toEqual(['ours', 'late']);
    expect(result.outcome).toBe('complete');
  });

  it('reports what was timed before an interrupt', async () => {
    const { contestant, request } = bench();
    const controller = new AbortController();
    const result = await compareNetworks(
      [contestant('ours', 10, { ours: true, run: (calls) => { if (calls === 4) controller.abort(); } })], // prettier-ignore
      request({ signal: controller.signal }),
    );
    expect(result.outcome).toBe('interrupted');
    expect(networksExitCode(result)).toBe(130);
  });
});

describe('the report’s arithmetic', () => {
  const time = fc.option(fc.integer({ min: 1, max: 10_000 }), { freq: 4 });
  const row = (ours: boolean, index: number, rounds: readonly (number | null)[]): NetworkResult => {
    const taken = rounds.filter((ms) => ms !== null);
    return {
      ...{ name: `${ours ? 'ours' : 'peer'} ${index}`, version: '1', dtype: 'float32', ours },
      ...{ check: passed, firstRunMs: 1, rounds },
      ms: taken.length > 0 ? summarise(taken, 1) : null,
    };
  };
  const results = fc.integer({ min: 1, max: 6 }).chain((rounds) => {
    const some = (ours: boolean) =>
      fc
        .array(fc.array(time, { minLength: rounds, maxLength: rounds }), { minLength: 1, maxLength: 3 })
        .map((all) => all.map((each, index) => row(ours, index, each)));
    return fc.tuple(some(true), some(false)).map((both) => both.flat());
  });

  it('takes ratios of rounds in which both ran, of which the median lies between the quartiles', () => {
    fc.assert(
      fc.property(results, (given) => {
        for (const { ours, peer, median, spread, count } of ratiosOf(given)) {
          const mine = given.find(({ name }) => name === ours.name)?.rounds ?? [];
          const theirs = given.find(({ name }) => name === peer)?.rounds ?? [];
          const both = mine.flatMap((ms, i) => {
            const other = theirs[i] ?? null;
            return ms === null || other === null ? [] : [other / ms];
          });
          expect(count).toBe(both.length);
          const ordered = [spread.min, spread.lowerQuartile, median, spread.upperQuartile, spread.max];
          expect(ordered).toEqual(ordered.toSorted((a, b) => a - b));
          expect([spread.min, spread.max]).toEqual([Math.min(...both), Math.max(...both)]);
        }
      }),
    );
  });

  it('is the other way round where the sides change', () => {
    fc.assert(
      fc.property(results, (given) => {
        const turned = ratiosOf(given.map((each) => ({ ...each, ours: !each.ours })));
        for (const { ours, peer, spread, count } of ratiosOf(given)) {
          const other = turned.find((each) => each.ours.name === peer && each.peer === ours.name);
          expect(other?.count).toBe(count);
          expect((other?.spread.max ?? NaN) * spread.min).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it('compares with the peer of the shortest median, whoever else there is', () => {
    fc.assert(
      fc.property(results, (given) => {
        const chosen = againstFastest({
          workload: 'digits-step',
          contestants: given,
          ratios: ratiosOf(given),
        });
        const peers = given.filter(({ ours, ms }) => !ours && ms !== null);
        const least = Math.min(...peers.map(({ ms }) => ms?.median ?? Infinity));
        for (const { peer } of chosen)
          expect(peers.find(({ name }) => name === peer)?.ms?.median).toBe(least);
      }),
    );
  });
});

describe('trees', () => {
  it('names every leaf by its place', () => {
    const isNumber = (value: unknown): value is number => typeof value === 'number';
    expect(leaves({ b: [{ x: 1 }, { x: 2 }], a: 3, none: undefined }, isNumber)).toEqual([
      ['b.0.x', 1],
      ['b.1.x', 2],
      ['a', 3],
    ]);
  });

  it('puts axes into another order and back', () => {
    const extents = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    const given = extents.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
    );
    fc.assert(
      fc.property(given, ([shape, order]) => {
        const tensor = { shape, values: Float32Array.from({ length: sizeOf(shape) }, (_, i) => i) };
        const there = permuted(tensor, order);
        expect(there.shape).toEqual(order.map((axis) => shape[axis]));
        expect(permuted(there, shape.map((_, axis) => order.indexOf(axis)))).toEqual(tensor); // prettier-ignore
      }),
    );
    const square = { shape: [2, 3], values: Float32Array.of(0, 1, 2, 3, 4, 5) };
    expect([...permuted(square, [1, 0]).values]).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe('the report', () => {
  const reported = () => {
    const { contestant, request } = bench();
    const asked = request({ workloads: ['adds-eager', 'digits-forward'] });
    const wrong = contestant('wrong', 1, {
      spoil: (results) => ({ ...results, output: new Float32Array() }),
    });
    const contestants = [contestant('ours', 10, { ours: true }), contestant('peer', 25), wrong];
    return networksReport(asked, ENVIRONMENT, async () => compareNetworks(contestants, asked));
  };

  it('is plain data', async () => {
    const report = await reported();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('as text tells chains by the add, and what it comes to', async () => {
    const lines = networksText(await reported()).split('\n').map((line) => line.trim().split(/ {2,}/)); // prettier-ignore
    const row = (name: string): string[] | undefined => lines.find(([first]) => first === name);
    expect(row('ours 1.0.0')?.slice(0, 3)).toEqual(['ours 1.0.0', 'fp32', '1.00']);
    expect(row('wrong 1.0.0')?.join(' ')).toContain('WRONG: output');
    expect(row('chain of adds, eager')?.slice(0, 3)).toContain('ms per add');
    const last = lines.filter(([first]) => first === 'convolutional net, forward').at(-1);
    expect(last).toEqual(['convolutional net, forward', 'peer', '2.50 (2.50 to 2.50)']);
  });

  it('of nothing that ran tells why', async () => {
    const nothing: NetworksResult = { outcome: 'complete', workloads: [], leftOut: [] };
    const { request } = bench();
    const report = await networksReport(request(), ENVIRONMENT, () =>
      Promise.resolve({ ...nothing, problem: 'no adapter' }),
    );
    expect(networksText(report)).toContain('not run: no adapter');
    expect(networksExitCode(report)).toBe(2);
  });
});
