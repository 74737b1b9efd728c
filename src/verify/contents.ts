/**
 * What memory holds while a Program is analysed: for every cell, which instruction wrote it, through which tensor and in which
 * format. Reads are held against that, and writes against what they destroy.
 */
import type { Chip } from '../chip';
import { bytesOf } from '../program';
import type { Dtype } from '../numerics';
import type { HbmTensor, Instruction, Pattern, Program, Tensor } from '../program';
import type { Cells } from './cells';
import { boxesBetween, type Box } from './extent';
import type { Findings, Subject } from './finding';
import { placeHomes, type Home } from './homes';

/** One execution of an instruction, as long as memory holds any of what it wrote. */
export interface Effect {
  /** undefined: what an HBM input holds from the start. */
  readonly instruction: Instruction | undefined;
  /** A sum is what a matmul left in PSUM. */
  readonly kind: 'input' | 'sum' | 'other';
  readonly order: number;
  /** Accumulation group of a sum. */
  group: number;
  /** Something depends on it. */
  needed: boolean;
  /** Who read a sum, besides the matmul that continued it. */
  reader: Instruction | undefined;
  /** Cells that hold it. */
  cells: number;
  /** It is still being executed. */
  open: boolean;
  /** Of an instruction in a loop that is followed turn by turn. */
  readonly repeated: boolean;
  readonly ids: number[];
}

/** What a cell's number stands for. */
interface Writer {
  readonly effect: Effect;
  readonly tensor: Tensor;
  /** undefined: the same in every format. */
  readonly dtype: Dtype | undefined;
}

/** An operand with its place. */
export interface Access {
  readonly instruction: Instruction;
  readonly operand: string;
  readonly pattern: Pattern;
  readonly home: Home;
  readonly boxes: readonly Box[];
  /** False: the access is to some of the boxes' bytes, and which is not known. */
  readonly exact: boolean;
}

export function subjectOf({ id, opcode, at }: Instruction, operand?: string): Subject {
  return { id, opcode, at, ...(operand !== undefined && { operand }) };
}

const named = (instruction: Instruction | undefined) =>
  instruction === undefined ? 'the input' : `${instruction.opcode} ${instruction.id}`;

export class Contents {
  readonly homes: ReadonlyMap<string, Home>;
  readonly #findings: Findings;
  readonly #writers: (Writer | undefined)[] = [undefined];
  readonly #free: number[] = [];
  readonly #unfollowed = new Set<Cells>();
  /** Instructions of loops that some turn had no use of, with what overwrote the result; and those that one had. */
  readonly #unused = new Map<Instruction, Instruction | undefined>();
  readonly #useful = new Set<Instruction>();
  #executed = 0;
  /** How often what comes next is executed. In a loop of unknown turns nothing is known to come to nothing: it may have none. */
  turns: 'once' | 'known' | 'unknown' = 'once';

  constructor({ tensors }: Program, chip: Chip, findings: Findings) {
    this.#findings = findings;
    this.homes = placeHomes(tensors, chip, (id, by) => {
      const writer = this.#writers[id];
      if (writer !== undefined) writer.effect.cells += by;
    });
    for (const home of this.homes.values()) {
      const { tensor } = home;
      if (tensor.space !== 'hbm' || tensor.role !== 'input') continue;
      const effect = this.begin(undefined, 'input');
      const id = this.#register({ effect, tensor, dtype: tensor.dtype });
      home.cells.ids.fill(id);
      effect.cells = home.cells.ids.length;
    }
  }

  get unfollowed(): readonly string[] {
    const homes = [...this.homes.values()].filter(({ cells }) => this.#unfollowed.has(cells));
    return homes.map(({ tensor }) => tensor.name);
  }

  begin(instruction: Instruction | undefined, kind: Effect['kind']): Effect {
    const order = this.#executed++;
    return {
      instruction,
      kind,
      order,
      group: 0,
      // A memset is often there in case that nothing else comes.
      needed: kind === 'input' || instruction?.opcode === 'memset' || this.turns === 'unknown',
      reader: undefined,
      cells: 0,
      open: true,
      repeated: this.turns === 'known',
      ids: [],
    };
  }

  end(effect: Effect): void {
    effect.open = false;
    if (effect.cells === 0) this.#release(effect);
  }

  /** An operand is read. `codes`: whatever they mean. `multiplied`: by the Tensor engine. */
  read(
    access: Access,
    { codes, multiplied }: { readonly codes: boolean; readonly multiplied: boolean },
  ): void {
    const { instruction, operand, pattern, exact } = access;
    let missing = -1;
    let found = 0;
    let own = 0;
    let other: Writer | undefined;
    this.#visit(access, (writer, cell) => {
      if (writer === undefined) {
        if (missing < 0) missing = cell;
        return;
      }
      found++;
      if (writer.tensor !== access.home.tensor) other ??= writer;
      else own++;
      writer.effect.needed = true;
      if (writer.effect.kind === 'sum') writer.effect.reader = instruction;
      if (!exact) return;
      this.#checkWriter(access, writer, codes);
      if (multiplied && isOtherFp8(writer.dtype, pattern.dtype)) {
        this.#findings.add(
          'SYS105',
          subjectOf(instruction, operand),
          `bytes written as ${pattern.dtype}`,
          `bytes that ${named(writer.effect.instruction)} wrote as ${writer.dtype ?? ''}`,
        );
      }
    });
    if (missing >= 0 && (exact || found === 0)) this.#unwritten(access, missing);
    // Whichever bytes are read, none of them is what was written to this tensor.
    if (!exact && own === 0 && other !== undefined) this.#checkWriter(access, other, codes);
  }

  /** A matmul adds onto dst: the group that it continues. */
  continue(access: Access): number {
    const { instruction, operand, exact } = access;
    const subject = subjectOf(instruction, operand);
    let group = 0;
    const require = (received: string) => {
      this.#findings.add('SYS401', subject, 'memory that a matmul initialised', received);
    };
    this.#visit(access, (writer, cell) => {
      if (writer === undefined) {
        if (exact) require(`${this.#placeOf(access, cell)}, which nothing has written`);
        return;
      }
      const { effect } = writer;
      effect.needed = true;
      if (!exact) return;
      if (effect.kind !== 'sum') {
        require(`what ${named(effect.instruction)} wrote`);
        return;
      }
      group ||= effect.group;
      this.#checkWriter(access, writer, false);
      if (effect.reader !== undefined) {
        const { reader } = effect;
        this.#findings.add(
          'SYS404',
          subject,
          'a group that nothing has read yet',
          `the sum of ${named(effect.instruction)}, which ${named(reader)} has read`,
        );
      }
    });
    return group;
  }

  /** An operand is written. `leaves`: some elements may keep what they held. */
  write(access: Access, effect: Effect, leaves: boolean): void {
    const { instruction, pattern, home, exact } = access;
    const zeros = instruction.opcode === 'memset' && instruction.attributes.code === 0;
    const id = this.#register({ effect, tensor: home.tensor, dtype: zeros ? undefined : pattern.dtype });
    const { cells } = home;
    if (!exact) effect.needed = true;
    this.#visit(access, (old, cell) => {
      if (old !== undefined) {
        if (cells.ids[cell] === id) return;
        if (leaves || !exact) old.effect.needed = true;
        if (!exact) return;
        if (--old.effect.cells === 0) this.#retire(old.effect, instruction);
      }
      cells.ids[cell] = id;
      effect.cells++;
    });
  }

  /** At the end of the Program: outputs are complete, and everything else was of use. */
  finish(): void {
    for (const home of this.homes.values()) {
      if (home.tensor.space === 'hbm' && home.tensor.role === 'output') this.#checkOutput(home, home.tensor);
    }
    const left = new Set<Effect>();
    for (const { ids } of new Set([...this.homes.values()].map(({ cells }) => cells))) {
      for (const id of ids) {
        const effect = this.#writers[id]?.effect;
        if (effect !== undefined) left.add(effect);
      }
    }
    for (const effect of [...left].sort((a, b) => a.order - b.order)) this.#judge(effect, undefined);
    for (const [instruction, by] of this.#unused) {
      if (!this.#useful.has(instruction)) this.#reportUnused(instruction, by);
    }
  }

  #checkOutput(home: Home, tensor: HbmTensor): void {
    if (this.#unfollowed.has(home.cells)) return;
    let missing = -1;
    home.cells.visit(boxesBetween(0, home.bytes, home.pitch), (cell) => {
      const writer = this.#writers[home.cells.ids[cell] ?? 0];
      if (writer !== undefined) writer.effect.needed = true;
      else if (missing < 0) missing = cell;
    });
    if (missing < 0) return;
    const [height, width] = home.cells.sizeOf(missing);
    this.#findings.add(
      'SYS304',
      { operand: tensor.name },
      `all of output "${tensor.name}" [${tensor.shape.join(', ')}] to be written`,
      `nothing written from ${elementOf(home, tensor.dtype, missing)} on (${height} x ${width / bytesOf(tensor.dtype)} elements)`,
    );
  }

  #visit({ home, boxes }: Access, visit: (writer: Writer | undefined, cell: number) => void): void {
    const { cells } = home;
    if (this.#unfollowed.has(cells)) return;
    const followed = cells.visit(boxes, (cell) => {
      visit(this.#writers[cells.ids[cell] ?? 0], cell);
    });
    if (!followed) this.forgo(home);
  }

  /** Follows a tensor no longer, nor those that share bytes with it. */
  forgo({ cells }: Home): void {
    this.#unfollowed.add(cells);
    for (const id of cells.ids) {
      const writer = this.#writers[id];
      if (writer !== undefined) writer.effect.needed = true;
    }
  }

  /** What is read was written through the same tensor and in the same format. */
  #checkWriter({ instruction, operand, pattern, home }: Access, writer: Writer, codes: boolean): void {
    const { tensor } = home;
    const by = named(writer.effect.instruction);
    if (writer.tensor !== tensor) {
      this.#findings.add(
        'SYS302',
        subjectOf(instruction, operand),
        `what was written to "${tensor.name}"`,
        `bytes that ${by} wrote through "${writer.tensor.name}"`,
      );
    } else if (
      !codes &&
      writer.dtype !== undefined &&
      writer.dtype !== pattern.dtype &&
      pattern.dtype === tensor.dtype
    ) {
      this.#findings.add(
        'SYS303',
        subjectOf(instruction, operand),
        `bytes written as ${pattern.dtype}`,
        `bytes of "${tensor.name}" that ${by} wrote as ${writer.dtype}`,
      );
    }
  }

  #unwritten(access: Access, cell: number): void {
    const { instruction, operand, exact } = access;
    const place = this.#placeOf(access, cell);
    this.#findings.add(
      'SYS301',
      subjectOf(instruction, operand),
      'memory that was written before',
      exact
        ? `${place}, which nothing has written`
        : `a part of "${access.home.tensor.name}" of which nothing was written`,
    );
  }

  #placeOf({ home, pattern }: Access, cell: number): string {
    return `${elementOf(home, pattern.dtype, cell)} of "${home.tensor.name}"`;
  }

  #register(writer: Writer): number {
    const id = this.#free.pop() ?? this.#writers.length;
    this.#writers[id] = writer;
    writer.effect.ids.push(id);
    return id;
  }

  /** Nothing is left of an effect. */
  #retire(effect: Effect, by: Instruction): void {
    if (effect.open) return;
    if (this.turns !== 'unknown') this.#judge(effect, by);
    this.#release(effect);
  }

  /** An effect is over: overwritten, or at the end of the Program. In a loop one turn that is of use makes up for the others. */
  #judge({ needed, kind, repeated, instruction }: Effect, by: Instruction | undefined): void {
    if (instruction === undefined) return;
    if (kind === 'sum') {
      if (!needed) this.#reportLostSum(instruction, by);
    } else if (!repeated) {
      if (!needed) this.#reportUnused(instruction, by);
    } else if (needed) this.#useful.add(instruction);
    else if (!this.#unused.has(instruction)) this.#unused.set(instruction, by);
  }

  #release({ ids }: Effect): void {
    for (const id of ids) this.#writers[id] = undefined;
    this.#free.push(...ids);
  }

  #reportLostSum(instruction: Instruction, by: Instruction | undefined): void {
    const required = `the sum of ${named(instruction)} to be read or continued first`;
    this.#findings.add('SYS403', subjectOf(by ?? instruction, 'dst'), required, endBy(by));
  }

  #reportUnused(instruction: Instruction, by: Instruction | undefined): void {
    this.#findings.add('SYS305', subjectOf(instruction), 'something that reads the result', endBy(by));
  }
}

const endBy = (by: Instruction | undefined) =>
  by === undefined ? 'the end of the Program, and no read' : `${named(by)}, which overwrites it`;

function isOtherFp8(written: Dtype | undefined, read: Dtype): boolean {
  return (
    (written === 'float8_e4m3' && read === 'float8_e4m3fn') ||
    (written === 'float8_e4m3fn' && read === 'float8_e4m3')
  );
}

/** The first element of a cell, in words; elements are counted in the format given. */
function elementOf({ tensor, cells, column: first, pitch }: Home, dtype: Dtype, cell: number): string {
  const { row, column } = cells.cornerOf(cell);
  const width = bytesOf(dtype);
  if (tensor.space !== 'hbm') {
    return `element ${Math.floor((column - first) / width)} of partition ${row}`;
  }
  let index = Math.floor((row * pitch + column) / width);
  if (dtype !== tensor.dtype) return `element ${index}`;
  const indices: number[] = [];
  for (const extent of tensor.shape.toReversed()) {
    indices.unshift(index % extent);
    index = Math.floor(index / extent);
  }
  return `element [${indices.join(', ')}]`;
}
