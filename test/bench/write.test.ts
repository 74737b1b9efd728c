/** Files that are whole or absent when the process ends while they are written; links; what the system refuses, in words. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkWritable, writeAtomically } from '../../bench/node/write';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'systole-write-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A process that writes `target` without end, and says when it has begun. */
async function endlessWriter(prelude = ''): Promise<ReturnType<typeof spawn>> {
  const script = join(folder, 'writer.mjs');
  await build({
    stdin: {
      contents: `
        import { writeAtomically } from './bench/node/write';
        ${prelude}
        function* endless() {
          yield new Uint8Array(1000);
          process.stdout.write('begun');
          for (;;) yield new Uint8Array(1000);
        }
        writeAtomically(${JSON.stringify(join(folder, 'target'))}, endless());`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

describe('an end of the process', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s leaves nothing half-written', async (signal, code) => {
    const child = await endlessWriter();
    expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toHaveLength(1);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
    expect(readdirSync(folder)).toEqual(['writer.mjs']);
  });

  it('that another listener decides on comes when that says so, and leaves nothing either', async () => {
    const child = await endlessWriter(
      `let asked = 0; process.on('SIGINT', () => { if (++asked === 2) process.exit(7); else process.stdout.write('once'); });`,
    );
    child.kill('SIGINT');
    if (child.stdout) await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([7, null]);
    expect(readdirSync(folder)).toEqual(['writer.mjs']);
  });
});

describe('links', () => {
  it.each([true, false])('are written behind, whether the file is there (%s) or not', async (present) => {
    const [file, link] = [join(folder, 'file'), join(folder, 'link')];
    symlinkSync('file', link);
    if (present) await writeAtomically(file, 'first');
    await checkWritable(link);
    await writeAtomically(link, 'second');
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readlinkSync(link)).toBe('file');
    expect(readdirSync(folder).sort()).toEqual(['file', 'link']);
  });

  it('that lead in a circle are told', async () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    symlinkSync(a, b);
    symlinkSync(b, a);
    await expect(checkWritable(a)).rejects.toThrow(`Cannot write ${a}: its links lead in a circle.`);
  });
});

it('what is refused is told in words', async () => {
  await writeAtomically(join(folder, 'file'), '');
  const refused = {
    '': 'Cannot write a report: the name is empty.',
    [folder]: `Cannot write ${folder}: it is a folder.`,
    [join(folder, 'none', 'x')]: `Cannot write ${join(folder, 'none', 'x')}: there is no such place.`,
    [join(folder, 'file', 'x')]: `Cannot write ${join(folder, 'file', 'x')}: a part of its path is a file.`,
  };
  for (const [path, message] of Object.entries(refused)) {
    await expect(checkWritable(path)).rejects.toThrow(message);
  }
  expect(existsSync(join(folder, 'none'))).toBe(false);
});
