/** `systole bench --overheads`: what everything around the arithmetic costs, in Node or in a headless browser. */
import { coldInNode, overheadsInNode } from '../../bench/node/overheads';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { OVERHEADS, type OverheadsProgress } from '../../bench/overheads/report';
import { overheadsText } from '../../bench/overheads/text';
import { UserError } from '../numerics';
import type { BenchOptions } from './bench-options';
import { interruptOnce } from './interrupt';
import { passingLine } from './progress';

export async function benchOverheads(options: BenchOptions): Promise<void> {
  const { adapter, browser, json, coldOnly } = options;
  if (coldOnly) {
    console.log(JSON.stringify(await coldInNode(adapter)));
    return;
  }
  if (browser === 'firefox')
    throw new UserError('--overheads runs in Node or in Chromium: leave firefox out.');
  if (json !== undefined) await checkWritable(json);
  const interrupt = interruptOnce();
  const { signal } = interrupt;
  let clear = (): void => undefined;
  const request = {
    adapter,
    signal,
    onProgress: (progress: OverheadsProgress) => {
      clear();
      clear = passingLine(process.stderr, wordsOf(progress), 0);
      if (!process.stderr.isTTY) process.stderr.write(`${wordsOf(progress)}\n`);
    },
  };
  try {
    const report = await (browser === undefined
      ? overheadsInNode({ ...request, coldCommand: coldCommand(adapter) })
      : (await import('../../bench/browser/overheads')).overheadsInBrowser(request));
    clear();
    console.log(overheadsText(report));
    if (!report.cold.every(({ verified }) => verified)) process.exitCode = 1;
    if (json !== undefined) await writeAtomically(json, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    clear();
    interrupt.release();
  }
}

const wordsOf = (progress: OverheadsProgress): string =>
  progress.stage === 'cold'
    ? `starting from cold, ${progress.done + 1} of ${progress.total}`
    : `measuring ${OVERHEADS[progress.name]}`;

/** This command line again, for one start. */
function coldCommand(adapter: string | undefined): [string, ...string[]] {
  const [, script = ''] = process.argv;
  const chosen = adapter === undefined ? [] : ['--adapter', adapter];
  return [process.execPath, script, 'bench', '--overheads', '--cold-only', ...chosen];
}
