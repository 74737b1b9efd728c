/** From what is to be timed to its Program. Kernels are those of the library; what the editor made comes as a Program. */
import type { ChipName } from '../../../src/chip';
import { trace } from '../../../src/kernel';
import { sizesOf } from '../../../src/kernels/entry';
import { libraryEntry } from '../../../src/kernels/library';
import { planMatmul, planToProgram } from '../../../src/lower';
import { shortName, UserError } from '../../../src/numerics';
import { fromJSON, parseProgram, type Program } from '../../../src/program';
import type { Subject } from './protocol';

export interface Opened {
  readonly name: string;
  /** A line that says what it is. */
  readonly title: string;
  readonly program: Program;
}

/** @throws UserError for what the chip cannot do, the library has not, or is no Program. */
export function openSubject(subject: Subject, chip: ChipName): Opened {
  switch (subject.kind) {
    case 'kernel':
      return openKernel(subject, chip);
    case 'matmul':
      return openMatmul(subject, chip);
    case 'program': {
      const program = readProgram(subject.text);
      return { name: subject.name, title: `${subject.name} on ${program.chip}`, program };
    }
  }
}

function openKernel(
  { name, sizes: given, dtype }: Extract<Subject, { kind: 'kernel' }>,
  chip: ChipName,
): Opened {
  const entry = libraryEntry(name);
  requireOne(`${name} is for`, entry.chips, chip);
  requireOne(`${name} takes data of`, entry.dtypes, dtype);
  const sizes = sizesOf(entry, given);
  const inputs = entry.inputs(sizes, dtype);
  // Places in this bundle say nothing to a user.
  const { program } = trace(entry.kernel(sizes), { chip, inputs, locate: () => undefined });
  const shapes = Object.entries(inputs).map(
    ([input, spec]) => `${input} [${spec.shape.join(', ')}] ${shortName(spec.dtype)}`,
  );
  const own = Object.entries(sizes).filter(([size]) => entry.sizes[size]?.of === 'kernel');
  const parts = [...shapes, ...own.map(([size, value]) => `${size} ${value}`)];
  return { name, title: `${name} on ${chip}: ${parts.join(', ')}`, program };
}

function requireOne<T extends string>(what: string, those: readonly T[], one: T): void {
  if (those.includes(one)) return;
  throw new UserError(`${what} ${those.join(', ')}, received ${one}.`);
}

function openMatmul({ m, n, k, dtype }: Extract<Subject, { kind: 'matmul' }>, chip: ChipName): Opened {
  const plan = planMatmul({ m, n, k, a: dtype, b: dtype, chip, aLayout: 'k-major' });
  return {
    name: `matmul-${m}x${n}x${k}`,
    title: `out[${m}, ${n}] = A[${m}, ${k}] B[${k}, ${n}] on ${chip}: ${shortName(dtype)} to ${shortName(plan.out)}, A K-major, by our plan`,
    program: planToProgram(plan),
  };
}

/** @throws UserError for what is neither JSON of a Program nor its text. */
function readProgram(text: string): Program {
  if (!text.trimStart().startsWith('{')) return parseProgram(text);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UserError(`The Program is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return fromJSON(json);
}
