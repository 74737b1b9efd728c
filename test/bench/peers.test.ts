/** The comparison with the peers, with contestants made for it: none of the peers need be installed. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Truth } from '../../bench/peers/check';
import { lineup, type PeerPackages } from '../../bench/peers/lineup';
import { peersFolder } from '../../bench/peers/node';
import { matmulModel } from '../../bench/peers/onnx';
import { peersExitCode, type PeersResult } from '../../bench/peers/report';
import { comparePeers } from '../../bench/peers/run';
import { decodeArray, encodeArray, UserError } from '../../src/numerics';
import { bench, multiply } from './peers-bench';

const exitCodeOf = (...results: PeersResult[]) => {
  const [last] = results.slice(-1);
  return peersExitCode({
    outcome: last?.outcome ?? 'complete',
    fields: results.map((result) => ({ field: 'wasm', ...result })),
  });
};

describe('comparePeers', () => {
  it('gives every contestant a turn in each round, a turn as long as its rate needs', async () => {
    const { contestant, log, request } = bench();
    const ours = contestant('ours', 10, { ours: true });
    const result = await comparePeers([ours, contestant('peer', 2500)], request({ rounds: 2 }));
    const first = ['ours 1', 'ours 1', 'peer 1'];
    const round = ['ours 20', 'peer 1'];
    const ended = ['ours released', 'peer released', 'ours closed', 'peer closed'];
    expect(log).toEqual([...first, ...round, ...round, ...ended]);
    expect(result.outcome).toBe('complete');
    const [shape] = result.shapes;
    expect(shape?.contestants.map(({ ms }) => ms?.median)).toEqual([10, 2500]);
    expect(shape?.contestants[0]?.gflops).toBe((2 * 5 * 7 * 9) / 10 / 1e6);
    expect(shape?.ratios).toMatchObject([{ ours: 'float32', peer: 'peer', median: 250, count: 2 }]);
    expect(exitCodeOf(result)).toBe(0);
  });

  it('rests before each turn, which is no part of its time', async () => {
    const { contestant, log, request, pass } = bench();
    const rest = () => {
      log.push('rest');
      pass(400);
      return Promise.resolve();
    };
    const ours = contestant('ours', 200, { ours: true });
    const { shapes } = await comparePeers(
      [ours, contestant('peer', 200)],
      request({ rounds: 2, rest, budgetSeconds: 1.8 }),
    );
    expect(log.slice(4, 8)).toEqual(['rest', 'ours 1', 'rest', 'peer 1']);
    expect(shapes[0]?.contestants.map(({ rounds }) => rounds)).toEqual([
      [200, null],
      [200, null],
    ]);
  });

  it('compares each format of ours with each peer, but no peer with another', async () => {
    const { contestant, request } = bench();
    const { shapes } = await comparePeers(
      [
        contestant('ours', 10, { ours: true }),
        contestant('ours', 5, { ours: true, dtype: 'bfloat16' }),
        contestant('slow', 40),
        contestant('slower', 80),
      ],
      request(),
    );
    expect(shapes[0]?.ratios.map(({ ours, peer, median }) => [ours, peer, median])).toEqual([
      ['float32', 'slow', 4],
      ['float32', 'slower', 8],
      ['bfloat16', 'slow', 8],
      ['bfloat16', 'slower', 16],
    ]);
  });

  it('lets one that has spent its share sit out, after one turn at least', async () => {
    const { contestant, request } = bench();
    const { shapes } = await comparePeers(
      [contestant('ours', 100, { ours: true }), contestant('peer', 4000)],
      request({ budgetSeconds: 14 }),
    );
    expect(shapes[0]?.contestants.map(({ rounds }) => rounds)).toEqual([
      [100, 100, 100],
      [4000, null, null],
    ]);
    expect(shapes[0]?.ratios[0]).toMatchObject({ median: 40, count: 1 });
  });

  it('withholds the numbers of a wrong peer, and shows its error', async () => {
    const { contestant, request } = bench();
    const wrong = contestant('wrong', 1, {
      spoil: (result) => {
        result[17] = (result[17] ?? 0) + 0.5;
      },
    });
    const result = await comparePeers(
      [contestant('ours', 10, { ours: true }), wrong, contestant('peer', 20)],
      request(),
    );
    const [, shown] = result.shapes[0]?.contestants ?? [];
    expect(shown).toMatchObject({ name: 'wrong', check: { passed: false }, ms: null, gflops: null });
    expect(shown?.check.maxError).toBeCloseTo(0.5, 5);
    expect(result.shapes[0]?.ratios.map(({ peer }) => peer)).toEqual(['peer']);
    expect(result.outcome).toBe('complete');
  });

  it('looks at the result again after the timed runs', async () => {
    const { contestant, request } = bench();
    const lazy = contestant('lazy', 1, {
      spoil: (result, reads) => result.fill(0, reads > 1 ? 0 : result.length),
    });
    const { shapes } = await comparePeers([contestant('ours', 10, { ours: true }), lazy], request());
    expect(shapes[0]?.contestants[1]).toMatchObject({ check: { passed: false }, gflops: null });
    expect(shapes[0]?.ratios).toEqual([]);
  });

  it('fails when ours is wrong', async () => {
    const { contestant, request } = bench();
    const ours = contestant('ours', 1, { ours: true, spoil: (result) => result.fill(NaN, 3, 4) });
    const result = await comparePeers([ours, contestant('peer', 1)], request());
    expect(result.outcome).toBe('failed');
    expect(result.shapes[0]?.contestants[0]?.check).toMatchObject({ passed: false, maxError: null });
    expect(exitCodeOf(result)).toBe(1);
  });

  it('lists one that does not open or breaks in a run, and goes on with the others', async () => {
    const { contestant, request } = bench();
    const fail = (message: string) => (): never => {
      throw new Error(message);
    };
    const result = await comparePeers(
      [
        contestant('ours', 10, { ours: true }),
        contestant('absent', 10, { open: fail('not installed\nand more') }),
        contestant('early', 10, { run: fail('no kernel') }),
        contestant('late', 10, { run: (calls) => (calls === 4 ? fail('device lost')() : undefined) }),
        contestant('peer', 30),
      ],
      request(),
    );
    expect(result.leftOut.map(({ name, shape, reason }) => [name, shape?.m, reason])).toEqual([
      ['absent', undefined, 'not installed'],
      ['early', 5, 'no kernel'],
      ['late', 5, 'device lost'],
    ]);
    const names = result.shapes[0]?.contestants.map(({ name, rounds }) => [name, rounds.length]);
    expect(names).toEqual([
      ['ours', 3],
      ['late', 3],
      ['peer', 3],
    ]);
    expect(result.shapes[0]?.ratios.map(({ peer, count }) => [peer, count])).toEqual([
      ['late', 1],
      ['peer', 3],
    ]);
    expect(result.outcome).toBe('complete');
  });

  it('ends when it is interrupted though nobody answers, with what was obtained, and lets go of everything', async () => {
    const { contestant, log, request } = bench();
    const controller = new AbortController();
    const run = (calls: number): Promise<void> | undefined => {
      if (calls < 4) return undefined;
      setTimeout(() => {
        controller.abort();
      });
      return new Promise(() => undefined);
    };
    const contestants = [contestant('ours', 10, { ours: true }), contestant('peer', 1, { run })];
    const result = await comparePeers(contestants, request({ signal: controller.signal }));
    expect(result.outcome).toBe('interrupted');
    expect(exitCodeOf(result)).toBe(130);
    expect(result.shapes[0]?.contestants.map(({ rounds }) => rounds.length)).toEqual([2, 1]);
    expect(result.shapes[0]?.ratios[0]?.count).toBe(1);
    expect(log.slice(-4)).toEqual(['ours released', 'peer released', 'ours closed', 'peer closed']);
  });

  it('refuses what is no shape, before anything is opened', async () => {
    const { contestant, log, request } = bench();
    await expect(comparePeers([contestant('ours', 1)], request({ shapes: ['12x'] }))).rejects.toThrow(
      UserError,
    );
    expect(log).toEqual([]);
  });

  it('says 2 when there was nobody to compare with', async () => {
    const { contestant, request } = bench();
    expect(exitCodeOf(await comparePeers([contestant('ours', 1, { ours: true })], request()))).toBe(2);
  });
});

describe('Truth', () => {
  const values = (length: number) =>
    fc.float32Array({ minLength: length, maxLength: length, noNaN: true, min: -(2 ** 40), max: 2 ** 40 });
  const shape = { m: 3, n: 4, k: 33 };

  it('accepts float32 sums in any order, and no result of another row', () => {
    fc.assert(
      fc.property(values(3 * 33), values(33 * 4), (a, b) => {
        const truth = new Truth(shape, a, b);
        const backward = multiply(
          shape,
          a.map((_, index) => a[index - (index % 33) + 32 - (index % 33)] ?? 0),
          b.map((_, index) => b[(32 - Math.floor(index / 4)) * 4 + (index % 4)] ?? 0),
        );
        expect(truth.compare(multiply(shape, a, b)).passed).toBe(true);
        expect(truth.compare(backward).passed).toBe(true);
      }),
    );
  });

  it('refuses a product of operands that were rounded to bfloat16, or one with a NaN, or one too short', () => {
    const size = { m: 16, n: 16, k: 64 };
    const draw = (seed: number) =>
      Float32Array.from({ length: 1024 }, (_, i) => Math.sin(seed + 12.9898 * i));
    const [a, b] = [draw(1), draw(2)];
    const rounded = (source: Float32Array) => decodeArray('bfloat16', encodeArray('bfloat16', source));
    const truth = new Truth(size, a, b);
    expect(truth.compare(multiply(size, a, b))).toMatchObject({ passed: true, rowsCompared: 16, rows: 16 });
    expect(truth.compare(multiply(size, rounded(a), rounded(b))).passed).toBe(false);
    const broken = multiply(size, a, b).fill(NaN, 100, 101);
    expect(truth.compare(broken)).toMatchObject({ passed: false, maxError: null });
    expect(truth.compare(new Float32Array(255)).passed).toBe(false);
  });

  it('spreads the rows that it compares where all are too many', () => {
    const size = { m: 9, n: 2, k: 2 };
    const truth = new Truth(size, new Float32Array(18).fill(1), new Float32Array(4).fill(1), 12);
    const result = new Float32Array(18).fill(2);
    expect(truth.compare(result)).toMatchObject({ passed: true, rowsCompared: 3, rows: 9 });
    for (const row of [0, 4, 8])
      expect(truth.compare(Float32Array.from(result).fill(3, 2 * row, 2 * row + 1)).passed).toBe(false);
  });
});

/** Fields of a protobuf message as [number, integer or bytes]. Keys, lengths and integers of one byte. */
function fields(bytes: Uint8Array): [number, number | Uint8Array][] {
  const found: [number, number | Uint8Array][] = [];
  for (let at = 0; at < bytes.length;) {
    const [key = 0, value = 0] = bytes.subarray(at, at + 2);
    expect(Math.max(key, value)).toBeLessThan(128);
    const end = at + 2 + (key % 8 === 2 ? value : 0);
    found.push([Math.floor(key / 8), key % 8 === 2 ? bytes.subarray(at + 2, end) : value]);
    at = end;
  }
  return found;
}

describe('the ONNX model', () => {
  const inside = (bytes: Uint8Array, ...path: number[]): Uint8Array[] =>
    path.reduce<Uint8Array[]>(
      (level, number) =>
        level.flatMap((each) =>
          fields(each).flatMap(([field, body]) =>
            field === number && typeof body !== 'number' ? [body] : [],
          ),
        ),
      [bytes],
    );
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  it('is one MatMul of float32 inputs with symbolic extents', () => {
    const model = matmulModel();
    expect(fields(model).find(([field]) => field === 1)?.[1]).toBe(8); // ir_version
    expect(inside(model, 8).map((each) => fields(each))).toEqual([[[2, 17]]]); // opset_import.version
    expect(inside(model, 7, 1, 1).map(text)).toEqual(['a', 'b']); // graph.node.input
    expect(inside(model, 7, 1, 2).map(text)).toEqual(['c']);
    expect(inside(model, 7, 1, 4).map(text)).toEqual(['MatMul']);
    expect(inside(model, 7, 11, 1).map(text)).toEqual(['a', 'b']); // graph.input.name
    expect(inside(model, 7, 11, 2, 1, 2, 1, 2).map(text)).toEqual(['M', 'K', 'K', 'N']);
    expect(inside(model, 7, 12, 2, 1, 2, 1, 2).map(text)).toEqual(['M', 'N']);
    for (const type of [...inside(model, 7, 11, 2, 1), ...inside(model, 7, 12, 2, 1)])
      expect(fields(type)[0]).toEqual([1, 1]); // elem_type FLOAT
  });
});

describe('the package of the peers', () => {
  const read = (name: string): string =>
    readFileSync(new URL(`../../bench/peers/${name}`, import.meta.url), 'utf8');

  it('pins exact versions, which the report shows, and names no registry', () => {
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(read('package-lock.json')).not.toMatch(/https?:[^"]*\.tgz/);
    const absent = () => Promise.reject(new Error('not installed'));
    const packages: PeerPackages = {
      'jax-js': absent,
      tfjs: absent,
      'tfjs-wasm': absent,
      'onnxruntime-wasm': absent,
      'onnxruntime-web': absent,
      'gpu.js': absent,
    };
    const entries = (field: 'webgpu' | 'wasm') =>
      lineup(field, '0.1.0', packages).map(({ name, version, dtype }) => `${name} ${version} ${dtype}`);
    const ours = ['float32', 'bfloat16', 'float8_e4m3'].map((dtype) => `systole 0.1.0 ${dtype}`);
    const of = (name: string, from: string) => `${name} ${dependencies[from] ?? ''} float32`;
    expect(entries('webgpu')).toEqual([
      ...ours,
      of('jax-js', '@jax-js/jax'),
      of('tfjs', '@tensorflow/tfjs-backend-webgpu'),
      of('onnxruntime-web', 'onnxruntime-web'),
      of('gpu.js', 'gpu.js'),
    ]);
    expect(entries('wasm')).toEqual([
      ...ours,
      of('jax-js', '@jax-js/jax'),
      of('tfjs', '@tensorflow/tfjs-backend-wasm'),
      of('onnxruntime-web', 'onnxruntime-web'),
    ]);
  });

  it('is asked for by name where it is not installed', () => {
    const root = mkdtempSync(join(tmpdir(), 'systole-peers-'));
    try {
      expect(() => peersFolder(join(root, 'dist'))).toThrow(/clone of the repository/);
      mkdirSync(join(root, 'bench/peers'), { recursive: true });
      writeFileSync(join(root, 'bench/peers/packages.js'), '');
      expect(() => peersFolder(join(root, 'dist'))).toThrow(/npm run peers/);
      mkdirSync(join(root, 'bench/peers/node_modules'));
      expect(peersFolder(join(root, 'dist'))).toBe(join(root, 'bench/peers'));
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
