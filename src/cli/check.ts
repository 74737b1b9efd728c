/** `systole check M N K`: is this tiling right? Ours, a plan's, or one written by hand (docs/tiling.md). */
import { readFile, stat } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Adapter, TilingCheck, TilingVerdict } from '../../bench/tiling';
import { parseChip, type ChipName } from '../chip';
import type { Host } from '../host';
import { parseDtype, UserError, type Dtype } from '../numerics';
import { printProgram, toJSON } from '../program';
import { dtypePair, integerFrom, positiveInteger } from './options';
import { stageLine } from './progress';

interface CheckOptions {
  readonly dtype?: { readonly a: Dtype; readonly b: Dtype };
  readonly out?: Dtype;
  readonly chip?: ChipName;
  readonly kMajor?: true;
  readonly plan?: string;
  readonly seed: number;
  readonly adapter?: string;
  /** False with --no-gpu. */
  readonly gpu: boolean;
  readonly program?: true;
  readonly json?: true;
}

export function addCheck(program: Command): void {
  program
    .command('check')
    .description(
      'say whether a tiling of out[M, N] = A[M, K] B[K, N] is right: coverage, memories, accumulation groups, every bit of the result',
    )
    .argument('<M>', 'rows of A and of the output', positiveInteger('M'))
    .argument('<N>', 'columns of B and of the output', positiveInteger('N'))
    .argument('<K>', 'columns of A, rows of B', positiveInteger('K'))
    .option('--plan <file>', 'a tiling as JSON, or a plan of `systole plan --json` (default: our plan)')
    .option('--dtype <a[,b]>', 'format of A and B (default: the file’s, or bf16)', dtypePair)
    .option('--out <dtype>', 'format of the output (default: the file’s, or fp32)', parseDtype)
    .option('--chip <name>', 'trn1, trn2 or trn3 (default: the file’s, or trn2)', parseChip)
    .option('--k-major', 'A lies in HBM as [K, M], the chip’s own layout')
    .option('--seed <integer>', 'seed of the operands', integerFrom(0, '--seed'), 1)
    .option('--adapter <name>', 'part of an adapter’s name, see `systole devices`')
    .option('--no-gpu', 'leave the WebGPU adapter out')
    .option('--program', 'print the tiling’s Program instead, as text or with --json as JSON')
    .option('--json', 'print the verdict as JSON')
    .addHelpText(
      'after',
      `
A tiling is loops, or a list of passes; docs/tiling.md has every field:
  {
    "format": "systole tiling", "version": 1,
    "tile": { "m": 128, "n": 512, "k": 128 },
    "loops": [{ "axis": "m", "step": 512 }, { "axis": "n" }, { "axis": "k" }, { "axis": "m" }]
  }

Exit code: 0 right; 1 wrong; 2 the tiling or an option cannot be used; 130 interrupted.

Examples:
  systole check 1024 1024 1024
  systole check 512 1024 768 --plan tiling.json --chip trn1
  systole check 512 1024 768 --plan tiling.json --no-gpu --json
  systole plan 4096 4096 4096 --json > plan.json; systole check 4096 4096 4096 --plan plan.json`,
    )
    .action(async (m: number, n: number, k: number, options: CheckOptions) => {
      await check({ m, n, k }, options);
    });
}

async function check(
  shape: { readonly m: number; readonly n: number; readonly k: number },
  options: CheckOptions,
): Promise<void> {
  const { checkedText, judgeTiling, MOST_BYTES, readTiling, STAGES, verdictText } =
    await import('../../bench/tiling');
  const { dtype, out, chip, kMajor, plan, seed } = options;
  if (options.adapter !== undefined && !options.gpu)
    throw new UserError('--adapter and --no-gpu do not go together: give one of them.');
  const tiled = readTiling(plan === undefined ? undefined : await textOf(plan, MOST_BYTES), {
    ...shape,
    ...dtype,
    ...(out && { out }),
    ...(chip && { chip }),
    ...(kMajor && { aLayout: 'k-major' }),
  });
  if (options.program) {
    const program = tiled.program();
    console.log(options.json ? JSON.stringify(toJSON(program)) : printProgram(program).trimEnd());
    return;
  }
  const { createWasmMatmul } = await import('../execute/wasm');
  const { allowRelaxedSimd } = await import('../host/relaxed-simd');
  allowRelaxedSimd();
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  const progress = stageLine(process.stderr, STAGES);
  const opened = new AdapterOpener(options);
  const checked: TilingCheck[] = [];
  let stage: keyof typeof STAGES = 'covering';
  try {
    const verdict = await judgeTiling({
      ...{ tiled, seed, signal: interrupt.signal },
      onProgress: (now) => {
        ({ stage } = now);
        progress.update(now);
      },
      onChecked: (checks) => checked.push(...checks),
      reference: await createWasmMatmul(),
      adapter: () => opened.open(),
    });
    progress.clear();
    console.log(options.json ? JSON.stringify(verdict, null, 2) : verdictText(verdict));
    process.exitCode = exitCode(verdict);
  } catch (error) {
    if (!interrupt.signal.aborted || error !== interrupt.signal.reason) throw error;
    progress.clear();
    const sofar = checked.length === 0 ? 'nothing was checked before' : 'checked before:';
    console.error([`interrupted while ${STAGES[stage]}; ${sofar}`, ...checkedText(checked)].join('\n'));
    process.exitCode = 130;
  } finally {
    progress.clear();
    process.off('SIGINT', onSignal);
    opened.close();
  }
}

function exitCode({ right }: TilingVerdict): 0 | 1 {
  return right ? 0 : 1;
}

/** @throws UserError for a file that cannot be read, or has more bytes than any tiling. */
async function textOf(path: string, most: number): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= most) return await readFile(path, 'utf8');
    throw new UserError(
      `${path} has ${size} bytes, more than the ${most} that a tiling may have: a list of the most passes that are checked has fewer.`,
    );
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`Cannot read ${path}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** The adapter is opened only when the verdict comes to it; none at all is no mistake, unless one was named. */
class AdapterOpener {
  readonly #options: Pick<CheckOptions, 'adapter' | 'gpu'>;
  #host: Host | undefined;

  constructor(options: Pick<CheckOptions, 'adapter' | 'gpu'>) {
    this.#options = options;
  }

  async open(): Promise<Adapter | { readonly leftOut: string }> {
    const { adapter, gpu } = this.#options;
    if (!gpu) return { leftOut: '--no-gpu' };
    const { openDevice } = await import('../host/node');
    const { createWebGpuMatmul } = await import('../execute/webgpu');
    try {
      this.#host = await openDevice(adapter === undefined ? {} : { adapter });
      const device = await createWebGpuMatmul(this.#host.device);
      return { name: this.#host.facts.name, device };
    } catch (error) {
      if (!(error instanceof UserError) || adapter !== undefined) throw error;
      return { leftOut: error.message };
    }
  }

  close(): void {
    this.#host?.close();
  }
}
