/** The `systole` command. A user's mistake is one message and exit code 2; anything else shows its stack trace. */
import { Command, CommanderError } from 'commander';
import { SYSTOLE } from '../../bench/environment';
import { UserError } from '../numerics';
import { addBench } from './bench';
import { addCheck } from './check';
import { addCompare } from './compare';
import { addDevices } from './devices';
import { addIdentify } from './identify';
import { addPage } from './page';
import { addPlan } from './plan';
import { addRun } from './run';
import { addTime } from './time';
import { addTune } from './tune';
import { addVerify } from './verify';

const USER_ERROR = 2;
/** Nobody's mistake, and no fault of this program: the message says it all. */
const TOLD_PLAINLY: readonly string[] = ['DeviceLostError', 'PageError'];

async function main(): Promise<void> {
  const program = new Command('systole')
    .description(
      'Runs tensor programs the way AWS Trainium runs them, on any WebGPU adapter, every bit proved.',
    )
    .version(`${SYSTOLE.version} (${SYSTOLE.revision})`)
    .exitOverride();
  addBench(program);
  addPlan(program);
  addCheck(program);
  addRun(program);
  addVerify(program);
  addTime(program);
  addDevices(program);
  addTune(program);
  addIdentify(program);
  addCompare(program);
  addPage(program);
  await program.parseAsync();
}

function fail(message: string, code: number): void {
  console.error(`error: ${message}`);
  process.exitCode = code;
}

// `systole plan ... | head` closes the pipe early, which is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    fail(`cannot write the output: ${error.message}`, 1);
    process.exit();
  });
}

try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USER_ERROR; // commander has printed its message
  } else if (error instanceof UserError) {
    fail(error.message, USER_ERROR);
  } else if (error instanceof Error && TOLD_PLAINLY.includes(error.name)) {
    fail(error.message, 1);
  } else {
    throw error;
  }
}
