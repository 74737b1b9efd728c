/** One benchmark run in Node or in a headless browser, and the files that were asked for. */
import { GROUPS, selectCases, type CaseFilter } from '../../bench/cases';
import type { OnEvent } from '../../bench/events';
import { checkRecords, writeRecord } from '../../bench/node/record';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import { toCsv, type Report } from '../../bench/report';
import { toHtml } from '../../bench/report/html';
import { toText } from '../../bench/report/table';
import { exitCode } from '../../bench/result';
import { checkSettings, DEFAULTS, type BenchSettings } from '../../bench/settings';
import { Stopped } from '../../bench/stop';
import { UserError } from '../numerics';
import type { BenchOptions } from './bench-options';
import { interruptOnce } from './interrupt';
import { progressView } from './progress';

/** Smallest first: a full disk should not cost all of them. */
const FORMATS = {
  csv: toCsv,
  html: toHtml,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
} as const satisfies Record<string, (report: Report) => string>;

export async function benchRun(options: BenchOptions, filter: CaseFilter): Promise<void> {
  const files = await outputFiles(options);
  if (options.record !== undefined) await checkRecords(options.record);
  const interrupt = interruptOnce();
  const progress = progressView(process.stderr);
  const during: During = {
    signal: interrupt.signal,
    onEvent: (event) => {
      progress.update(event);
    },
  };
  try {
    const report = await (options.browser === undefined
      ? inNode(options, filter, during)
      : inBrowser(options, filter, during));
    progress.stop();
    console.log(toText(report));
    process.exitCode = exitCode(report);
    for (const { path, text } of files) await writeAtomically(path, text(report));
    if (options.record !== undefined) console.log(`recorded in ${await writeRecord(options.record, report)}`);
    // A computation that was abandoned, or a lost device, may keep Node alive.
    setTimeout(() => process.exit(), 500).unref();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    console.error(`${error.message}; nothing had been measured yet`);
    process.exitCode = error.outcome === 'interrupted' ? 130 : 1;
  } finally {
    progress.stop();
    interrupt.release();
  }
}

interface OutputFile {
  readonly format: string;
  readonly path: string;
  readonly text: (report: Report) => string;
}

/** @throws UserError when two name the same file or one cannot be written. */
async function outputFiles(options: BenchOptions): Promise<readonly OutputFile[]> {
  const files: OutputFile[] = [];
  for (const [format, text] of Object.entries(FORMATS)) {
    const path = options[format as keyof typeof FORMATS];
    if (path === undefined) continue;
    const other = files.find((each) => each.path === path);
    if (other !== undefined)
      throw new UserError(
        `--${other.format} and --${format} both name ${path}: give each a file of its own.`,
      );
    await checkWritable(path);
    files.push({ format, path, text });
  }
  return files;
}

interface During {
  readonly signal: AbortSignal;
  readonly onEvent: OnEvent;
}

async function inNode(options: BenchOptions, filter: CaseFilter, during: During): Promise<Report> {
  const { benchmarkInNode } = await import('../../bench/node/benchmark');
  const { weights: path, tensor, weightsLayout, adapter, device, threads, budget, seed, baseline } = options;
  return benchmarkInNode({
    filter,
    weights: path === undefined ? undefined : { path, tensor, layout: weightsLayout },
    adapter,
    device,
    threads,
    budgetSeconds: budget,
    seed,
    baseline,
    arguments: process.argv.slice(2),
    ...during,
  });
}

async function inBrowser(options: BenchOptions, filter: CaseFilter, during: During): Promise<Report> {
  const { benchmarkInBrowser } = await import('../../bench/browser/run');
  const { browser = 'chromium', adapter } = options;
  return benchmarkInBrowser({ settings: toSettings(options, filter), browser, adapter, ...during });
}

/** What the page is given. @throws UserError for what the page does not offer. */
function toSettings(options: BenchOptions, filter: CaseFilter): BenchSettings {
  const { case: pattern, shape, chip = 'auto', out = 'float32', kMajor, budget, seed } = options;
  const { device = DEFAULTS.device } = options;
  return checkSettings({
    dtypes: filter.dtypes ?? DEFAULTS.dtypes,
    groups: shape === undefined ? GROUPS : [],
    shapes: shape ?? [],
    chip,
    out,
    layout: kMajor ? 'k-major' : 'row-major',
    device,
    budgetSeconds: budget,
    seed,
    names: pattern === undefined ? [] : selectCases(filter).cases.map(({ name }) => name),
  });
}
