/** What every executor asks of a Program and its inputs before anything runs. */
import { programProblem } from '../../isa';
import { codeArray, UserError } from '../../numerics';
import type { CodeArray } from '../../numerics';
import { elementsOf, hbmTensors, isLoop } from '../../program';
import type { Program, ProgramNode } from '../../program';
import { checkMemory } from './memory';
import { whole } from './view';

export interface RunOptions {
  /** Most steps: instructions executed, and tests of whether a loop goes on. 10,000,000 unless said otherwise. */
  readonly budget?: number;
}

const DEFAULT_BUDGET = 10_000_000;

/** Programs are plain data that nobody changes: each is held against the rules once. */
const legal = new WeakSet<Program>();

function checkLegal(program: Program): void {
  if (legal.has(program)) return;
  const problem = programProblem(program);
  if (problem !== undefined) throw new UserError(problem);
  legal.add(program);
}

/** Instructions and loops of a Program's text: as many steps, at least, as it takes when every loop has a turn. */
function nodesOf(nodes: readonly ProgramNode[]): number {
  return nodes.reduce((sum, node) => sum + 1 + (isLoop(node) ? nodesOf(node.body) : 0), 0);
}

/** Untyped callers may hand over anything. */
function checkForm(program: unknown): void {
  const given = (typeof program === 'object' ? program : null) as Partial<Program> | null;
  if (Array.isArray(given?.tensors) && Array.isArray(given.instructions) && given.chip !== undefined) return;
  const received = program === null ? 'null' : typeof program;
  throw new UserError(
    `A Program is an object of chip, tensors and instructions, received ${received === 'object' ? 'another object' : received}. Make one by trace(), by parseProgram() of its text, or by fromJSON() of its JSON.`,
  );
}

function checkSize(program: Program, budget: number): void {
  if (!(budget >= 1)) throw new UserError(`A budget is at least 1 step, received ${budget}.`);
  const nodes = nodesOf(program.instructions);
  if (nodes > budget) {
    throw new UserError(
      `The Program has ${nodes} instructions and loops; a run may take ${budget} steps. Run a smaller problem, or raise the budget.`,
    );
  }
  checkMemory(program);
}

/** @throws UserError for inputs that the Program does not take, or not so. */
export function checkInputs(program: Program, given: Readonly<Record<string, CodeArray>>): void {
  const inputs = hbmTensors(program, 'input');
  const unknown = Object.keys(given).find((name) => !inputs.some((tensor) => tensor.name === name));
  if (unknown !== undefined) {
    const names = inputs.map((tensor) => tensor.name).join(', ');
    throw new UserError(`The Program has no input "${unknown}": it takes ${names}.`);
  }
  for (const tensor of inputs) {
    const elements = elementsOf(whole(tensor));
    const codes = given[tensor.name];
    const kind = codeArray(tensor.dtype, 0).constructor.name;
    if (codes?.length !== elements || codes.constructor.name !== kind) {
      const received = codes ? `${codes.constructor.name} of ${codes.length}` : 'nothing';
      throw new UserError(
        `Input "${tensor.name}" is ${elements} ${tensor.dtype} codes ([${tensor.shape.join(', ')}]) in a ${kind}, received ${received}. Make codes of numbers with encodeArray().`,
      );
    }
  }
}

/**
 * Holds a Program against the rules and the chip; returns the budget of steps.
 *
 * @throws UserError for an illegal instruction, or a Program too large.
 */
export function admitProgram(program: Program, { budget = DEFAULT_BUDGET }: RunOptions): number {
  checkForm(program);
  checkSize(program, budget);
  checkLegal(program);
  return budget;
}

/** The same, and its inputs against the Program. @throws UserError for a wrong input, too. */
export function admit(
  program: Program,
  inputs: Readonly<Record<string, CodeArray>>,
  options: RunOptions,
): number {
  const budget = admitProgram(program, options);
  checkInputs(program, inputs);
  return budget;
}
