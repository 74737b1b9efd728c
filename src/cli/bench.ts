/** `systole bench`: checks and times matmuls on this machine's adapter. */
import type { Command } from 'commander';
import { selectCases } from '../../bench/cases';
import { Stopped } from '../../bench/stop';
import { parseChip, type ChipName } from '../chip';
import { planMatmul } from '../lower';
import { parseDtype, UserError, type Dtype } from '../numerics';
import { integerFrom, repeated, seconds } from './options';
import { progressView } from './progress';

interface BenchOptions {
  readonly case?: string;
  readonly dtype?: string;
  readonly shape?: readonly string[];
  readonly chip?: ChipName;
  readonly out?: Dtype;
  readonly kMajor?: true;
  readonly budget: number;
  readonly seed: number;
  readonly adapter?: string;
  readonly weights?: string;
  readonly tensor?: string;
  readonly weightsLayout?: 'nk' | 'kn';
  readonly json?: string;
  readonly csv?: string;
  readonly baseline: boolean;
  readonly list?: true;
}

export function addBench(program: Command): void {
  program
    .command('bench')
    .description('check, then time, matmuls of real models and squares on this machine’s WebGPU adapter')
    .option('--case <regex>', 'only cases whose name matches')
    .option('--dtype <list>', 'only these formats, comma-separated; a pair as fp8e4m3xfp8e5m2')
    .option('--shape <MxNxK>', 'this shape instead of the built-in ones (repeatable)', repeated)
    .option(
      '--chip <name>',
      'plan every case for trn1, trn2 or trn3 (default: trn2, or trn3 for fp8e4m3fn)',
      parseChip,
    )
    .option('--out <dtype>', 'format of the output (default: fp32)', parseDtype)
    .option('--k-major', 'A lies as [K, M], the chip’s own layout, which needs no transposition')
    .option('--budget <seconds>', 'time for all cases; what does not fit is listed', seconds, 60)
    .option('--seed <integer>', 'seed of the random operands', integerFrom(0, '--seed'), 1)
    .option('--adapter <name>', 'part of an adapter’s name, see `systole devices`')
    .option('--weights <file>', 'a matrix of a .safetensors or .npy file as B')
    .option('--tensor <name>', 'which tensor of the .safetensors file')
    .option(
      '--weights-layout <layout>',
      'nk: [out, in] (.safetensors default); kn: [in, out] (.npy default)',
      layout,
    )
    .option('--json <file>', 'write the full report')
    .option('--csv <file>', 'write one line for each case')
    .option('--no-baseline', 'skip the CPU baseline')
    .option('--list', 'print the names of the cases and stop')
    .addHelpText(
      'after',
      `
Exit code: 0 fine; 1 a check failed or the device was lost; 2 nothing could be run; 130 interrupted.

Examples:
  systole bench
  systole bench --case 'gpt2/.*/m128' --dtype bf16,fp8e4m3
  systole bench --shape 1024x1024x1024 --dtype bf16 --json report.json
  systole bench --weights model.safetensors --tensor model.layers.0.mlp.up_proj.weight`,
    )
    .action((options: BenchOptions) => runBench(options));
}

async function runBench(options: BenchOptions): Promise<void> {
  const filter = {
    pattern: options.case,
    dtypes: options.dtype?.split(','),
    shapes: options.shape,
    chip: options.chip,
    out: options.out,
    aLayout: options.kMajor && ('k-major' as const),
  };
  if (options.weights === undefined && (options.tensor ?? options.weightsLayout) !== undefined) {
    throw new UserError(
      '--tensor and --weights-layout say how to read a weights file: give it with --weights FILE.',
    );
  }
  if (options.weights !== undefined && options.shape !== undefined) {
    throw new UserError('--weights and --shape both say what to multiply: give one of them.');
  }
  if (options.list) {
    for (const { name } of selectCases(filter).cases) console.log(name);
    return;
  }
  // A shape that the user names must be one that can be planned; built-in ones are left out with the reason.
  if (options.shape !== undefined) selectCases(filter).cases.forEach((each) => planMatmul(each));
  const { toCsv } = await import('../../bench/report');
  const { checkWritable, writeAtomically } = await import('../../bench/node/write');
  const files = [options.json, options.csv].filter((path) => path !== undefined);
  if (options.json !== undefined && options.json === options.csv) {
    throw new UserError(`--json and --csv both name ${options.json}: give each a file of its own.`);
  }
  for (const path of files) await checkWritable(path);

  const { benchmarkInNode } = await import('../../bench/node/benchmark');
  const { toText } = await import('../../bench/report/table');
  const { exitCode } = await import('../../bench/result');
  const interrupt = interruptOnce();
  const progress = progressView(process.stderr);
  try {
    const report = await benchmarkInNode({
      filter,
      weights:
        options.weights === undefined
          ? undefined
          : { path: options.weights, tensor: options.tensor, layout: options.weightsLayout },
      adapter: options.adapter,
      budgetSeconds: options.budget,
      seed: options.seed,
      baseline: options.baseline,
      arguments: process.argv.slice(2),
      signal: interrupt.signal,
      onEvent: (event) => {
        progress.update(event);
      },
    });
    progress.stop();
    console.log(toText(report));
    process.exitCode = exitCode(report);
    // The CSV file first: the JSON file is the larger, and a full disk should not cost both.
    if (options.csv !== undefined) await writeAtomically(options.csv, toCsv(report));
    if (options.json !== undefined)
      await writeAtomically(options.json, `${JSON.stringify(report, null, 2)}\n`);
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

/** The first Ctrl-C ends the run with what was obtained; the second ends the process. */
function interruptOnce(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    console.error('\ninterrupted: ending with what was obtained (once more to quit at once)');
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function layout(text: string): 'nk' | 'kn' {
  if (text === 'nk' || text === 'kn') return text;
  throw new UserError(`--weights-layout is nk or kn, got "${text}".`);
}
