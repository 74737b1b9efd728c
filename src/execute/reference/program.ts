/**
 * The reference executor of a Program: one instruction after another, over emulated memories of bytes. What was never
 * written cannot be read. Each instruction does what its entry in src/isa says, and nothing is reordered.
 */
import type { CodeArray } from '../../numerics';
import type { Program } from '../../program';
import { admit, type RunOptions } from '../program/admission';
import { ProgramRun } from './run';

/**
 * Starts a run that can be stepped through; nothing is executed yet. `inputs` are the codes of the Program's HBM inputs, by
 * name, dense and row-major.
 *
 * @throws UserError for an illegal instruction, a Program too large, or a wrong input.
 */
export function startProgram(
  program: Program,
  inputs: Readonly<Record<string, CodeArray>>,
  options: RunOptions = {},
): ProgramRun {
  return new ProgramRun(program, inputs, admit(program, inputs, options));
}

/**
 * Executes a Program. `inputs` are the codes of its HBM inputs, by name, dense and row-major; the result has those of its
 * outputs.
 *
 * @throws UserError for an illegal instruction, a Program too large, a wrong input, a spent budget, or a read of what was
 * never written, naming instruction and operand.
 */
export function runProgram(
  program: Program,
  inputs: Readonly<Record<string, CodeArray>>,
  options: RunOptions = {},
): Record<string, CodeArray> {
  return startProgram(program, inputs, options).runToEnd().outputs();
}
