/** Which options of `systole run` and `systole time` go with each other: none is taken and ignored. */
import type { Command } from 'commander';
import { UserError } from '../numerics';

/** What only a run has, by the names of the options' values. */
const OF_A_RUN: readonly string[] = 'until show executor browser adapter shaders cores out verify'.split(' ');

/** The options that were given, as they are written. */
function given(command: Command, idle: (name: string) => boolean): string {
  return command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .filter((option) => idle(option.attributeName()))
    .map(({ long, flags }) => long ?? flags)
    .join(', ');
}

/** @throws UserError where --list, which prints the library or one of its kernels, is given more than a name. */
export function requireListAlone(command: Command, inputs: readonly string[]): void {
  const idle = [...inputs, given(command, (name) => name !== 'list')].filter((text) => text !== '');
  if (idle.length > 0)
    throw new UserError(
      `--list prints what the library has, and runs nothing: leave ${idle.join(', ')} out.`,
    );
}

/** @throws UserError where --program is given what only a run has. */
export function requireNoRun(command: Command): void {
  const idle = given(command, (name) => OF_A_RUN.includes(name));
  if (idle !== '')
    throw new UserError(`--program prints the Program instead of running it: leave ${idle} out.`);
}

/** @throws UserError where an option that only prints something, which --json may go with, is given more. */
export function requireAlone(command: Command, option: string, inputs: readonly string[]): void {
  const idle = [...inputs, given(command, (name) => name !== option && name !== 'json')].filter(Boolean);
  if (idle.length > 0)
    throw new UserError(`--${option} times nothing that is named: leave ${idle.join(', ')} out.`);
}
