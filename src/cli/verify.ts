/** `systole verify FILE`: what is wrong with a Program, or with the Program that a kernel makes, before it runs. */
import type { Command } from 'commander';
import { CHIP_NAMES, parseChip, type ChipName } from '../chip';
import { UserError } from '../numerics';
import type { Program } from '../program';
import { summaryText, verdictText, verifyProgram } from '../verify';
import { isKernelFile } from './kernel-file';
import { integerFrom, seconds } from './options';
import { parseInput } from './program-inputs';
import { openProgram, readProgram } from './program-source';

interface VerifyCommandOptions {
  readonly chip?: ChipName;
  readonly kernel?: string;
  readonly limit: number;
  readonly json?: true;
  readonly timeLimit: number;
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description(
      'say what is wrong with a kernel or a Program before it runs (docs/errors.md lists the rules)',
    )
    .argument('<file>', 'a Program as JSON or text, or a kernel in TypeScript or JavaScript')
    .argument('[inputs...]', 'of a kernel: name=random:128x512:bf16 or name=FILE.npy; in order without names')
    .option(
      '--chip <name>',
      `${CHIP_NAMES.join(', ')} (default: the Program’s own, trn2 for a kernel)`,
      parseChip,
    )
    .option('--kernel <name>', 'which kernel of the file')
    .option('--limit <count>', 'most findings that are listed', integerFrom(1, '--limit'), 100)
    .option('--json', 'print the verdict as JSON')
    .option('--time-limit <seconds>', 'for the kernel to return', seconds('--time-limit'), 60)
    .addHelpText(
      'after',
      `
Exit code: 0 sound, 1 errors found, 2 the file cannot be used.

Examples:
  systole plan 256 512 300 --program --json > program.json && systole verify program.json --chip trn1
  systole verify softmax.ts x=random:300x512:bf16`,
    )
    .action(async (path: string, inputs: readonly string[], options: VerifyCommandOptions) => {
      const { chip, limit, json } = options;
      const verdict = verifyProgram(await programOf(path, inputs, options), { limit, ...(chip && { chip }) });
      if (json) console.log(JSON.stringify(verdict, null, 2));
      else console.log([verdictText(verdict.findings), summaryText(verdict)].filter(Boolean).join('\n\n'));
      if (!verdict.sound) process.exitCode = 1;
    });
}

async function programOf(
  path: string,
  inputs: readonly string[],
  { chip, kernel, timeLimit }: VerifyCommandOptions,
): Promise<Program> {
  if (isKernelFile(path)) {
    const request = {
      path,
      inputs: inputs.map(parseInput),
      chip,
      kernel,
      limitSeconds: timeLimit,
      seed: undefined,
    };
    return (await openProgram(request)).program;
  }
  if (inputs.length > 0 || kernel !== undefined) {
    throw new UserError(`${path} is a Program, which takes no inputs and no --kernel here: leave them out.`);
  }
  return readProgram(path);
}
