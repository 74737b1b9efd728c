/** A Program from wherever the user has it: a kernel file that is traced on inputs, or a Program as JSON or as text. */
import { readFile } from 'node:fs/promises';
import { fileProblem } from '../../bench/node/file-problem';
import type { CodedArray } from '../../bench/weights';
import type { ChipName } from '../chip';
import { UserError } from '../numerics';
import { fromJSON, hbmTensors, parseProgram, type Program } from '../program';
import { isKernelFile, openKernel } from './kernel-file';
import {
  assignInputs,
  readKernelInputs,
  readProgramInputs,
  shapesOf,
  type InputArgument,
} from './program-inputs';

export interface ProgramRequest {
  readonly path: string;
  readonly inputs: readonly InputArgument[];
  /** What a kernel is traced for; a Program says its own. */
  readonly chip?: ChipName | undefined;
  readonly kernel?: string | undefined;
  readonly budget?: number | undefined;
  readonly limitSeconds: number;
  /** Undefined where no values are asked for: then random inputs have none, and a Program takes no inputs. */
  readonly seed: number | undefined;
}

export interface OpenedProgram {
  readonly program: Program;
  readonly inputs: ReadonlyMap<string, CodedArray>;
  /** How messages call it. */
  readonly what: string;
}

/** @throws UserError for a file that is neither, and for inputs that do not fit. */
export async function openProgram(request: ProgramRequest): Promise<OpenedProgram> {
  return isKernelFile(request.path) ? fromKernel(request) : fromProgram(request);
}

async function fromKernel({
  path,
  inputs,
  chip = 'trn2',
  seed,
  budget,
  ...how
}: ProgramRequest): Promise<OpenedProgram> {
  const kernel = await openKernel(path, { name: how.kernel, limitSeconds: how.limitSeconds });
  try {
    const what = `Kernel ${kernel.kernel}`;
    const read = await readKernelInputs(assignInputs(what, kernel.inputs, inputs), seed);
    const program = await kernel.trace({
      chip,
      inputs: shapesOf(read),
      ...(budget !== undefined && { budget }),
    });
    return { program, inputs: read, what };
  } finally {
    await kernel.close();
  }
}

async function fromProgram({ path, inputs, chip, kernel, seed }: ProgramRequest): Promise<OpenedProgram> {
  if (kernel !== undefined)
    throw new UserError(`--kernel chooses among those of a kernel file; ${path} is a Program.`);
  const program = await readProgram(path);
  if (chip !== undefined && chip !== program.chip) {
    throw new UserError(
      `${path} is a Program for ${program.chip}, --chip says ${chip}: leave it out, or make it again.`,
    );
  }
  const what = `Program ${path}`;
  if (seed === undefined) {
    if (inputs.length === 0) return { program, inputs: new Map(), what };
    throw new UserError(`${path} is a Program, which takes no inputs here: leave them out.`);
  }
  const names = hbmTensors(program, 'input').map(({ name }) => name);
  return { program, inputs: await readProgramInputs(program, assignInputs(what, names, inputs), seed), what };
}

/** @throws UserError with the place of the mistake for what is no Program. */
export async function readProgram(path: string): Promise<Program> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read ${path}: ${fileProblem(error)}.`);
  });
  if (!/^\s*\{/.test(text)) return parseProgram(text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${path} is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return fromJSON(json);
}
