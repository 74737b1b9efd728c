/**
 * Follows a Program in its order, without values: what each instruction reads, writes and accumulates. Loops whose bounds are
 * known are followed turn by turn, within a budget. Of other loops the body is followed twice, with registers that may be
 * anything within their bounds; accesses through them may be to any of their bytes, and nothing is reported that only some of
 * those would break.
 */
import type { Chip } from '../chip';
import { accessedParts } from '../isa';
import { bytesOf, isLoop, writesOf } from '../program';
import type { ForLoop, Instruction, Loop, Pattern, Program, ProgramNode, WhileLoop } from '../program';
import { Accumulators } from './accumulators';
import { Banks } from './banks';
import { Contents, subjectOf, type Access, type Effect } from './contents';
import { boxesBetween, boxesCovered, bytesCovered, type Box } from './extent';
import type { Findings, Subject } from './finding';
import { Generators } from './generators';
import type { Home } from './homes';
import { Registers, registersSet, type Range } from './registers';
import { isIndexed, isMatmul, leavesSome, movesCodes } from './traits';

export class Walk {
  readonly contents: Contents;
  readonly #registers: Registers;
  readonly #accumulators: Accumulators;
  readonly #generators: Generators;
  readonly #banks: Banks;
  readonly #findings: Findings;
  /** Instructions that loops may still execute one by one. */
  #budget: number;
  /** In the body of a loop whose turns are not known. */
  #inUnknown = false;

  constructor(program: Program, chip: Chip, findings: Findings, budget: number) {
    this.#findings = findings;
    this.#budget = budget;
    this.contents = new Contents(program, chip, findings);
    this.#registers = new Registers(findings);
    this.#accumulators = new Accumulators(findings);
    this.#generators = new Generators(findings);
    this.#banks = new Banks(chip, findings);
  }

  run(nodes: readonly ProgramNode[]): void {
    this.#nodes(nodes);
    this.#accumulators.finish();
    this.contents.finish();
  }

  #nodes(nodes: readonly ProgramNode[]): void {
    for (const node of nodes) {
      if (!isLoop(node)) this.#instruction(node);
      else if (node.loop === 'fori') this.#fori(node);
      else this.#while(node);
    }
  }

  #fori(loop: ForLoop): void {
    const { id, at, register, step, body } = loop;
    const subject = { id, opcode: 'fori', at };
    const lower = this.#registers.scalar(loop.lower, subject);
    const upper = this.#registers.scalar(loop.upper, subject);
    const turns = Math.max(Math.ceil((upper.high - lower.low) / step), 0);
    const known = lower.low === lower.high && upper.low === upper.high;
    if (known && this.#afford(turns, body)) {
      for (let turn = 0; turn < turns; turn++) {
        this.#registers.set(register, lower.low + turn * step);
        this.#knownTurn(body);
      }
    } else if (turns > 0) {
      const high = known ? lower.low + (turns - 1) * step : upper.high - 1;
      this.#anyTurn(body, () => {
        this.#registers.set(register, lower.low, high);
      });
    }
  }

  #while(loop: WhileLoop): void {
    const { id, at, register, body } = loop;
    const subject: Subject = { id, opcode: 'while', at };
    const changes = registersSet(body).has(register);
    for (;;) {
      const { low, high } = this.#registers.valueOf(register, subject);
      if (low === 0 && high === 0) return;
      if (!changes) {
        const holds = low === high ? `which holds ${low}` : 'which may not be zero';
        this.#findings.add(
          'SYS603',
          subject,
          `a body that sets register "${register}"`,
          `a body that leaves it, ${holds}`,
        );
      }
      if (!changes || low !== high || !this.#afford(1, body)) break;
      this.#knownTurn(body);
    }
    this.#anyTurn(body, () => undefined);
    this.#registers.forget(register);
  }

  #knownTurn(body: Loop['body']): void {
    const { turns } = this.contents;
    if (turns === 'once') this.contents.turns = 'known';
    this.#nodes(body);
    this.contents.turns = turns;
  }

  #afford(turns: number, body: Loop['body']): boolean {
    const cost = turns * sizeOf(body);
    if (cost > this.#budget) return false;
    this.#budget -= cost;
    return true;
  }

  /**
   * The body of a loop whose turns are not known: twice, so that each part follows every other. Such loops within it have one turn
   * in each of the two, so that the work does not double with their depth.
   */
  #anyTurn(body: Loop['body'], enter: () => void): void {
    for (const name of registersSet(body)) this.#registers.forget(name);
    const turns = this.#inUnknown ? 1 : 2;
    const before = this.#inUnknown;
    this.#inUnknown = true;
    const outside = this.contents.turns;
    this.contents.turns = 'unknown';
    for (let turn = 0; turn < turns; turn++) {
      enter();
      this.#nodes(body);
    }
    this.#inUnknown = before;
    this.contents.turns = outside;
  }

  #instruction(instruction: Instruction): void {
    const { sources, dst, results } = instruction;
    const multiplied = isMatmul(instruction);
    const effect = this.contents.begin(instruction, multiplied ? 'sum' : 'other');
    const patterns: Readonly<Record<string, Pattern | undefined>> = sources;
    for (const operand in patterns) {
      const pattern = patterns[operand];
      if (pattern === undefined) continue;
      if (pattern.index !== undefined) this.#readIndex(instruction, operand, pattern.index);
      const access = this.#access(instruction, operand, pattern);
      if (access)
        this.contents.read(access, { codes: movesCodes(instruction, operand, access.pattern), multiplied });
    }
    if (dst?.index !== undefined) this.#readIndex(instruction, 'dst', dst.index);
    this.#setRegisters(instruction);
    if (this.#accumulators.execute(instruction)) effect.needed = true;
    this.#generators.execute(instruction);
    const leaves = leavesSome(instruction);
    if (dst !== undefined && results === undefined) this.#write(instruction, 'dst', dst, effect, leaves);
    else
      for (const { name, pattern } of writesOf(instruction))
        this.#write(instruction, name, pattern, effect, leaves);
    this.contents.end(effect);
  }

  /** What chooses the elements of an operand is read too. */
  #readIndex(instruction: Instruction, operand: string, index: Pattern): void {
    const access = this.#access(instruction, `${operand}.index`, index);
    if (access) this.contents.read(access, { codes: false, multiplied: false });
  }

  #setRegisters(instruction: Instruction): void {
    const { opcode, attributes } = instruction;
    if (opcode === 'register_load') this.#registers.forget(attributes.register);
    if (opcode === 'register_store') this.#registers.valueOf(attributes.register, subjectOf(instruction));
    if (opcode !== 'register_move') return;
    const { register, value, from } = attributes;
    const { low, high } =
      from === undefined
        ? { low: value ?? 0, high: value ?? 0 }
        : this.#registers.valueOf(from, subjectOf(instruction));
    this.#registers.set(register, low, high);
  }

  #write(instruction: Instruction, operand: string, pattern: Pattern, effect: Effect, leaves: boolean): void {
    const access = this.#access(instruction, operand, pattern);
    if (access === undefined) return;
    if (instruction.engine === 'tensor' && pattern.space === 'psum')
      this.#accumulate(instruction, access, effect);
    this.contents.write(access, effect, leaves);
  }

  /** The Tensor engine writes to PSUM: it continues a group, or starts one. */
  #accumulate(instruction: Instruction, access: Access, effect: Effect): void {
    const adds = isMatmul(instruction) && instruction.attributes.accumulate;
    const group = adds ? this.contents.continue(access) : 0;
    if (!access.exact) this.#banks.forget();
    else if (group === 0) effect.group = this.#banks.start(access);
    else {
      effect.group = group;
      this.#banks.continue(access, group);
    }
  }

  /** An operand's place in memory, or undefined, with a finding, where it has none. */
  #access(instruction: Instruction, operand: string, pattern: Pattern): Access | undefined {
    const home = this.contents.homes.get(pattern.tensor);
    if (home?.tensor.space !== pattern.space) {
      const subject = subjectOf(instruction, operand);
      const received = home === undefined ? 'no tensor of that name' : `a tensor in ${home.tensor.space}`;
      this.#findings.add('SYS201', subject, `a tensor "${pattern.tensor}" in ${pattern.space}`, received);
      return undefined;
    }
    const offsets =
      pattern.registers === undefined
        ? { low: pattern.offset, high: pattern.offset }
        : this.#registers.offsetsOf(pattern, subjectOf(instruction, operand));
    const indexed = isIndexed(instruction, operand, pattern);
    const span = spanOf(pattern, offsets, indexed);
    this.#checkBounds(instruction, operand, pattern, span, home);
    const exact = !indexed && offsets.low === offsets.high;
    const boxes = exact
      ? partBoxes(pattern, accessedParts(instruction, operand), offsets.low, home)
      : anyBoxes(pattern, indexed ? EVERYWHERE : span, home);
    if (boxes !== undefined) return { instruction, operand, pattern, home, boxes, exact };
    this.contents.forgo(home);
    return undefined;
  }

  #checkBounds(
    instruction: Instruction,
    operand: string,
    pattern: Pattern,
    { low, high }: Range,
    { tensor, bytes }: Home,
  ): void {
    const elements = Math.floor(bytes / bytesOf(pattern.dtype));
    if (tensor.space !== 'hbm' && pattern.space !== 'hbm') {
      const end = tensor.partition + tensor.partitions;
      if (pattern.partition < tensor.partition || pattern.partition + pattern.partitions > end) {
        this.#findings.add(
          'SYS202',
          subjectOf(instruction, operand),
          `partitions within ${tensor.partition}..${end - 1} of "${tensor.name}"`,
          `partitions ${pattern.partition}..${pattern.partition + pattern.partitions - 1}`,
        );
      }
    }
    if ((low >= 0 || low === -Infinity) && (high < elements || high === Infinity)) return;
    this.#findings.add(
      'SYS202',
      subjectOf(instruction, operand),
      `elements within 0..${elements - 1} of "${tensor.name}" as ${pattern.dtype}`,
      `elements ${low}..${high}`,
    );
  }
}

/** Instructions of nodes, those of loops twice: what a turn takes at most before loops within take from the budget themselves. */
function sizeOf(nodes: readonly ProgramNode[]): number {
  return nodes.reduce((sum, node) => sum + (isLoop(node) ? 2 * sizeOf(node.body) + 1 : 1), 1);
}

const EVERYWHERE: Range = { low: -Infinity, high: Infinity };

/** The lowest and the highest element. Indices replace the outermost dimension, so that it is left out. */
function spanOf({ dims }: Pattern, offsets: Range, indexed: boolean): Range {
  let { low, high } = offsets;
  for (let index = indexed ? 1 : 0; index < dims.length; index++) {
    const [stride, count] = dims[index] ?? [0, 1];
    if (stride > 0) high += stride * (count - 1);
    else low += stride * (count - 1);
  }
  return { low, high };
}

/** The boxes of a pattern that starts at `offset`, or of some parts of it; undefined when they are too many pieces. */
function partBoxes(
  whole: Pattern,
  parts: readonly Pattern[] | undefined,
  offset: number,
  home: Home,
): readonly Box[] | undefined {
  if (parts === undefined) return exactBoxes(whole, offset, home);
  const boxes: Box[] = [];
  for (const part of parts) {
    const own = exactBoxes(part, offset + part.offset - whole.offset, home);
    if (own === undefined) return undefined;
    boxes.push(...own);
  }
  return boxes;
}

function exactBoxes(pattern: Pattern, offset: number, { column, pitch }: Home): readonly Box[] | undefined {
  const width = bytesOf(pattern.dtype);
  if (pattern.space === 'hbm') return boxesCovered(offset, pattern.dims, width, pitch);
  const columns = bytesCovered(offset, pattern.dims, width);
  if (columns === undefined) return undefined;
  const rows = [pattern.partition, pattern.partition + pattern.partitions];
  return [{ rows, columns: column === 0 ? columns : columns.map((byte) => byte + column) }];
}

/** All bytes between two elements, as far as the tensor goes. */
function anyBoxes(pattern: Pattern, { low, high }: Range, { bytes, column, pitch }: Home): readonly Box[] {
  const width = bytesOf(pattern.dtype);
  const [start, end] = [Math.max(low * width, 0), Math.min((high + 1) * width, bytes)];
  if (pattern.space === 'hbm') return boxesBetween(start, end, pitch);
  const rows = [pattern.partition, pattern.partition + pattern.partitions];
  return start < end ? [{ rows, columns: [column + start, column + end] }] : [];
}
