/** Tunings kept in files: whole or absent, never through links, and refused in words. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fileTunings } from '../../src/host/tunings-file';

const NAME = 'tunings-1a2b3c4d';
let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'systole-tunings-'));
  folder = join(parent, 'cache');
});
afterEach(() => {
  vi.unstubAllEnvs();
  chmodSync(parent, 0o700);
  rmSync(parent, { recursive: true });
});

test('what was written is read and forgotten, and nothing else is touched', async () => {
  const store = fileTunings(folder);
  expect(await store.read(NAME)).toBeUndefined();
  expect(await store.forget()).toBe(0);
  await store.write(NAME, 'first');
  await store.write(NAME, 'second');
  expect(await store.read(NAME)).toBe('second');
  expect(readdirSync(folder)).toEqual([`${NAME}.json`]);
  writeFileSync(join(folder, 'other.json'), 'mine');
  expect(await store.forget()).toBe(1);
  expect(readdirSync(folder)).toEqual(['other.json']);
});

test('writers at the same time leave one whole text', async () => {
  const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(10_000));
  await Promise.all(texts.map((text) => fileTunings(folder).write(NAME, text)));
  expect(texts).toContain(await fileTunings(folder).read(NAME));
  expect(readdirSync(folder)).toEqual([`${NAME}.json`]);
});

test('a link in its place is not followed, and is replaced', async () => {
  const target = join(parent, 'target');
  writeFileSync(target, 'of somebody');
  mkdirSync(folder);
  symlinkSync(target, join(folder, `${NAME}.json`));
  const store = fileTunings(folder);
  await expect(store.read(NAME)).rejects.toThrow();
  await store.write(NAME, 'mine');
  expect(await store.read(NAME)).toBe('mine');
  expect(readFileSync(target, 'utf8')).toBe('of somebody');
});

test('a folder in its place, or a huge file, is refused, and nothing half-written stays', async () => {
  mkdirSync(join(folder, `${NAME}.json`), { recursive: true });
  const store = fileTunings(folder);
  await expect(store.read(NAME)).rejects.toThrow(/is no file/);
  await expect(store.write(NAME, 'mine')).rejects.toThrow();
  expect(readdirSync(folder)).toEqual([`${NAME}.json`]);
  writeFileSync(join(folder, 'tunings-2.json'), 'x'.repeat(4_000_001));
  await expect(store.read('tunings-2')).rejects.toThrow(/more than 4000000 bytes/);
});

test('where no folder can be made, a write is refused and a read finds nothing or says why', async () => {
  writeFileSync(folder, 'a file');
  const store = fileTunings(folder);
  await expect(store.write(NAME, 'mine')).rejects.toThrow(/EEXIST|ENOTDIR/);
  await expect(store.read(NAME)).rejects.toThrow(/ENOTDIR/);
  expect(readFileSync(folder, 'utf8')).toBe('a file');
});

test('they lie in the user’s cache; a relative XDG_CACHE_HOME is not used', async () => {
  vi.stubEnv('XDG_CACHE_HOME', parent);
  await fileTunings().write(NAME, 'mine');
  expect(existsSync(join(parent, 'systole', `${NAME}.json`))).toBe(true);
  vi.stubEnv('XDG_CACHE_HOME', 'relative');
  vi.stubEnv('HOME', join(parent, 'home'));
  mkdirSync(join(parent, 'home', '.cache'), { recursive: true });
  await fileTunings().write(NAME, 'mine');
  expect(existsSync(join(parent, 'home', '.cache', 'systole', `${NAME}.json`))).toBe(true);
});
