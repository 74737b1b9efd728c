/** The verdict on a Program: every rule of src/verify/rules.ts that can be held against it before it runs. */
import { CHIPS, type ChipName } from '../chip';
import { isLoop, readsOf, someOperand, writesOf } from '../program';
import type { Pattern, Program, ProgramNode } from '../program';
import { checkEdges } from './edges';
import { Findings, type Verdict } from './finding';
import { checkTensors } from './homes';
import { Legality } from './legality';
import { MAX_REGISTERS } from './registers';
import { Walk } from './walk';

export interface VerifyOptions {
  /** The chip to hold it against; the Program's own when left out. */
  readonly chip?: ChipName;
  /** Findings listed at most, 100 when left out; the others are counted. */
  readonly limit?: number;
  /** Instructions that loops may execute one by one in the analysis, 2^20 when left out; beyond, bodies are followed twice. */
  readonly budget?: number;
}

/**
 * Analyses a Program without running it. It need not be legal, but has the form of one: `fromJSON` sees to that. When it starts,
 * its HBM inputs are written and nothing else is.
 */
export function verifyProgram(program: Program, options: VerifyOptions = {}): Verdict {
  const { chip: name = program.chip, limit = 100, budget = 2 ** 20 } = options;
  const chip = CHIPS[name];
  const findings = new Findings(limit);
  checkTensors(program.tensors, chip, findings);
  checkNodes(program.instructions, new Legality(chip, findings), findings);
  checkEdges(program.instructions, findings);
  const walk = new Walk(program, chip, findings, budget);
  walk.run(program.instructions);
  const { list, more, errors } = findings;
  return { sound: errors === 0, findings: list, more, unfollowed: walk.contents.unfollowed };
}

/** What can be said of each instruction and loop apart from the others, and their names. */
function checkNodes(nodes: readonly ProgramNode[], legality: Legality, findings: Findings): void {
  const ids = new Set<string>();
  const registers = new Set<string>();
  const visit = (node: ProgramNode) => {
    const { id, at } = node;
    const subject = { id, opcode: isLoop(node) ? node.loop : node.opcode, at };
    if (ids.has(id)) findings.add('SYS204', subject, 'ids that differ', `a second "${id}"`);
    ids.add(id);
    for (const name of registersOf(node)) {
      registers.add(name);
      if (registers.size === MAX_REGISTERS + 1) {
        findings.add('SYS602', subject, `at most ${MAX_REGISTERS} registers`, `register "${name}", one more`);
      }
    }
    if (isLoop(node)) node.body.forEach(visit);
    else legality.check(node);
  };
  nodes.forEach(visit);
}

function registersOf(node: ProgramNode): readonly string[] {
  if (isLoop(node)) return [node.register];
  if ('register' in node.attributes) return [node.attributes.register];
  const { dst, results, sources } = node;
  const moved =
    hasRegisters(dst) ||
    someOperand(sources, hasRegisters) ||
    (results !== undefined && someOperand(results, hasRegisters));
  if (!moved) return NONE;
  return [...writesOf(node), ...readsOf(node)].flatMap(({ pattern }) =>
    (pattern.registers ?? []).map(([register]) => register),
  );
}

const NONE: readonly string[] = [];

const hasRegisters = (pattern: Pattern | undefined) => pattern?.registers !== undefined;
