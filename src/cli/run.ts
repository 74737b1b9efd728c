/** `systole run FILE`: a kernel or a Program on the reference executor, to its end or to any step, and what it holds there. */
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeAtomically } from '../../bench/node/write';
import { plainTable } from '../../bench/report/plain-table';
import { npyBytes } from '../../bench/weights';
import { parseChip, type ChipName } from '../chip';
import { startProgram, type ProgramRun, type MemoryView } from '../execute/reference';
import { decodeElements, UserError, type CodeArray } from '../numerics';
import {
  hbmTensors,
  instructionsOf,
  isLoop,
  parseProgram,
  printProgram,
  toJSON,
  type HbmTensor,
  type Pattern,
  type Program,
} from '../program';
import { findingOf, verdictText, verifyProgram } from '../verify';
import { interruptOnce } from './interrupt';
import { integerFrom, repeated, seconds } from './options';
import { passingLine } from './progress';
import { parseInput } from './program-inputs';
import { openProgram } from './program-source';

interface RunCommandOptions {
  readonly chip?: ChipName;
  readonly kernel?: string;
  readonly seed: number;
  readonly out?: string;
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
    .description('trace a kernel file, verify it, and run it on the reference executor; or run a Program')
    .argument('<file>', 'a kernel in TypeScript or JavaScript, or a Program as JSON or text')
    .argument(
      '[inputs...]',
      'name=FILE.npy, name=FILE.npy:bf16 or name=random:128x512:bf16; in order without names',
    )
    .option('--chip <name>', 'trn1, trn2 or trn3 (default: trn2)', parseChip)
    .option('--kernel <name>', 'which kernel of the file')
    .option('--seed <integer>', 'of random inputs', integerFrom(0, '--seed'), 1)
    .option('--out <folder>', 'write each output as a .npy file there')
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
    .option('--time-limit <seconds>', 'for the kernel to return', seconds('--time-limit'), 60)
    .addHelpText(
      'after',
      `
Exit code: 0 fine; 1 the verifier or the run found something wrong; 2 the kernel, Program or an input cannot be used.

Examples:
  systole run softmax.ts x.npy --out results
  systole run matmul.ts lhsT=random:256x128:bf16 rhs=random:256x512:bf16 --chip trn3
  systole run matmul.ts a.npy b.npy --until mm3 --show bank:0 --show acc
  systole run kernel.ts x.npy --program > program.txt && systole run program.txt x.npy`,
    )
    .action(runFile);
}

async function runFile(path: string, texts: readonly string[], options: RunCommandOptions): Promise<void> {
  const { chip, kernel, seed, budget, timeLimit: limitSeconds, out } = options;
  const clear = passingLine(process.stderr, 'tracing');
  const inputs = texts.map(parseInput);
  const opened = await openProgram({ path, inputs, chip, kernel, seed, budget, limitSeconds }).finally(clear);
  const { program } = opened;
  if (options.program) {
    process.stdout.write(options.json ? `${JSON.stringify(toJSON(program))}\n` : printProgram(program));
    return;
  }
  if (options.json) throw new UserError('--json prints a Program as JSON: give it with --program.');
  if (out !== undefined) await makeFolder(out);
  if (!reportFindings(program) && options.verify) {
    console.error('Not run: mend the errors above, or run it all the same with --no-verify.');
    process.exitCode = 1;
    return;
  }
  const codes = Object.fromEntries([...opened.inputs].map(([name, array]) => [name, array.codes]));
  const run = startProgram(program, codes, { ...(budget !== undefined && { budget }) });
  // Of --until, a place that there is not is the user's mistake.
  const ended = await (options.until === undefined
    ? advance(run, undefined).catch(told)
    : advance(run, options.until));
  if (ended === undefined) return;
  for (const what of options.show ?? []) console.log(`${shown(run, what).toString()}\n`);
  for (const finding of run.findings) console.error(verdictText([findingOf(finding)]));
  if (run.findings.length > 0) process.exitCode = 1;
  if (!ended) {
    console.log(standsAt(run));
    return;
  }
  const outputs = outputsOf(run);
  if (outputs === undefined) return;
  const tensors = hbmTensors(program, 'output');
  console.log(outputsTable(tensors, outputs));
  if (out === undefined) return;
  for (const { name, shape, dtype } of tensors) {
    const file = join(out, `${name}.npy`);
    await writeAtomically(file, npyBytes({ shape, dtype, codes: codesOf(outputs, name) }));
    console.log(`wrote ${file}`);
  }
}

/** One level at a time: Node's recursive mkdir never ends where the kernel says of an existing parent that it is not there (/proc). */
async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !existsSync(path); path = dirname(path)) missing.unshift(path);
  const make = async (): Promise<void> => {
    for (const path of missing) await mkdir(path);
    if (!(await stat(folder)).isDirectory()) throw new Error('it is a file');
  };
  await make().catch((error: unknown) => {
    throw new UserError(
      `Cannot make the folder ${folder}: ${error instanceof Error ? error.message : String(error)}.`,
    );
  });
}

function outputsOf(run: ProgramRun): Record<string, CodeArray> | undefined {
  try {
    return run.outputs();
  } catch (error) {
    told(error);
    return;
  }
}

/** What goes wrong in a run is no misuse of the command. */
function told(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}

/** Prints what the verifier finds; true when none of it is an error. */
function reportFindings(program: Program): boolean {
  const { findings } = verifyProgram(program);
  if (findings.length > 0) console.error(verdictText(findings));
  return findings.every(({ severity }) => severity !== 'error');
}

/** Steps between two looks at the clock, and milliseconds between two turns of the event loop. */
const STEPS = 256;
const TURN_MS = 100;

/** Runs to where it is to stop; true at the Program's end. */
async function advance(run: ProgramRun, until: string | undefined): Promise<boolean> {
  const interrupt = interruptOnce();
  const clear = passingLine(process.stderr, 'running');
  try {
    const [, id = '', time] = /^(.*?)(?::(\d+))?$/s.exec(until ?? '') ?? [];
    if (until !== undefined && /^\d+$/.test(until)) run.runTo(Number(until));
    else if (until !== undefined) run.runTo(id, time === undefined ? 1 : Number(time));
    else {
      let due = performance.now() + TURN_MS;
      while (run.step()) {
        if ((run.position?.steps ?? 0) % STEPS !== 0 || performance.now() < due) continue;
        await new Promise((resolve) => setImmediate(resolve));
        if (interrupt.signal.aborted) break;
        due = performance.now() + TURN_MS;
      }
    }
  } finally {
    clear();
    interrupt.release();
  }
  if (interrupt.signal.aborted) process.exitCode = 130;
  return run.position === undefined;
}

function standsAt(run: ProgramRun): string {
  const { position } = run;
  if (position === undefined) return 'at the end';
  const { node, steps, loops } = position;
  const turns = loops.map(
    ({ id, register, value, turn }) => `turn ${turn} of ${id} ($${register} = ${value})`,
  );
  const place = `${isLoop(node) ? `${node.loop} loop` : node.opcode} ${node.id}`;
  return `stopped after ${steps} steps, before ${place}${turns.length > 0 ? `, in ${turns.join(', ')}` : ''}${node.at === undefined ? '' : ` (${node.at})`}`;
}

function shown(run: ProgramRun, what: string): MemoryView | string {
  const [, kind, name = ''] = /^(bank|register|accumulators):(.+)$/.exec(what) ?? [];
  if (kind === 'bank') return run.bank(Number(name));
  if (kind === 'register') return `register ${name} = ${run.register(name) ?? 'never set'}`;
  if (kind === 'accumulators') return accumulatorsText(run, name);
  return run.read(what.includes(' ') ? patternOf(run.program, what) : what);
}

function accumulatorsText(run: ProgramRun, engine: string): string {
  if (engine !== 'vector' && engine !== 'scalar') {
    throw new UserError(`Accumulator registers are of vector or scalar, received "${engine}".`);
  }
  const values = Array.from(run.accumulators(engine), (value) => (Number.isNaN(value) ? '.' : String(value)));
  return `accumulators of ${engine}, by partition: ${values.join(' ')}`;
}

/** A pattern as a Program's text has it: read as the operand of an instruction. */
function patternOf(program: Program, text: string): Pattern {
  const tensors = printProgram({ ...program, instructions: [] });
  const [copy] = instructionsOf(
    parseProgram(`${tensors}shown dma dma_copy ${text} = src ${text}\n`).instructions,
  );
  if (copy?.dst === undefined)
    throw new UserError(`--show takes a pattern as docs/program.md has it, received "${text}".`);
  return copy.dst;
}

function codesOf(outputs: Readonly<Record<string, CodeArray>>, name: string): CodeArray {
  const codes = outputs[name];
  if (codes === undefined) throw new Error(`Invariant violation: output ${name} is missing`);
  return codes;
}

function outputsTable(tensors: readonly HbmTensor[], outputs: Readonly<Record<string, CodeArray>>): string {
  const rows = tensors.map(({ name, shape, dtype }) => {
    const values = decodeElements(dtype, codesOf(outputs, name));
    let [least, most, sum, odd] = [Infinity, -Infinity, 0, 0];
    for (const value of values) {
      if (Number.isFinite(value)) {
        least = Math.min(least, value);
        most = Math.max(most, value);
        sum += value;
      } else odd++;
    }
    const digits = (value: number): string => String(Number(value.toPrecision(6)));
    const number = (value: number): string => (Number.isFinite(value) ? digits(value) : '');
    const first = Array.from(values.subarray(0, 4), digits).join(' ');
    return [
      name,
      dtype,
      shape.join('x'),
      number(least),
      number(most),
      number(sum / (values.length - odd)),
      String(odd),
      first,
    ];
  });
  return plainTable(
    ['output', 'dtype', 'shape', 'least', 'most', 'mean', 'not finite', 'first'],
    ['left', 'left', 'left', 'right', 'right', 'right', 'right', 'left'],
    rows,
  );
}
