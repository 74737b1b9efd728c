/** `systole run`: a kernel of the library, a kernel file or a Program, verified and run to its end or to any step. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { parseChip, type ChipName } from '../chip';
import { checkCores } from '../execute/webgpu/interpreter';
import { libraryEntry } from '../kernels/library';
import { parseDtype, UserError, type CodeArray, type Dtype } from '../numerics';
import { hbmTensors, printProgram, toJSON, type HbmTensor, type Program } from '../program';
import { findingOf, summaryText, verdictText, verifyProgram, type Verdict } from '../verify';
import {
  chosenExecutor,
  parseExecutor,
  type Executed,
  type Executor,
  type ExecutorName,
  type ExecutorOptions,
} from './executors';
import { interruptOnce } from './interrupt';
import {
  checkOutputs,
  checksText,
  entryText,
  libraryTable,
  libraryTitle,
  parseSizes,
  type OpenedLibrary,
} from './library';
import { memoryText } from './memory-text';
import { openNamed, type OpenedName } from './named-program';
import { counted, integerFrom, repeated, seconds } from './options';
import { passingLine, stageLine } from './progress';
import { makeFolder, outputsTable, writeOutputs, writeShaders } from './run-outputs';
import { shown, standsAt } from './run-stepping';
import { requireListAlone, requireNoRun } from './run-together';
import type { SteppedRun } from './stepped-run';

interface RunCommandOptions {
  readonly list?: true;
  readonly size?: Readonly<Record<string, number>>;
  readonly dtype?: Dtype;
  readonly chip?: ChipName;
  readonly kernel?: string;
  readonly seed: number;
  readonly out?: string;
  readonly executor?: ExecutorName;
  readonly browser?: true;
  readonly adapter?: string;
  readonly shaders?: string;
  readonly cores?: number;
  readonly until?: string;
  readonly show?: readonly string[];
  readonly program?: true;
  readonly json?: true;
  readonly verify: boolean;
  readonly budget?: number;
  readonly timeLimit: number;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('verify and run a kernel of the library, a kernel file, or a Program')
    .argument(
      '[what]',
      'a kernel of the library by its name; a kernel in TypeScript or JavaScript; or a Program as JSON or text',
    )
    .argument(
      '[inputs...]',
      'name=FILE.npy, name=FILE.npy:bf16 or name=random:128x512:bf16; in order without names; of the library random where left out',
    )
    .option('--list', 'print the library; or with a name, the sizes and inputs of a kernel')
    .option('--size <name=value>', 'of a kernel of the library (repeatable, or with commas)', parseSizes)
    .option('--dtype <format>', 'of the data of a kernel of the library', parseDtype)
    .option('--chip <name>', 'trn1, trn2 or trn3 (default: trn2, or what the kernel is for)', parseChip)
    .option('--kernel <name>', 'which kernel of a file')
    .option('--seed <integer>', 'of random inputs', integerFrom(0, '--seed'), 1)
    .option('--out <folder>', 'write each output as a .npy file there')
    .option('--executor <name>', 'reference or webgpu (default: reference)', parseExecutor)
    .option('--browser', 'run in a headless Chromium')
    .option(
      '--adapter <name>',
      'with --executor webgpu: part of an adapter’s name, see `systole devices`; with --browser: swiftshader, or default for whatever the browser offers',
    )
    .option('--shaders <folder>', 'with --executor webgpu: write every kernel that ran as WGSL there')
    .option(
      '--cores <count>',
      'with --executor webgpu: on so many cores at once; random inputs of core c have the seed --seed + c',
      integerFrom(1, '--cores'),
    )
    .option('--until <step>', 'stop before an instruction, by its id or id:TIME, or after so many steps')
    .option(
      '--show <what>',
      'print a tensor, a pattern ("t p0:4 [1,8]"), bank:N, register:NAME or accumulators:ENGINE as it is then (repeatable)',
      repeated,
    )
    .option('--program', 'print the Program instead of running it')
    .option('--json', 'with --program: as JSON')
    .option('--no-verify', 'run although the verifier finds errors')
    .option(
      '--budget <steps>',
      'most instructions that are traced, and most steps of the run',
      integerFrom(1, '--budget'),
    )
    .option('--time-limit <seconds>', 'for the kernel of a file to return', seconds('--time-limit'), 60)
    .addHelpText(
      'after',
      `
Exit code: 0 fine; 1 the verifier, the run or the check found something wrong; 2 the kernel, Program or an input cannot be used; 130 interrupted.

Examples:
  systole run --list
  systole run softmax --size rows=300,columns=1000 --dtype bf16
  systole run rmsnorm x.npy gain.npy --chip trn3 --out results
  systole run softmax.ts x.npy --out results
  systole run matmul.ts lhsT=random:256x128:bf16 rhs=random:256x512:bf16 --chip trn3
  systole run matmul.ts a.npy b.npy --until mm3 --show bank:0 --show acc
  systole run softmax --executor webgpu --adapter swiftshader --shaders shaders
  systole run softmax --executor webgpu --cores 4
  systole run kernel.ts x.npy --program > program.txt && systole run program.txt x.npy`,
    )
    .action(runCommand);
}

async function runCommand(
  what: string | undefined,
  texts: readonly string[],
  options: RunCommandOptions,
  command: Command,
): Promise<void> {
  if (options.list) {
    requireListAlone(command, texts);
    console.log(what === undefined ? libraryTable() : entryText(libraryEntry(what)));
    return;
  }
  if (what === undefined) {
    throw new UserError(
      'run takes a kernel file, a Program, or the name of a kernel: --list tells those of the library.',
    );
  }
  requireTogether(options);
  if (options.program) requireNoRun(command);
  const each: OpenedName[] = [];
  for (let core = 0; core < (options.cores ?? 1); core++) {
    const own = await openNamed(what, texts, { ...options, seed: options.seed + core });
    checkCores(own.program.chip, options.cores ?? 1);
    each.push(own);
  }
  const [opened] = each;
  if (opened === undefined) throw new Error('Invariant violation: no core');
  const { library, program } = opened;
  if (options.program) {
    process.stdout.write(options.json ? `${JSON.stringify(toJSON(program))}\n` : printProgram(program));
    return;
  }
  for (const folder of [options.out, options.shaders]) if (folder !== undefined) await makeFolder(folder);
  const verdict = verified(program);
  if (verdict.findings.length > 0) console.error(verdictText(verdict.findings));
  if (library !== undefined)
    console.log([libraryTitle(library), summaryText(verdict), memoryText(program)].join('\n'));
  if (!verdict.sound && options.verify) {
    console.error('Not run: mend the errors above, or run it all the same with --no-verify.');
    process.exitCode = 1;
    return;
  }
  await runVerified({ program, each, options });
}

/** @throws UserError for options that do not go with each other. */
function requireTogether(options: RunCommandOptions): void {
  const { json, program, executor, browser, shaders, until, show, cores } = options;
  if (json && !program) throw new UserError('--json prints a Program as JSON: give it with --program.');
  if (shaders !== undefined && (browser || executor !== 'webgpu')) {
    throw new UserError(
      '--shaders writes the kernels of a run on WebGPU in this process: give it with --executor webgpu, without --browser.',
    );
  }
  if (cores !== undefined && (browser || executor !== 'webgpu')) {
    throw new UserError(
      '--cores runs on several cores at once on WebGPU in this process: give it with --executor webgpu, without --browser.',
    );
  }
  if (cores !== undefined && (until !== undefined || show !== undefined)) {
    throw new UserError('--until and --show look into a run of one core: leave --cores out.');
  }
  if (browser && (until !== undefined || show !== undefined)) {
    throw new UserError('--until and --show look into a run in this process: leave --browser out.');
  }
}

function verified(program: Program): Verdict {
  const clear = passingLine(process.stderr, 'verifying', 0);
  try {
    return verifyProgram(program);
  } finally {
    clear();
  }
}

type Codes = Readonly<Record<string, CodeArray>>;

interface VerifiedRun {
  readonly program: Program;
  /** What each core runs: the Program, with inputs of its own. */
  readonly each: readonly OpenedName[];
  readonly options: RunCommandOptions;
}

const codesOfInputs = ({ inputs }: OpenedName): Codes =>
  Object.fromEntries([...inputs].map(([name, array]) => [name, array.codes]));

async function runVerified({ program, each, options }: VerifiedRun): Promise<void> {
  const executor = chosenExecutor(options);
  const [codes = {}, ...others] = each.map(codesOfInputs);
  const executed = await ran(executor, program, codes, options, others);
  const { outputs, further = [], position, findings, failure, ms, adapter, shaders } = executed;
  const on = `${executor.title}${adapter === undefined ? '' : ` (${adapter})`}`;
  if (options.shaders !== undefined && shaders !== undefined) await writeShaders(options.shaders, shaders);
  for (const finding of findings) console.error(verdictText([findingOf(finding)]));
  if (failure !== undefined) console.error(`error: ${failure}`);
  if (findings.length > 0 || failure !== undefined) process.exitCode = 1;
  if (position !== undefined)
    console.log(`${standsAt(position)}${adapter === undefined ? '' : `, on ${on}`}`);
  const found = (): void => {
    if (findings.length > 0)
      console.log(`The run had ${counted(findings.length, 'finding')}, told on stderr.`);
  };
  if (outputs === undefined) {
    found();
    return;
  }
  const tensors = hbmTensors(program, 'output');
  const together = options.cores === undefined ? '' : `, ${counted(each.length, 'core')} at once`;
  if (each[0]?.library !== undefined || adapter !== undefined)
    console.log(`Ran in ${secondsText(ms)} on ${on}${together}.\n`);
  for (const [core, own] of [outputs, ...further].entries()) {
    if (options.cores !== undefined) console.log(`${core > 0 ? '\n' : ''}Core ${core}:`);
    console.log(outputsTable(tensors, own));
    if (options.out !== undefined) {
      const folder = options.cores === undefined ? options.out : join(options.out, `core${core}`);
      await makeFolder(folder);
      await writeOutputs(folder, tensors, own);
    }
    const library = each[core]?.library;
    if (library !== undefined) reportChecks(library, tensors, own);
  }
  found();
}

const secondsText = (ms: number): string => `${(ms / 1000).toPrecision(3)} s`;

function reportChecks(library: OpenedLibrary, tensors: readonly HbmTensor[], outputs: Codes): void {
  const clear = passingLine(process.stderr, 'computing the same in float64', 0);
  const checks = checkOutputs(library, tensors, outputs);
  clear();
  console.log(`\n${checksText(checks)}`);
  if ([...checks.values()].some(({ wrong }) => wrong > 0)) process.exitCode = 1;
}

/** Most steps of a run, where none are told (docs/stepping.md). */
const STEPS_BUDGET = 10_000_000;

/**
 * To the end, or to where --until stops it, unless it fails or is interrupted; there --show looks into it. `others` are the inputs of
 * further cores.
 */
async function ran(
  executor: Executor,
  program: Program,
  codes: Codes,
  { until, show = [], budget = STEPS_BUDGET }: RunCommandOptions,
  others: readonly Codes[],
): Promise<Executed> {
  const interrupt = interruptOnce();
  const line = stageLine(process.stderr, { run: 'running' });
  const how: Omit<ExecutorOptions, 'until' | 'look'> = {
    budget,
    others,
    signal: interrupt.signal,
    onProgress: ({ steps, total }) => {
      line.update({ stage: 'run', ...(total !== undefined && { share: steps / total }) });
    },
  };
  const look = async (run: SteppedRun): Promise<void> => {
    line.clear();
    for (const what of show) console.log(`${String(await shown(run, what))}\n`);
  };
  try {
    return await executor.run(program, codes, { ...how, until, look });
  } finally {
    line.clear();
    interrupt.release();
    if (interrupt.signal.aborted) process.exitCode = 130;
  }
}
