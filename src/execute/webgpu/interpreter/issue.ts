/**
 * How an instruction goes to the schedule: what it reads must have been written, on every core; what codes decide is read back
 * first, and where these differ between cores, each does what its own say.
 */
import { codeOf, registerOf } from '../../../isa';
import { UserError, type CodeArray } from '../../../numerics';
import { nameOf } from '../../../program';
import type { Instruction, NamedOperand, Opcode } from '../../../program';
import type { DueInstruction } from '../../program/control';
import type { Core } from '../../program/core';
import type { Findings } from '../../program/findings';
import { outsideFault, repeatedFault } from '../../program/indirect';
import { chosenBy, INDEX, indexesOf, type Chosen } from './chosen';
import { alikeOf, CoresDifferError, onCores, parted, type CoreList, type Party } from './cores';
import type { Context } from './entry';
import { Initialised } from './initialised';
import { GPU_ISA } from './instructions';
import type { Layout } from './layout';
import type { Lowering, Report } from './lowering';
import type { Memories } from './memories';
import { placeOf } from './place';
import type { MatmulGroups } from './tensor/groups';
import type { Work } from './work';

/** What an instruction is issued to. */
export interface Units {
  readonly layout: Layout;
  /** Registers, which hold the same on every core. */
  readonly core: Core;
  /** Of each core. */
  readonly findings: readonly Findings[];
  readonly lowering: Lowering;
  readonly groups: MatmulGroups;
  readonly memories: Memories;
}

/** Cores, and the codes of the operands that the instruction's entry peeks at. */
interface Taker {
  readonly cores: CoreList;
  readonly peeked: readonly CodeArray[];
}

/** Besides, what indices choose, and which of it is written. */
interface Choosing extends Taker {
  readonly chosen: readonly Chosen[];
  readonly kept: Uint8Array | undefined;
}

export class Issue {
  readonly #units: Units;
  readonly #all: CoreList;
  #parties: readonly Party[];

  constructor(units: Units) {
    this.#units = units;
    this.#all = units.findings.map((_, core) => core);
    this.#parties = [{ cores: this.#all, initialised: new Initialised(units.layout) }];
  }

  /** What of a core's memories was ever written. */
  initialisedOf(core: number): Initialised {
    const party = this.#parties.find(({ cores }) => cores.includes(core));
    if (party === undefined) throw new Error(`Invariant violation: no core ${core}`);
    return party.initialised;
  }

  /**
   * Schedules an instruction; a promise where something has to be read back first.
   *
   * @throws UserError naming it, and the cores that met what is wrong where that are not all.
   */
  execute({ instruction, dynamic }: DueInstruction): Promise<void> | undefined {
    const resolved = dynamic ? this.#units.core.resolve(instruction) : instruction;
    const peeks = peeksOf(resolved);
    for (const { cores, initialised } of this.#parties) {
      this.#on(instruction, cores, () => {
        if (!isChosen(resolved, peeks)) initialised.check(resolved, this.#units.core);
        else for (const { name, pattern } of peeks) initialised.require(name, pattern, this.#units.core);
      });
    }
    if (peeks.length > 0) return this.#executePeeking(instruction, resolved, peeks);
    this.#on(instruction, this.#all, () => {
      this.#schedule(instruction, resolved, [{ cores: this.#all, peeked: [] }]);
    });
    return undefined;
  }

  async #executePeeking(
    instruction: Instruction,
    resolved: Instruction,
    peeks: readonly NamedOperand[],
  ): Promise<void> {
    const { memories } = this.#units;
    const peeked: (readonly CodeArray[])[] = [];
    try {
      for (const { pattern } of peeks) peeked.push(await memories.codesOf(pattern, this.#all));
    } catch (error) {
      throw this.#named(instruction, error);
    }
    const alike = alikeOf(this.#all, peeked);
    if (writesByCodes(resolved)) this.#parties = parted(this.#parties, alike.map(({ cores }) => cores)); // prettier-ignore
    const indices = indexesOf(resolved);
    const takers = alike.map(({ cores, peeked: codes }): Choosing => {
      const chosen = indices.flatMap((index, at) =>
        chosenBy(resolved, index, codes[at] ?? new Uint32Array()),
      );
      const own = codes.slice(indices.length);
      const kept = chosen.length > 0 ? keptOf(resolved, own) : undefined;
      const taker = { cores, peeked: own, chosen, kept };
      this.#on(instruction, cores, () => {
        this.#checkChosen(resolved, taker, this.#reportOf(instruction, cores));
      });
      return taker;
    });
    this.#on(instruction, this.#all, () => {
      this.#schedule(instruction, resolved, takers);
    });
    for (const { cores, chosen, kept } of takers) {
      for (const { operand, pattern, offsets } of chosen) {
        if (operand !== 'dst') continue;
        for (const { initialised } of this.#partiesOf(cores)) initialised.markAt(pattern, offsets, kept);
      }
    }
  }

  #partiesOf(cores: CoreList): readonly Party[] {
    return this.#parties.filter((party) => party.cores.some((core) => cores.includes(core)));
  }

  /** An error that `action` meets names the instruction, and the cores where that are not all. */
  #on<T>(instruction: Instruction, cores: CoreList, action: () => T): T {
    return onCores(this.#all, cores, () => {
      try {
        return action();
      } catch (error) {
        throw this.#named(instruction, error);
      }
    });
  }

  #named(instruction: Instruction, error: unknown): unknown {
    if (!(error instanceof UserError) || error.message.includes(nameOf(instruction))) return error;
    return this.#units.core.error(`: ${error.message}`);
  }

  /** Lists what an instruction shows, of the core that it is told, or of all of `cores`. */
  #reportOf(instruction: Instruction, cores: CoreList): Report {
    const { step } = this.#units.core;
    return (rule, operand, required, received, core) => {
      for (const each of core === undefined ? cores : [core]) {
        this.#units.findings[each]?.add(instruction, step, rule, operand, required, received);
      }
    };
  }

  /** Holds what indices choose against the operands' tensors and against what was written, as the reference does. */
  #checkChosen({ attributes }: Instruction, { cores, chosen, kept }: Choosing, report: Report): void {
    const { layout, core } = this.#units;
    for (const { operand, pattern, offsets } of chosen) {
      const tensor = layout.tensors.get(pattern.tensor);
      const outside = tensor && outsideFault(operand, pattern, offsets, tensor);
      if (outside === undefined) continue;
      const [name, { required, received }] = [`${operand}${INDEX}`, outside];
      report('index-outside', name, required, received);
      throw core.error(`, operand ${name}: required ${required}; received ${received}. Correct the index.`);
    }
    const accumulates = 'accumulate' in attributes && attributes.accumulate;
    for (const { operand, pattern, offsets } of chosen) {
      if (operand === 'dst' && !accumulates) continue;
      for (const { initialised } of this.#partiesOf(cores)) {
        initialised.requireAt(operand, pattern, offsets, core);
      }
    }
    for (const { operand, pattern, offsets } of chosen) {
      const repeated = operand === 'dst' ? repeatedFault(pattern, offsets, kept) : undefined;
      if (repeated !== undefined) {
        report('index-repeated', `dst${INDEX}`, repeated.required, repeated.received);
      }
    }
  }

  #schedule(instruction: Instruction, resolved: Instruction, takers: readonly Taker[]): void {
    const { core, layout, lowering, groups, memories } = this.#units;
    if (resolved.opcode === 'register_move') {
      const { register, value, from = register } = resolved.attributes;
      core.setRegister(register, value ?? core.register(from));
      return;
    }
    if (resolved.opcode === 'register_load') {
      this.#load(resolved, takers);
      return;
    }
    memories.rename(resolved);
    if (resolved.opcode === 'register_store') {
      const { dst, attributes } = resolved;
      const code = codeOf(dst.dtype, core.register(attributes.register));
      memories.add(lowering.fill(placeOf(layout, dst), code));
    } else {
      const grouped = groups.take(resolved);
      if (grouped === undefined) this.#addWorks(instruction, resolved, takers);
      else memories.addGrouped(grouped);
    }
    if (takers.some(({ peeked }) => isChosen(resolved, peeked))) return;
    for (const { initialised } of this.#parties) initialised.note(resolved);
  }

  /** A register is one of all cores: the way they take depends on it. */
  #load(
    { sources: { src }, attributes: { register } }: Instruction<'register_load'>,
    takers: readonly Taker[],
  ): void {
    const { core } = this.#units;
    const [value = NaN, ...others] = takers.map(({ peeked }) => registerOf(src.dtype, peeked[0]?.[0] ?? NaN));
    const at = others.findIndex((other) => other !== value);
    if (at < 0) {
      core.setRegister(register, value);
      return;
    }
    const [first = [], second = []] = [takers[0]?.cores, takers[at + 1]?.cores];
    const { message } = core.error(
      `: register "${register}" would hold ${value} on core ${first.join(', ')} and ${others[at] ?? NaN} on core ${second.join(', ')}, and cores that run together take the same way. Run each of them by itself.`,
    );
    throw new CoresDifferError(message);
  }

  /** The works of an instruction: once for all cores, unless codes that differ between them decide what is done. */
  #addWorks(instruction: Instruction, resolved: Instruction, takers: readonly Taker[]): void {
    const { memories } = this.#units;
    const marks: (() => void)[] = [];
    const lists = takers.map((taker) =>
      this.#on(instruction, taker.cores, () => {
        return worksOf(resolved, this.#contextOf(instruction, resolved, taker, marks));
      }),
    );
    for (const mark of marks) mark();
    const [one = []] = lists;
    if (takers.length === 1 || GPU_ISA[resolved.opcode].chooses !== true) memories.add(one);
    else
      memories.addApart(
        lists.map((works, at) => works.map((work) => ({ ...work, cores: takers[at]?.cores ?? [] }))),
      );
  }

  /** @param marks takes what marks elements as written, once nothing can go wrong any more. */
  #contextOf(
    instruction: Instruction,
    { engine }: Instruction,
    { cores, peeked }: Taker,
    marks: (() => void)[],
  ): Context {
    const { lowering, core } = this.#units;
    const parties = this.#partiesOf(cores);
    return {
      lowering: lowering.on(engine),
      peeked,
      report: this.#reportOf(instruction, cores),
      require: (operand, pattern) => {
        for (const { initialised } of parties) initialised.require(operand, pattern, core);
      },
      mark: (pattern) => {
        marks.push(() => {
          for (const { initialised } of parties) initialised.mark(pattern);
        });
      },
    };
  }
}

/** Index tiles first, which decide what is in bounds, then what the instruction wants to see itself. */
function peeksOf(instruction: Instruction): readonly NamedOperand[] {
  const indices = indexesOf(instruction);
  const own = ownPeeks(instruction);
  if (instruction.opcode === 'register_load') return [{ name: 'src', pattern: instruction.sources.src }];
  return indices.length === 0 ? own : [...indices, ...own];
}

function ownPeeks<O extends Opcode>(instruction: Instruction<O>): readonly NamedOperand[] {
  return GPU_ISA[instruction.opcode].peeks?.(instruction) ?? [];
}

function keptOf<O extends Opcode>(
  instruction: Instruction<O>,
  peeked: readonly CodeArray[],
): Uint8Array | undefined {
  return GPU_ISA[instruction.opcode].keeps?.(instruction, peeked);
}

function worksOf<O extends Opcode>(instruction: Instruction<O>, context: Context): readonly Work[] {
  return GPU_ISA[instruction.opcode].works(instruction, context);
}

/** Whether the codes of operands choose what an instruction accesses. */
const isChosen = ({ opcode }: Instruction, peeks: readonly unknown[]): boolean =>
  peeks.length > 0 && GPU_ISA[opcode].chooses === true;

/** Whether codes decide which elements it writes. */
const writesByCodes = ({ opcode, dst }: Instruction): boolean =>
  GPU_ISA[opcode].chooses === true || dst?.index !== undefined;
