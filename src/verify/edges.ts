/**
 * Edges that authors added (`after` of an instruction): each names an instruction that it can wait for, and they make no circle.
 * An edge becomes a wait on a semaphore that happens whenever the instruction runs, so none leads into or out of a loop over a
 * register, except from before it (nki.isa.NkiInstruction.depends_on). Circles that take operands or queues besides edges are found
 * by timing (src/time).
 */
import { instructionsOf, isLoop } from '../program';
import type { Instruction, Loop, ProgramNode } from '../program';
import type { Findings } from './finding';

/** The Program, or a loop's body. */
interface Body {
  readonly loop?: Loop;
  readonly outer?: Body;
}

interface Place {
  readonly node: ProgramNode;
  readonly body: Body;
}

/** Edges of a circle that a finding shows. */
const SHOWN = 8;

export function checkEdges(nodes: readonly ProgramNode[], findings: Findings): void {
  const instructions = [...instructionsOf(nodes)];
  if (!instructions.some(({ after }) => after !== undefined)) return;
  const places = placesOf(nodes);
  const legal = instructions.map((instruction) =>
    (instruction.after ?? []).flatMap((id, index): readonly Instruction[] => {
      const [producer, received] = producerOf(instruction, id, places);
      if (received === undefined) return [producer];
      const { id: own, opcode, at } = instruction;
      const subject = { id: own, opcode, at, operand: `after[${index}]` };
      findings.add('SYS108', subject, 'another instruction of the same body or of one around it', received);
      return [];
    }),
  );
  checkCircles(instructions, legal, findings);
}

/** Where every node lies; of an id that is there twice, the first. */
function placesOf(nodes: readonly ProgramNode[]): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>();
  const visit = (inside: readonly ProgramNode[], body: Body) => {
    for (const node of inside) {
      if (!places.has(node.id)) places.set(node.id, { node, body });
      if (isLoop(node)) visit(node.body, { loop: node, outer: body });
    }
  };
  visit(nodes, {});
  return places;
}

/** The instruction that an edge names, or why it cannot be waited for. */
function producerOf(
  { id: own }: Instruction,
  id: string,
  places: ReadonlyMap<string, Place>,
): readonly [Instruction, undefined] | readonly [undefined, string] {
  const found = places.get(id);
  if (found === undefined) return [undefined, `"${id}", which no instruction is called`];
  if (id === own) return [undefined, `"${id}", which is the instruction itself`];
  const { node, body } = found;
  if (isLoop(node)) return [undefined, `"${id}", which is a loop`];
  for (let around = places.get(own)?.body; around !== undefined; around = around.outer) {
    if (around === body) return [node, undefined];
  }
  return [undefined, `"${id}" in loop "${body.loop?.id ?? ''}", in which this instruction is not`];
}

/** An instruction with edges, on the walk along them. */
interface Step {
  readonly instruction: Instruction;
  readonly producers: readonly Instruction[];
  /** How many of its producers were walked to. */
  followed: number;
  /** Its place on the path, -1 before it is there and after. */
  depth: number;
}

/** Walks along edges: one that leads to where the path has been closes a circle. No recursion, since edges make chains as long as Programs. */
function checkCircles(
  instructions: readonly Instruction[],
  edges: readonly (readonly Instruction[])[],
  findings: Findings,
): void {
  const steps = new Map<Instruction, Step>();
  for (const [index, instruction] of instructions.entries()) {
    const producers = edges[index] ?? [];
    if (producers.length > 0) steps.set(instruction, { instruction, producers, followed: 0, depth: -1 });
  }
  const path: Step[] = [];
  const enter = (step: Step) => {
    step.depth = path.length;
    path.push(step);
  };
  for (const first of steps.values()) {
    if (first.followed === 0) enter(first);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const producer = step.producers[step.followed++];
      if (producer === undefined) {
        step.depth = -1;
        path.pop();
        continue;
      }
      const next = steps.get(producer);
      if (next === undefined) continue;
      if (next.depth >= 0) tellCircle(path, next, findings);
      else if (next.followed === 0) enter(next);
    }
  }
}

/** The circle from `start` along the path, whose end comes after `start` again. */
function tellCircle(path: readonly Step[], start: Step, findings: Findings): void {
  const { id, opcode, at } = start.instruction;
  const length = path.length - start.depth;
  const shown = path.slice(start.depth, start.depth + SHOWN + 1).map((step) => step.instruction.id);
  const edges = shown.slice(0, SHOWN).map((consumer, index) => `${consumer} after ${shown[index + 1] ?? id}`);
  const more = length > SHOWN ? ` and ${length - SHOWN} more, back to ${id}` : '';
  findings.add('SYS109', { id, opcode, at }, 'edges that some order keeps', `${edges.join(', ')}${more}`);
}
