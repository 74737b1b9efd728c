/** What the instructions of a run read, so that two orders of one Program can be held against each other. */
import { startProgram } from '../../src/execute/reference';
import { accessedParts } from '../../src/isa';
import type { CodeArray } from '../../src/numerics';
import { hbmTensors, isLoop } from '../../src/program';
import type { Instruction, Pattern, Program } from '../../src/program';

/** By instruction: the codes of its sources, execution after execution; by tensor in HBM: what it holds in the end. */
export type Trail = ReadonlyMap<string, readonly CodeArray[]>;

/** Instructions that read what they write. */
const adds = ({ attributes }: Instruction) => 'accumulate' in attributes && attributes.accumulate;

function* readBy(instruction: Instruction): Generator<Pattern> {
  const sources: Readonly<Record<string, Pattern | undefined>> = instruction.sources;
  for (const [name, pattern] of Object.entries(sources)) {
    if (pattern === undefined) continue;
    // An index in SBUF decides which elements are read.
    const parts = accessedParts(instruction, name);
    if (pattern.index !== undefined) yield pattern.index;
    else yield* parts ?? [pattern];
  }
  if (instruction.dst?.index !== undefined) yield instruction.dst.index;
  if (instruction.dst !== undefined && adds(instruction)) yield instruction.dst;
}

/** The trail of a run to its end, or the message with which it stopped. */
export function trailOf(program: Program, inputs: Readonly<Record<string, CodeArray>>): Trail | string {
  const run = startProgram(program, inputs);
  const trail = new Map<string, CodeArray[]>();
  const note = (key: string, codes: CodeArray) => {
    const told = trail.get(key) ?? [];
    trail.set(key, told);
    told.push(codes);
  };
  try {
    for (let { position } = run; position !== undefined; { position } = run) {
      const { node } = position;
      if (!isLoop(node)) for (const pattern of readBy(node)) note(node.id, run.read(pattern).codes);
      run.step();
    }
  } catch (error) {
    return String(error);
  }
  for (const role of ['output', 'scratch'] as const) {
    for (const { name } of hbmTensors(program, role)) note(`the end of ${name}`, run.read(name).codes);
  }
  return trail;
}

/** The first thing in which two trails differ, in words; undefined where they are the same. */
export function differenceOf(expected: Trail, received: Trail | string): string | undefined {
  if (typeof received === 'string') return received;
  for (const [key, wanted] of expected) {
    const got = received.get(key) ?? [];
    if (got.length !== wanted.length)
      return `${key}: ${wanted.length} times expected, ${got.length} received`;
    for (const [time, codes] of wanted.entries()) {
      const others = got[time];
      const at = codes.findIndex((code, index) => code !== others?.[index]);
      if (at >= 0)
        return `${key}, time ${time}, element ${at}: expected ${codes[at] ?? ''}, received ${others?.[at] ?? ''}`;
    }
  }
  return expected.size === received.size
    ? undefined
    : `${expected.size} keys expected, ${received.size} received`;
}
