/** Looking into Programs and changing them, for seeded faults: nothing here changes a Program in place. */
import { instructionsOf, isLoop, offsetsOf, readsOf, writesOf } from '../../src/program';
import type { Dim, Instruction, Opcode, Pattern, Program, ProgramNode, Tensor } from '../../src/program';

/** Picks one of a list, or nothing of an empty one. */
export type Pick = <T>(list: readonly T[]) => T | undefined;

/** A Program's instructions in the order of the text. */
export const orderOf = (program: Program): readonly Instruction[] => [
  ...instructionsOf(program.instructions),
];

export function ofOpcode<O extends Opcode>(
  program: Program,
  opcode: O,
): readonly Extract<Instruction, { readonly opcode: O }>[] {
  type Wanted = Extract<Instruction, { readonly opcode: O }>;
  return orderOf(program).filter((each): each is Wanted => each.opcode === opcode);
}

/** The Program with other nodes in the place of one. */
export function replace(program: Program, node: ProgramNode, by: readonly ProgramNode[]): Program {
  const within = (nodes: readonly ProgramNode[]): ProgramNode[] =>
    nodes.flatMap((each): readonly ProgramNode[] => {
      if (each === node) return by;
      return isLoop(each) ? [{ ...each, body: within(each.body) }] : [each];
    });
  return { ...program, instructions: within(program.instructions) };
}

export function withTensor(program: Program, tensor: Tensor, change: Partial<Tensor>): Program {
  return {
    ...program,
    tensors: program.tensors.map((each) => (each === tensor ? ({ ...each, ...change } as Tensor) : each)),
  };
}

/** An operand of an instruction of a Program. */
export interface Site {
  readonly instruction: Instruction;
  readonly operand: string;
  readonly pattern: Pattern;
  readonly written: boolean;
}

export function sitesOf(program: Program): readonly Site[] {
  return orderOf(program).flatMap((instruction) => [
    ...writesOf(instruction).map((site) => ({ ...site, written: true })),
    ...readsOf(instruction).map((site) => ({ ...site, written: false })),
  ].map(({ name, pattern, written }): Site => ({ instruction, operand: name, pattern, written }))); // prettier-ignore
}

/** The instruction with other patterns in the place of its operands. */
export function withPatterns(
  instruction: Instruction,
  change: (pattern: Pattern, operand: string) => Pattern,
): Instruction {
  const { dst, results, sources } = instruction;
  const changed = (pattern: Pattern, name: string): Pattern => {
    const outer = change(pattern, name);
    if (outer.index === undefined) return outer;
    return { ...outer, index: change(outer.index, `${name}.index`) } as Pattern;
  };
  const all = (operands: Readonly<Record<string, Pattern | undefined>>) =>
    Object.fromEntries(
      Object.entries(operands).map(([name, pattern]) => [name, pattern && changed(pattern, name)]),
    );
  return {
    ...instruction,
    ...(dst !== undefined && { dst: changed(dst, 'dst') }),
    ...(results !== undefined && { results: all(results) }),
    sources: all(sources),
  } as Instruction;
}

/** The Program with one operand's pattern changed. */
export function withSite(
  program: Program,
  { instruction, operand }: Site,
  change: (pattern: Pattern) => Pattern,
): Program {
  const changed = withPatterns(instruction, (pattern, name) =>
    name === operand ? change(pattern) : pattern,
  );
  return replace(program, instruction, [changed]);
}

export const lastCount = ({ dims }: Pattern): number => dims.at(-1)?.[1] ?? 1;

/** The pattern with one element fewer in its innermost dimension. */
export function shortened(pattern: Pattern): Pattern {
  const [stride, count] = pattern.dims.at(-1) ?? [1, 1];
  const last: Dim = [stride, count - 1];
  return { ...pattern, dims: [...pattern.dims.slice(0, -1), last] };
}

/** Whether two patterns are the same in all but the tensor. */
export const sameAccess = (a: Pattern, b: Pattern): boolean =>
  JSON.stringify({ ...a, tensor: '' }) === JSON.stringify({ ...b, tensor: '' });

/** The elements of a pattern, in order, each by its place in its tensor. */
export function elementsIn(pattern: Pattern): readonly string[] {
  const offsets = [...offsetsOf(pattern)];
  if (pattern.space === 'hbm') return offsets.map(String);
  return Array.from({ length: pattern.partitions }, (_, index) =>
    offsets.map((offset) => `${pattern.partition + index}.${offset}`),
  ).flat();
}

/** Where each element that an instruction writes to a tensor comes from: an element of an HBM input, or the instruction itself. */
function originsIn(program: Program, instruction: Instruction, tensor: string): ReadonlyMap<string, string> {
  const { dst, opcode, id } = instruction;
  if (opcode === 'dma_copy' && dst.tensor === tensor && dst.dtype === instruction.sources.src.dtype) {
    const { src } = instruction.sources;
    const source = program.tensors.find(({ name }) => name === src.tensor);
    if (source?.space === 'hbm' && source.role === 'input') {
      const from = elementsIn(src);
      return new Map(
        elementsIn(dst).map((element, index) => [element, `${src.tensor} ${from[index] ?? ''}`]),
      );
    }
  }
  const written = writesOf(instruction).filter(({ pattern }) => pattern.tensor === tensor);
  return new Map(
    written.flatMap(({ pattern }) => elementsIn(pattern)).map((element) => [element, `${id} ${element}`]),
  );
}

/** What each element of a pattern holds just before an instruction, by where it came from; undefined where nothing wrote it. */
export function originsBefore(
  program: Program,
  instruction: Instruction,
  pattern: Pattern,
): readonly (string | undefined)[] {
  const order = orderOf(program);
  const found = new Map<string, string>();
  const wanted = elementsIn(pattern);
  for (const earlier of order.slice(0, order.indexOf(instruction)).reverse()) {
    if (wanted.every((element) => found.has(element))) break;
    if (!writesOf(earlier).some((write) => write.pattern.tensor === pattern.tensor)) continue;
    for (const [element, origin] of originsIn(program, earlier, pattern.tensor)) {
      if (!found.has(element)) found.set(element, origin);
    }
  }
  return wanted.map((element) => found.get(element));
}
