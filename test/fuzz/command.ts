/** `npm run fuzz`: random Programs on the reference and on WebGPU, in Node or in a browser, until enough of them agreed or one did not. */
import { Command, InvalidArgumentError } from 'commander';
import { CHIP_NAMES, parseChip, type ChipName } from '../../src/chip';
import { openDevice } from '../../src/host/node';
import { UserError } from '../../src/numerics';
import { BATCH, runBatch, type Batch, type BatchResult } from './batches';
import { openBrowserFuzzer } from './browser/driver';
import { Tally } from './tally';

interface Options {
  readonly programs: number;
  readonly chips: readonly ChipName[];
  readonly seed: number;
  readonly path?: string;
  readonly browser?: true;
  readonly adapter: string;
}

const DEFAULT_PROGRAMS = 10_000;

function whole(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new InvalidArgumentError('a whole number of 0 to 2147483647 is required.');
}

function chips(text: string): readonly ChipName[] {
  try {
    return text.split(',').map(parseChip);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function optionsOf(words: readonly string[]): Options {
  const command = new Command('npm run fuzz --')
    .description(
      'Runs random legal Programs on the reference and on the WebGPU interpreter, and compares every bit that they leave.',
    )
    .option('--programs <count>', 'Programs for each chip', whole, DEFAULT_PROGRAMS)
    .option('--chips <names>', 'which chips, with commas between', chips, CHIP_NAMES)
    .option(
      '--seed <number>',
      'of the first batch; a fresh one when left out',
      whole,
      Math.floor(Math.random() * 1e9),
    )
    .option('--path <number>', 'of a batch, the Program of this number alone')
    .option('--browser', 'in a headless Chromium on SwiftShader')
    .option('--adapter <name>', 'part of the name of the adapter in Node', 'swiftshader')
    .addHelpText(
      'after',
      `\nPrograms come in batches of ${BATCH}, each with a seed of its own, one more than that of the batch before.`,
    );
  return command.parse([...words], { from: 'user' }).opts<Options>();
}

/** Runs the command; the exit code. `page` is the script of the browser's page. */
export async function main(words: readonly string[], { page }: { readonly page: string }): Promise<number> {
  const options = optionsOf(words);
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return await run(options, page, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return 130;
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function run(
  { programs, chips: names, seed, path, browser, adapter }: Options,
  page: string,
  signal: AbortSignal,
): Promise<number> {
  const tally = new Tally(programs);
  const onProgram = (): void => {
    tally.program();
  };
  const fuzzer = browser ? await openBrowserFuzzer(page, onProgram) : undefined;
  const closing = (): void => void fuzzer?.close();
  signal.addEventListener('abort', closing, { once: true });
  const runOne = (batch: Batch): Promise<BatchResult> =>
    fuzzer === undefined
      ? runBatch(() => openDevice({ adapter }), batch, { signal, onProgram })
      : fuzzer.run(batch);
  try {
    for (const chip of names) {
      tally.start(chip);
      for (let done = 0, at = seed; done < programs && !signal.aborted; done += BATCH, at++) {
        const result = await runOne({ chip, programs: Math.min(BATCH, programs - done), seed: at, path });
        tally.add(result);
        if (result.disagreement !== undefined) {
          tally.end();
          const again = `npm run fuzz -- --chips ${chip} --seed ${result.disagreement.seed} --path ${result.disagreement.path}${browser ? ' --browser' : ''}`;
          console.error(
            `The reference and WebGPU differ: ${result.disagreement.difference}\n\n${result.disagreement.text}\n\nAgain: ${again}`,
          );
          return 1;
        }
        if (path !== undefined) break;
      }
      tally.end();
    }
    return signal.aborted ? 130 : 0;
  } finally {
    signal.removeEventListener('abort', closing);
    await fuzzer?.close();
  }
}
