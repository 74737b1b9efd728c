/** What happens in the sandbox: the source is compiled, evaluated and traced, and the answer is a text. */
import * as builder from '../../../../src/kernel';
import type { Kernel } from '../../../../src/kernel';
import * as numerics from '../../../../src/numerics';
import { UserError } from '../../../../src/numerics';
import { toJSON } from '../../../../src/program';
import { KERNEL_LIMITS } from '../settings';
import { lineIn, LONGEST_ANSWER, SOURCE_NAME, type Answer, type SandboxRequest } from './answer';
import { compile, evaluate, SourceError, type Exports } from './compile';

/** What a kernel may import. */
export const MODULES: Readonly<Record<string, object>> = {
  'systole/kernel': builder,
  'systole/numerics': numerics,
};

/** Never throws, but for a kernel that breaks what it is run with. */
export function answerText(request: SandboxRequest): string {
  const answer = answered(request);
  const text = JSON.stringify(answer);
  if (text.length <= LONGEST_ANSWER) return text;
  return JSON.stringify({
    type: 'failed',
    message: `The Program is too long for the page, ${text.length} characters where ${LONGEST_ANSWER} are taken: make the problem smaller, or use \`systole run\`.`,
    line: null,
  } satisfies Answer);
}

function answered({ source, kernel, chip, inputs, budget }: SandboxRequest): Answer {
  try {
    const exported = evaluate(compile(source), MODULES);
    const found = chosen(exported, kernel);
    const most = KERNEL_LIMITS.inputs;
    if (found.inputs.length > most) {
      throw new UserError(
        `Kernel "${found.name}" has ${found.inputs.length} inputs, and the page runs kernels of at most ${most}: use \`systole run\`.`,
      );
    }
    const names = inputs.map(({ name }) => name);
    if ([...found.inputs].sort().join() !== [...names].sort().join()) {
      return { type: 'inputs', kernel: found.name, names: found.inputs };
    }
    const { program } = builder.trace(found, {
      chip,
      budget,
      inputs: Object.fromEntries(inputs.map(({ name, shape, dtype }) => [name, { shape, dtype }])),
      locate: inSource,
    });
    return { type: 'traced', kernel: found.name, program: toJSON(program), sizes: sizesIn(exported) };
  } catch (error) {
    return failure(error);
  }
}

function sizesIn({ sizes }: Exports): Record<string, number> {
  if (typeof sizes !== 'object' || sizes === null) return {};
  return Object.fromEntries(Object.entries(sizes).filter(([, size]) => typeof size === 'number'));
}

/** Columns are of what was compiled, and left out. */
function inSource(location: string): string {
  const line = lineIn(location);
  return line === null ? location : `${SOURCE_NAME}:${line}`;
}

function chosen(exported: Exports, wanted: string): Kernel {
  const kernels = Object.entries(exported).flatMap(([name, value]): [string, Kernel][] =>
    builder.isKernel(value) ? [[name, value]] : [],
  );
  const distinct = [...new Set(kernels.map(([, kernel]) => kernel))];
  const [only] = distinct;
  if (only === undefined) {
    throw new UserError(
      "The source exports no kernel: export default kernel('name', ['input'], (nc, { input }) => { ... }) of systole/kernel.",
    );
  }
  const named = (name: string) => kernels.find(([own, kernel]) => own === name || kernel.name === name)?.[1];
  const found = wanted === '' ? (distinct.length === 1 ? only : named('default')) : named(wanted);
  if (found !== undefined) return found;
  const names = distinct.map(({ name }) => name).join(', ');
  throw new UserError(
    wanted === ''
      ? `The source exports several kernels: choose ${names} in the field Kernel.`
      : `The source has no kernel "${wanted}": it exports ${names}.`,
  );
}

function failure(error: unknown): Answer {
  if (!(error instanceof Error)) {
    return { type: 'failed', message: `The kernel threw ${String(error)}.`, line: null };
  }
  const cause = error.cause instanceof Error ? error.cause : error;
  const line =
    error instanceof SourceError
      ? error.line
      : ((error instanceof builder.KernelError ? lineIn(error.at) : null) ?? lineIn(cause.stack));
  return { type: 'failed', message: error.message, line };
}
