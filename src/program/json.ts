/**
 * A Program as JSON and back. Reading checks the form of everything, so that a Program edited by hand fails here with the path
 * of the mistake: `program.instructions[12].sources.data.dims[0]`.
 */
import { integer, itemsOf, listOf, object, oneOf, wrong, type Check } from './check';
import { FORMS, type Form } from './forms';
import { requireCount, requireDepth } from './limits';
import { chipName, node, requireAgreement, tensor } from './structure';
import type { Instruction, Program, ProgramNode } from './types';
import { isLoop } from './walk';

const FORMAT = 'systole program';
const VERSION = 2;

const file = object<ProgramFile>({
  format: oneOf(FORMAT),
  version: integer as Check<typeof VERSION>,
  chip: chipName,
  tensors: listOf(tensor),
  instructions: listOf(node),
});

/** A Program as JSON has it. */
export interface ProgramFile extends Program {
  readonly format: typeof FORMAT;
  readonly version: typeof VERSION;
}

/** The Program as a JSON value, with its format's name and version; `fromJSON` gives back an equal Program. */
export function toJSON({ chip, tensors, instructions }: Program): ProgramFile {
  return { format: FORMAT, version: VERSION, chip, tensors, instructions: instructions.map(nodeToJSON) };
}

function nodeToJSON(each: ProgramNode): ProgramNode {
  return isLoop(each)
    ? { ...each, body: each.body.map(nodeToJSON) }
    : ({ ...each, attributes: encodeAttributes(each) } as ProgramNode);
}

/** Attributes, in the order of the form, as JSON and text can hold them: neither has infinities, NaN or -0. */
export function encodeAttributes({ opcode, attributes }: Instruction): Readonly<Record<string, unknown>> {
  const form: Form = FORMS[opcode];
  const values: Readonly<Record<string, unknown>> = attributes;
  const encoded: Record<string, unknown> = {};
  for (const name in form.attributes) {
    const value = values[name];
    if (value === undefined) continue;
    const check = form.attributes[name]?.check;
    encoded[name] = check?.encode === undefined ? value : check.encode(value);
  }
  return encoded;
}

/** Instructions and loops of what nobody has checked yet: what is no list of objects is told by the check of its form. */
function countNodes(nodes: unknown, where: string, depth: number): number {
  return itemsOf(nodes).reduce((total: number, each, index) => {
    if (typeof each !== 'object' || each === null || !('body' in each)) return total + 1;
    const here = `${where}[${index}]`;
    requireDepth(depth + 1, here);
    return total + 1 + countNodes(each.body, `${here}.body`, depth + 1);
  }, 0);
}

/**
 * The Program of a JSON value, as `JSON.parse` gives it.
 *
 * @throws UserError when it has not the form of a Program, naming the path, or is larger than a Program may be.
 */
export function fromJSON(json: unknown): Program {
  if (typeof json === 'object' && json !== null && 'instructions' in json) {
    requireCount(countNodes(json.instructions, 'program.instructions', 0), 'program.instructions');
  }
  const { version, chip, tensors, instructions } = file(json, 'program');
  if ((version as number) !== VERSION) {
    throw wrong('program.version', `${VERSION}: write the Program again with this version`, version);
  }
  const program = { chip, tensors, instructions };
  requireAgreement(program, 'program');
  return program;
}
