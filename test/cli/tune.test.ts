/** `systole tune` as built: what is imported, kept, shown, exported, forgotten; corrupt and unwritable caches; an interrupted search. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWebGpuMatmul, tuningKey, tuningsText, type Tunings } from '../../src/execute/webgpu';
import { candidatesFor, forEachClass } from '../../src/execute/webgpu/tuning';
import { openDevice } from '../../src/host/node';
import { fileTunings } from '../../src/host/tunings-file';
import { DIST, runNode, type Ended } from '../host/child';

const CLI = join(DIST, 'cli.js');
const folder = mkdtempSync(join(tmpdir(), 'systole-tune-'));
const file = join(folder, 'tunings.json');
let text: string;

/** Each test has a cache of its own. */
let caches = 0;
const newCache = (): string => {
  const cache = join(folder, `cache-${caches++}`);
  mkdirSync(cache);
  return cache;
};
const systole = (cache: string, ...parameters: string[]): Promise<Ended> =>
  runNode([CLI, 'tune', ...parameters], { env: { XDG_CACHE_HOME: cache } });

/** The kept file of a cache. */
function keptIn(cache: string): string {
  const names = readdirSync(join(cache, 'systole')).filter((name) => name.startsWith('tunings-'));
  expect(names).toHaveLength(1);
  return join(cache, 'systole', names.join());
}

beforeAll(async () => {
  if (!existsSync(CLI)) throw new Error('dist/cli.js is missing: npm run build');
  const host = await openDevice();
  const matmul = await createWebGpuMatmul(host.device);
  const choice = (name: Parameters<typeof candidatesFor>[0]) => {
    const [tuning, other] = candidatesFor(name, matmul.subgroupLanes);
    if (tuning === undefined || other === undefined) throw new Error('too few candidates');
    const candidates = [{ tuning, compileMs: 7, gflops: 3.21 }];
    return { tuning, candidates, discarded: [{ tuning: other, why: 'wrong bits' }] };
  };
  const tunings: Tunings = forEachClass(choice);
  text = tuningsText(tuningKey(matmul, fileTunings().host), tunings);
  writeFileSync(file, text);
  host.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it('imports, keeps, shows, exports and forgets', async () => {
  const cache = newCache();
  const imported = await systole(cache, '--import', file);
  expect({ code: imported.code, stdout: imported.stdout }, imported.stderr).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^.*: imported\n\noperands of 16 bits.*\n.*GFLOP\/s.*\n\* +3\.21 +7 ms +tile 8x8.*\n.*: discarded\. wrong bits\n/,
    ) as string,
  });
  const out = join(folder, 'exported.json');
  const shown = await systole(cache, '--json', '--export', out);
  expect(shown.code, shown.stderr).toBe(0);
  expect(JSON.parse(shown.stdout)).toMatchObject({
    origin: 'kept',
    tunings: (JSON.parse(text) as { tunings: unknown }).tunings,
  });
  expect(readFileSync(out, 'utf8')).toBe(text);
  expect(readFileSync(keptIn(cache), 'utf8')).toBe(text);
  const forgot = await systole(cache, '--forget');
  expect(forgot).toMatchObject({ code: 0, stdout: 'Forgot the tunings of 1 adapter.\n', stderr: '' });
  expect((await systole(cache, '--forget')).stdout).toBe('Forgot the tunings of 0 adapters.\n');
});

it('takes those of another host where they are imported, and keeps them as this one’s', async () => {
  const cache = newCache();
  const other = join(folder, 'other-host.json');
  writeFileSync(other, JSON.stringify({ ...(JSON.parse(text) as object), host: 'Chrome' }));
  expect((await systole(cache, '--import', other)).code).toBe(0);
  expect(readFileSync(keptIn(cache), 'utf8')).toBe(text);
});

it('says in one line that nothing can be kept, and goes on', async () => {
  const cache = join(folder, 'a-file');
  writeFileSync(cache, '');
  const { code, stdout, stderr } = await systole(cache, '--import', file);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('imported') as string });
  expect(stderr.match(/^Tunings are not kept: .*$/gm)).toHaveLength(1);
});

it('ignores a corrupt cache with one line, and leaves what is kept when it is interrupted', async () => {
  const cache = newCache();
  await systole(cache, '--import', file);
  const kept = keptIn(cache);
  writeFileSync(kept, text.slice(0, 1000));
  const env = { ...process.env, XDG_CACHE_HOME: cache };
  const child = spawn(process.execPath, [CLI, 'tune'], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    const before = stderr;
    stderr += chunk.toString();
    // Once: a second one would quit at once.
    if (stderr.includes('measuring kernels') && !before.includes('measuring kernels')) child.kill('SIGINT');
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: '' });
  expect(stderr.match(/^Kept tunings are ignored: they are no JSON\.$/gm)).toHaveLength(1);
  expect(readFileSync(kept, 'utf8')).toBe(text.slice(0, 1000));
});

describe('a mistake is one message and exit code 2', () => {
  const broken = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  it.each([
    [() => ['--import', 'no-such-file'], /Cannot read no-such-file: there is no such place/],
    [() => ['--import', folder], /it is a folder/],
    [() => ['--import', broken('text', 'hello')], /The tunings in .*text cannot be used: they are no JSON/],
    [
      () => ['--import', broken('adapter', text.replace('"adapter": "', '"adapter": "not '))],
      /of another adapter: not .*, where this is /,
    ],
    [
      () => ['--import', broken('version', text.replace('"code": "', '"code": "0'))],
      /of another version of systole/,
    ],
    [
      () => ['--import', broken('tile', text.replace('"tileM": 8', '"tileM": 80'))],
      /none of this adapter's candidates/,
    ],
    [() => ['--export', join(folder, 'no', 'such', 'folder')], /Cannot write/],
    [() => ['--import', file, '--again'], /cannot be used with/],
    [() => ['--forget', '--json'], /cannot be used with/],
    [() => ['--adapter', 'no such adapter'], /No adapter is named like/],
  ])('%#', async (parameters, message) => {
    const cache = newCache();
    const { code, stdout, stderr } = await systole(cache, ...parameters());
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    const left = readdirSync(cache, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.includes('tunings-'))).toEqual([]);
  });
});
