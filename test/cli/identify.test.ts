/** `systole identify` and `systole compare` as built, in a process of their own: exit codes, texts, mistakes. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeArray } from '../../src/numerics';
import { DIST, runNode, type Ended } from '../host/child';

const CLI = join(DIST, 'cli.js');
const systole = (...parameters: string[]): Promise<Ended> => runNode([CLI, ...parameters], {});

const folder = mkdtempSync(join(tmpdir(), 'systole-identify-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
});

const file = (name: string, ...parts: (string | Uint8Array)[]): string => {
  writeFileSync(
    join(folder, name),
    Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1'))),
  );
  return join(folder, name);
};
const bytes = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
const npy = (name: string, descr: string, shape: string, data: ArrayBufferView): string => {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`;
  return file(name, '\x93NUMPY\x01\x00', bytes(Uint16Array.of(header.length)), header, bytes(data));
};

const [M, K, N] = [5, 200, 7];
const wave = (length: number, step: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, (_, i) => Math.sin(1 + step * i * i));
const a = wave(M * K, 0.7);
const b = wave(K * N, 1.3);
const untiled = new Float32Array(M * N);
for (let m = 0; m < M; m++) {
  for (let n = 0; n < N; n++) {
    let sum = 0;
    for (let k = 0; k < K; k++)
      sum = Math.fround(sum + Math.fround((a[m * K + k] ?? 0) * (b[k * N + n] ?? 0)));
    untiled[m * N + n] = sum;
  }
}
const flipped = untiled.slice();
flipped[9] = (untiled[9] ?? 0) * (1 + 2 ** -22);

const A = npy('a.npy', '<f4', `(${M}, ${K})`, a);
const B = npy('b.npy', '<f4', `(${K}, ${N})`, b);
const C = npy('c.npy', '<f4', `(${M}, ${N})`, untiled);
const WRONG = npy('wrong.npy', '<f4', `(${M}, ${N})`, flipped);

const header = JSON.stringify({
  weight: { dtype: 'F32', shape: [K, N], data_offsets: [0, 4 * K * N] },
  other: { dtype: 'F32', shape: [K, N], data_offsets: [0, 4 * K * N] },
});
const TENSORS = file('model.safetensors', bytes(BigUint64Array.of(BigInt(header.length))), header, bytes(b));

describe('identify', () => {
  it('names the order, and exits with 0', async () => {
    const { code, stdout, stderr } = await systole('identify', A, B, C);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^A {2}a\.npy, float32 \[5, 200\]\nB {2}b\.npy, float32 \[200, 7\]/);
    expect(stdout).toMatch(/against the systolic order of trn2 \(128-row passes\), all 35 elements compared: \d+ differ/);
    expect(stdout).toMatch(/^Explained by: untiled order$/m);
    expect(stdout).toContain('confirmed on all 35 elements');
  }); // prettier-ignore

  it('reads a tensor of a file, either way, and prints JSON', async () => {
    for (const how of [[`${TENSORS}:weight`], [TENSORS, '--tensor-b', 'weight']]) {
      const [where = '', ...options] = how;
      const { code, stdout } = await systole('identify', A, where, C, '--json', ...options);
      const found: unknown = JSON.parse(stdout);
      expect(code).toBe(0);
      expect(found).toMatchObject({ verdict: 'explained', files: { b: { name: 'weight' } } });
    }
  });

  it('exits with 1 where none explains every element', async () => {
    const { code, stdout } = await systole('identify', A, B, WRONG);
    expect(code).toBe(1);
    expect(stdout).toMatch(/None of these\.\nClosest: untiled order: 34 of 35 elements/);
    expect(stdout).toMatch(/its first exception is at m 1, n 2: expected 0x[0-9a-f]{8} /);
  });

  it('reads bytes as the format that is asked for', async () => {
    const codes = encodeArray('float8_e4m3', a);
    const fp8 = npy('fp8.npy', '<V1', `(${M}, ${K})`, codes);
    expect(await systole('identify', fp8, B, C)).toMatchObject({ code: 2 });
    const { code, stdout } = await systole('identify', fp8, B, C, '--dtype', 'fp8e4m3');
    expect(code).toBe(1);
    expect(stdout).toContain('fp8.npy, float8_e4m3 [5, 200]');
  });

  it('takes float64 for the format of a file, which no chip has', async () => {
    const wide = npy('wide.npy', '<f8', `(${M}, ${N})`, Float64Array.from(untiled));
    const { code, stdout } = await systole('identify', A, B, wide, '--dtype', ',,float64');
    expect(code).toBe(0);
    expect(stdout).toContain('wide.npy, float64 [5, 7]');
  });

  it('sends no control character of a file to the terminal', async () => {
    const entry = { '\x1b[31mw': { dtype: 'F32', shape: [K, N], data_offsets: [0, 4 * K * N] } };
    const text = JSON.stringify(entry);
    const hostile = file(
      'hostile.safetensors',
      bytes(BigUint64Array.of(BigInt(text.length))),
      text,
      bytes(b),
    );
    const { stdout } = await systole('identify', A, hostile, C);
    expect(stdout).toContain('B  \ufffd[31mw, float32');
  });

  it.each([
    [[A, B], /missing required argument 'C'/],
    [[A, B, join(folder, 'none.npy')], /Cannot read the file .*none\.npy.*ENOENT/],
    [[A, B, 'c.txt'], /ends in \.safetensors or \.npy; got c\.txt/],
    [[B, A, C], /A is \[200, 7\], B is \[5, 200\] and C is \[5, 7\].*in the order A B C/],
    [[A, TENSORS, C], /several matrices; choose one with --tensor: "weight", "other"/],
    [[A, `${TENSORS}:nothing`, C], /no tensor "nothing"/],
    [[A, `${TENSORS}:weight`, C, '--tensor-b', 'other'], /name two tensors of one file/],
    [[A, B, C, '--dtype', 'bf16,,,'], /--dtype takes the formats of A, B and C/],
    [[A, B, C, '--dtype', 'bf16'], /take 4 bytes each; they cannot be read as bfloat16, which takes 2/],
    [[A, B, C, '--a-layout', 'nk'], /--a-layout is mk or km, got "nk"/],
    [[A, B, C, '--a-layout', 'km'], /A is \[200, 5\]/],
    [[A, B, C, '--chip', 'trn9'], /No chip "trn9"/],
    [[A, B, C, '--budget', '0'], /--budget takes seconds/],
  ])('mistake %#', async (parameters, message) => {
    const { code, stdout, stderr } = await systole('identify', ...parameters);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
  });
});

describe('compare', () => {
  const result = (ms: number): string =>
    JSON.stringify({
      peaks: {},
      cases: [
        {
          name: 'square/512/bf16',
          shape: { m: 512, n: 512, k: 512 },
          dtypes: { a: 'bfloat16', b: 'bfloat16', out: 'float32' },
          check: { passed: true },
          gflops: 2 ** 28 / ms / 1e6,
          ms: { median: ms, spread: { lowerQuartile: 0.9 * ms, upperQuartile: 1.1 * ms }, count: 5 },
        },
      ],
    });

  it('names a file that it cannot read once', async () => {
    const none = join(folder, 'none.json');
    const { code, stderr } = await systole('compare', none, none);
    expect(code).toBe(2);
    expect(stderr).toBe(`error: Cannot read ${none}: ENOENT: no such file or directory.\n`);
  });

  it('reads what PowerShell wrote, with a byte order mark', async () => {
    const marked = file('marked.json', Uint8Array.of(0xef, 0xbb, 0xbf), result(100));
    expect(await systole('compare', marked, marked)).toMatchObject({ code: 0, stderr: '' });
  });

  it('prints ratios, or JSON', async () => {
    const files = [file('monday.json', result(100)), file('tuesday.json', result(50))];
    const { code, stdout, stderr } = await systole('compare', ...files);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^square\/512\/bf16 +2\.68 +20% +5\.37 +20% +2\.00 +faster$/m);
    const json: unknown = JSON.parse((await systole('compare', ...files, '--json')).stdout);
    expect(json).toMatchObject({ judged: { faster: 1 }, cases: [{ ratio: 2 }] });
  });

  it('refuses what is no result', async () => {
    const cut = file('cut.json', result(100).slice(0, 40));
    for (const [path, message] of [
      [cut, /cut\.json is not JSON, or is cut off/],
      [file('other.json', '{}'), /other\.json is no benchmark result: cases must be a list/],
      [join(folder, 'none.json'), /Cannot read .*none\.json/],
    ] as const) {
      const { code, stderr } = await systole('compare', path, path);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    }
  });
});
