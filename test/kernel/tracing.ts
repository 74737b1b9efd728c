/** Tracing in a line or two, for tests of the builder. */
import type { ChipName } from '../../src/chip';
import { kernel, KernelError, trace, type InputSpec, type Nc } from '../../src/kernel';
import type { HbmView } from '../../src/kernel';
import { isLoop } from '../../src/program';
import type { Instruction, Opcode, Program } from '../../src/program';

export interface Setting {
  readonly chip?: ChipName;
  readonly inputs?: Readonly<Record<string, InputSpec>>;
  readonly budget?: number;
  readonly locate?: (location: string) => string;
}

export type Body<T> = (nc: Nc, inputs: Readonly<Record<string, HbmView>>) => T;

/** The Program of a kernel named "k", and what its function gave. */
export function traced<T>(
  body: Body<T>,
  { chip = 'trn2', inputs = {}, ...more }: Setting = {},
): { readonly program: Program; readonly given: T } {
  let given: { readonly value: T } | undefined;
  const made = kernel('k', Object.keys(inputs), (nc, views) => {
    given = { value: body(nc, views) };
  });
  const { program } = trace(made, { chip, inputs, ...more });
  if (given === undefined) throw new Error('The kernel was not run');
  return { program, given: given.value };
}

/** What its function gave: tensors and views can be looked at after the trace. */
export const givenBy = <T>(body: Body<T>, setting?: Setting): T => traced(body, setting).given;

/** The straight instructions of a kernel. */
export function instructionsBy(body: Body<void>, setting?: Setting): Instruction[] {
  return traced(body, setting).program.instructions.map((node) => {
    if (isLoop(node)) throw new Error('The test expects no loop');
    return node;
  });
}

/** The only instruction of this opcode. */
export function onlyBy(opcode: Opcode, body: Body<void>, setting?: Setting): Instruction {
  const found = instructionsBy(body, setting).filter((one) => one.opcode === opcode);
  const [only, ...more] = found;
  if (only === undefined || more.length > 0) throw new Error(`Expected one ${opcode}, found ${found.length}`);
  return only;
}

/** The error of a kernel that is refused. */
export function refusalOf(body: Body<unknown>, setting?: Setting): KernelError {
  try {
    traced(body, setting);
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error('The kernel was not refused');
}

/** Its rule: the message without the names of kernel and call and the place. */
export const ruleOf = (body: Body<unknown>, setting?: Setting): string => refusalOf(body, setting).rule;
