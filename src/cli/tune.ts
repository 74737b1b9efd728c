/** `systole tune`: which kernels are fastest on an adapter, measured once and kept for what runs on it later. */
import { open } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { fileProblem } from '../../bench/node/file-problem';
import { checkWritable, writeAtomically } from '../../bench/node/write';
import {
  createWebGpuMatmul,
  keepFound,
  keptOrFound,
  MOST_TUNING_BYTES,
  readTunings,
  TUNED_CLASSES,
  tuningKey,
  tuningsText,
  tuningText,
  type TrialProgress,
  type WebGpuMatmul,
} from '../execute/webgpu';
import type { Host } from '../host';
import { fileTunings } from '../host/tunings-file';
import { UserError } from '../numerics';
import { interruptOnce } from './interrupt';
import { counted } from './options';
import { passingLine } from './progress';
import { tuneText, type Origin } from './tune-text';

interface TuneOptions {
  readonly adapter?: string;
  readonly again?: true;
  readonly json?: true;
  readonly export?: string;
  readonly import?: string;
  readonly forget?: true;
}

export function addTune(program: Command): void {
  program
    .command('tune')
    .description(
      'find out which kernels are fastest on this machine’s adapter, keep that for later runs, and show it',
    )
    .option('--adapter <name>', 'part of an adapter’s name, see `systole devices`')
    .addOption(new Option('--again', 'measure anew what is kept').conflicts('import'))
    .option('--json', 'print everything as JSON')
    .option('--export <file>', 'write what was found to a file')
    .option(
      '--import <file>',
      'take what such a file says instead of measuring; the adapter must be the same',
    )
    .addOption(
      new Option('--forget', 'forget what is kept, of every adapter').conflicts([
        ...['adapter', 'again', 'json', 'export', 'import'],
      ]),
    )
    .addHelpText(
      'after',
      `
Kept in systole/ of $XDG_CACHE_HOME, or of ~/.cache, until the driver, Node or systole change. No bit of any result depends on it.

Exit code: 0 fine; 1 the device was lost; 2 a mistake, or no adapter; 130 interrupted, what was kept stays.

Examples:
  systole tune
  systole tune --again --adapter llvmpipe
  systole tune --export tunings.json`,
    )
    .action(async (options: TuneOptions) => {
      if (options.forget) {
        console.log(`Forgot the tunings of ${counted(await forgotten(), 'adapter')}.`);
        return;
      }
      if (options.export !== undefined) await checkWritable(options.export);
      const { openDevice } = await import('../host/node');
      const host = await openDevice(options.adapter === undefined ? {} : { adapter: options.adapter });
      try {
        await tune(host, options);
      } finally {
        host.close();
      }
    });
}

async function forgotten(): Promise<number> {
  try {
    return await fileTunings().forget();
  } catch (error) {
    throw new UserError(`Tunings cannot be forgotten: ${fileProblem(error)}.`);
  }
}

async function tune({ device, facts }: Host, options: TuneOptions): Promise<void> {
  const matmul = await createWebGpuMatmul(device);
  const interrupt = interruptOnce();
  try {
    const origin = await obtain(matmul, options, interrupt.signal);
    const key = tuningKey(matmul, fileTunings().host);
    const { tunings } = matmul.probe;
    console.log(
      options.json
        ? JSON.stringify({ name: facts.name, origin, key, tunings }, null, 2)
        : tuneText(facts.name, origin, tunings),
    );
    if (options.export !== undefined) await writeAtomically(options.export, tuningsText(key, tunings));
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    interrupt.release();
  }
}

/** Has the product tuned: from a file, from what is kept, or by a search, which is kept then. */
async function obtain(matmul: WebGpuMatmul, options: TuneOptions, signal: AbortSignal): Promise<Origin> {
  const store = fileTunings();
  const note = (line: string): void => {
    console.error(line);
  };
  if (options.import !== undefined) {
    await adoptFile(matmul, options.import, store.host);
    await keepFound(matmul, store, note);
    return 'imported';
  }
  return keptOrFound(matmul, store, note, () => search(matmul, signal), options.again);
}

async function search(matmul: WebGpuMatmul, signal: AbortSignal): Promise<void> {
  const { stderr } = process;
  let clear = (): void => undefined;
  let last: TrialProgress['name'] | undefined;
  const onTrial = ({ name, tuning }: TrialProgress): void => {
    const { words } = TUNED_CLASSES[name];
    clear();
    clear = passingLine(stderr, `${words}: ${tuningText(tuning)}`.slice(0, stderr.columns - 1), 0);
    if (!stderr.isTTY && name !== last) stderr.write(`measuring kernels for ${words}\n`);
    last = name;
  };
  try {
    await matmul.tune(signal, { onTrial });
  } finally {
    clear();
  }
}

async function adoptFile(matmul: WebGpuMatmul, path: string, host: string): Promise<void> {
  const text = await readText(path);
  try {
    const { subgroupLanes } = matmul;
    matmul.adopt(readTunings(text, tuningKey(matmul, host), subgroupLanes, { anyHost: true }));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`The tunings in ${path} cannot be used: ${error.message}`);
  }
}

/** @throws UserError where there is no readable file of a size that tunings have. */
async function readText(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MOST_TUNING_BYTES) throw new Error(`it has more than ${MOST_TUNING_BYTES} bytes`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new UserError(`Cannot read ${path}: ${fileProblem(error)}.`);
  }
}
