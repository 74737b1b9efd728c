/**
 * A Program that is being drawn: its tensors, what memory and accumulator registers hold as far as rules ask for it, and the
 * instructions so far. Operands are chosen such that what is read was written through the same tensor (docs/errors.md): what was not
 * is loaded right before, from an input of its own.
 */
import { CHIPS, type Chip, type ChipName, type EngineName } from '../../src/chip';
import { instructionProblem, type AccumulatorEngine } from '../../src/isa';
import { FORMATS, type CodeArray, type Dtype } from '../../src/numerics';
import { bytesOf, countOf, elementsOf, tensorBytes, writesOf } from '../../src/program';
import type {
  ChipPattern,
  HbmPattern,
  Instruction,
  Opcode,
  Pattern,
  Program,
  ProgramNode,
  ReduceCommand,
  SbufTensor,
  Tensor,
  WriteOptions,
} from '../../src/program';
import type { Choices } from './choices';
import { anyContent, codesOf, type Content } from './contents';
import { indirectly } from './indirect';
import { Lanes } from './lanes';
import { anyAccess, anyRegisters } from './layout';
import { coversAll, Places, startsOf, wholeOf, type Extent } from './places';
import { Sums } from './sums';
import type { Theme } from './theme';
import type { ChipWanted, HbmWanted, TargetWanted } from './wanted';

export type Unnamed<I = Instruction> = I extends Instruction ? Omit<I, 'id'> : never;

export interface Case {
  readonly program: Program;
  readonly inputs: Readonly<Record<string, CodeArray>>;
  /** Instructions that were drawn and left out as illegal, by opcode. */
  readonly refused: readonly Opcode[];
}

/** A tensor, and whether all of it was last written through it. */
interface Slot {
  readonly tensor: Tensor;
  owned: boolean;
}

/** What is left of `ChipWanted` when it was chosen. */
interface Chosen {
  readonly dtypes: readonly Dtype[];
  readonly spaces: readonly ('sbuf' | 'psum')[];
  readonly start: number;
}

const PARTITIONS = 128;
const SIZES = [1, 2, 3, 4, 7, 8, 16, 17, 31, 32, 33, 48, 64, 65, 100, 128] as const;
const WIDTHS = [1, 2, 3, 4, 5, 6, 8, 9, 12, 16, 18, 24, 30, 40] as const;
const WRITES: readonly WriteOptions[] = [
  { saturate: true },
  { rounding: 'toward-zero' },
  { rounding: 'stochastic' },
  { rounding: 'nearest-even', saturate: false },
  { rounding: 'toward-zero', saturate: true },
  { rounding: 'stochastic', saturate: true },
];

export class Draft {
  readonly chip: Chip;
  readonly theme: Theme;
  /** Formats of numbers that the Program uses: one of the two fp8 variants that are not mixed. */
  readonly dtypes: readonly Dtype[];
  readonly sums: Sums;
  readonly #places: Places;
  readonly lanes = new Lanes();
  choices: Choices;
  readonly inputs: Record<string, CodeArray> = {};
  readonly refused: Opcode[] = [];
  readonly #slots: Slot[] = [];
  #nodes: ProgramNode[] = [];
  #count = 0;
  readonly #base: { readonly partitions: number; readonly width: number };
  /** What registers that may move operands hold: 0 to `most`. */
  readonly #registers: { readonly name: string; readonly most: number }[] = [];
  /** Tensors that the instruction which is being drawn reads already. */
  #reads: Slot[] = [];
  /** Tensors that no operand is chosen from any more. */
  readonly #protected: Slot[] = [];

  constructor(chip: ChipName, theme: Theme, choices: Choices) {
    this.theme = theme;
    this.chip = CHIPS[chip];
    this.choices = choices;
    this.sums = new Sums(this.chip);
    this.#places = new Places(this.chip, theme);
    this.#base = { partitions: choices.of(SIZES), width: choices.of(WIDTHS) };
    const variant: Dtype = choices.oneIn(2) ? 'float8_e4m3' : 'float8_e4m3fn';
    this.dtypes = this.chip.dtypes.filter(
      (dtype) => dtype !== variant || !this.chip.dtypes.includes('float8_e4m3fn'),
    );
  }

  get floats(): readonly Dtype[] {
    return this.dtypes.filter((dtype) => FORMATS[dtype].kind === 'float');
  }

  get integers(): readonly Dtype[] {
    return this.dtypes.filter((dtype) => FORMATS[dtype].kind === 'integer');
  }

  /** Often the same shape, so that instructions take what others made. */
  shape(most: { readonly partitions?: number; readonly width?: number } = {}): {
    partitions: number;
    width: number;
  } {
    const own = this.choices.oneIn(3);
    const partitions = own ? this.choices.of(SIZES) : this.#base.partitions;
    const width = own ? this.choices.of(WIDTHS) : this.#base.width;
    return {
      partitions: Math.min(partitions, most.partitions ?? Infinity),
      width: Math.min(width, most.width ?? Infinity),
    };
  }

  /** A partition that an engine's operand may start at. */
  start(partitions: number): number {
    const step = partitions > 64 ? 128 : partitions > 32 ? 64 : 32;
    return step * this.choices.below(128 / step);
  }

  /** One of a list, of those that the Program keeps to. */
  of<T>(list: readonly T[]): T {
    return this.choices.of(this.theme.some(list));
  }

  /** The one rounding of a write. */
  rounding(): WriteOptions {
    const { choices } = this;
    if (choices.oneIn(2)) return {};
    const write = this.of(WRITES);
    if (write.rounding !== 'stochastic') return write;
    const far = choices.oneIn(3);
    return {
      ...write,
      seed: choices.below(1000) + (far ? 2 ** 40 : 0),
      element: choices.below(1000) + (far ? 2 ** 33 : 0),
      pitch: choices.below(100),
    };
  }

  /** A float32 constant, some of them hard. */
  constant(): number {
    const { choices } = this;
    const easy = [1, 0, -1, 2, 0.5, -3, 0.1, 100] as const;
    const hard = [
      -0,
      1e-40,
      1e38,
      -1e-20,
      3.4028235677973366e38,
      Infinity,
      -Infinity,
      NaN,
      16777217,
      1 / 3,
    ] as const;
    return choices.oneIn(3) ? choices.of(hard) : choices.of(easy);
  }

  /** An operand on chip that is read. */
  source(wanted: ChipWanted): ChipPattern {
    const slot = this.#slotFor(wanted, false);
    this.#own(slot, wanted.content);
    if (!this.#reads.includes(slot)) this.#reads.push(slot);
    return this.#chipPattern(slot, wanted, true);
  }

  /** A [P, 1] operand, or nothing once in two times. */
  column(partitions: number, dtypes: readonly Dtype[] = ['float32']): ChipPattern | undefined {
    return this.choices.maybe(2, () => this.source({ partitions, width: 1, dtypes }));
  }

  /** An operand on chip that is written. */
  target(wanted: TargetWanted): ChipPattern {
    const slot = this.#slotFor(wanted, true);
    const { tensor } = slot;
    const overlapsReads = this.#reads.some(
      (read) => read !== slot && this.#places.overlap(read.tensor, tensor),
    );
    if (!overlapsReads && (wanted.partly === true || !this.choices.oneIn(4))) this.#own(slot);
    this.#settle(slot);
    return this.#chipPattern(slot, wanted, this.choices.oneIn(10));
  }

  /** Elements in HBM that are read: of an input, or of what the Program wrote. */
  hbmSource({ count, dtypes, content, rank }: HbmWanted): HbmPattern {
    const slot = this.#hbmSlot(count, dtypes, false, content);
    this.#own(slot, content);
    if (!this.#reads.includes(slot)) this.#reads.push(slot);
    return this.#hbmPattern(slot, count, content === undefined, rank);
  }

  hbmTarget({ count, dtypes, rank }: HbmWanted, partly = false): HbmPattern {
    const slot = this.#hbmSlot(count, dtypes, true);
    if (partly || !this.choices.oneIn(4)) this.#own(slot);
    return this.#hbmPattern(slot, count, this.choices.oneIn(10), rank);
  }

  /** How many elements of a pattern's format its tensor has, of each partition on chip. */
  elementsBehind(pattern: Pattern): number {
    const { tensor } = this.#slotOf(pattern);
    return Math.floor(tensorBytes(tensor) / bytesOf(pattern.dtype));
  }

  /**
   * Adds an instruction where it is legal, and says whether it was. `partly`: it may leave elements of what it writes as they are.
   */
  add(drawn: Unnamed, { partly = false } = {}): boolean {
    const instruction = indirectly(this, { ...drawn, id: `i${this.#count}` });
    this.#reads = [];
    if (instructionProblem(instruction, this.chip) !== undefined) {
      this.refused.push(instruction.opcode);
      return false;
    }
    this.#push(instruction);
    const indexed = 'dst_index' in instruction.sources;
    for (const { pattern } of writesOf(instruction)) this.#wrote(instruction, pattern, partly || indexed);
    return true;
  }

  /** A reduce command that rules allow on the registers of dst's partitions, and whether they may be read then. */
  command(
    engine: AccumulatorEngine,
    { opcode, op, dst }: { readonly opcode: Opcode; readonly op: string; readonly dst: ChipPattern },
    legal: readonly ReduceCommand[],
  ): { readonly command: ReduceCommand; readonly readable: boolean } {
    const holds = this.lanes.holds(engine, opcode, op, dst);
    const command = this.choices.of(legal.filter((each) => each !== 'reduce' || holds));
    return { command, readable: command === 'idle' ? holds : true };
  }

  /** A register that holds 0 to `most`, for operands that follow. */
  register(name: string, most: number): void {
    this.#registers.push({ name, most });
  }

  get registers(): readonly { readonly name: string; readonly most: number }[] {
    return this.#registers;
  }

  /** Keeps a pattern's tensor, and its bytes, from instructions that follow. */
  protect(pattern: Pattern): void {
    this.#protected.push(this.#slotOf(pattern));
  }

  /** A name that no instruction, loop or register has. */
  name(letter: string): string {
    return `${letter}${this.#count++}`;
  }

  /** Reads out all sums that nothing has read yet. */
  settleAll(): void {
    for (const slot of [...this.#slots]) this.#settle(slot);
  }

  /** Nothing is relied on that was before: what a loop's body does is right in each of its turns. */
  forget(): void {
    for (const slot of this.#slots) slot.owned = slot.tensor.space === 'hbm' && slot.tensor.role === 'input';
    this.lanes.forget();
    this.sums.forget();
  }

  /** Runs `body`; the nodes that it adds. */
  nested(body: () => void): readonly ProgramNode[] {
    const outside = this.#nodes;
    this.#nodes = [];
    body();
    const inside = this.#nodes;
    this.#nodes = outside;
    return inside;
  }

  addNode(node: ProgramNode): void {
    this.#nodes.push(node);
  }

  /** Without the registers of loops that are over. */
  dropRegisters(count: number): void {
    this.#registers.splice(count);
  }

  /** Stores a tensor to an output of its own. */
  store(): void {
    const ready = this.#slots.filter(({ tensor, owned }) => owned && tensor.space === 'sbuf');
    if (ready.length === 0) return;
    const { tensor } = this.choices.of(ready);
    if (tensor.space === 'hbm') return;
    const { dtype, partitions, elements } = tensor;
    const name = this.name('y');
    const output: Tensor = { space: 'hbm', name, dtype, shape: [partitions, elements], role: 'output' };
    this.#slots.push({ tensor: output, owned: true });
    this.#copy('dma_copy', 'sync', wholeOf(output), wholeOf(tensor));
  }

  get case(): Case {
    const tensors = this.#slots.map(({ tensor }) => tensor);
    const program: Program = { chip: this.chip.name, tensors, instructions: this.#nodes };
    return { program, inputs: this.inputs, refused: this.refused };
  }

  #copy(opcode: 'dma_copy' | 'tensor_copy', engine: EngineName, dst: Pattern, src: Pattern): void {
    const id = `i${this.#count}`;
    this.#push({ opcode, id, engine, dst, sources: { src }, attributes: {} } as Instruction);
  }

  #push(instruction: Instruction): void {
    this.#count++;
    this.#nodes.push(instruction);
    this.lanes.follow(instruction);
  }

  #slotOf({ tensor: name }: Pattern): Slot {
    const slot = this.#slots.find(({ tensor }) => tensor.name === name);
    if (slot === undefined) throw new Error(`No tensor "${name}" was drawn`);
    return slot;
  }

  /** One that is there, or a new one. */
  #slotFor(wanted: ChipWanted & TargetWanted, written: boolean): Slot {
    const { partitions, width, content, anyStart = false } = wanted;
    const { dtypes = this.dtypes, spaces = ['sbuf', 'psum'] } = wanted;
    const { choices } = this;
    const start = wanted.start ?? (anyStart ? choices.below(129 - partitions) : undefined);
    const fits = (slot: Slot): boolean => {
      const { tensor } = slot;
      if (tensor.space === 'hbm' || !spaces.includes(tensor.space) || this.#protected.includes(slot))
        return false;
      if (!dtypes.includes(tensor.dtype) && !dtypes.some((dtype) => bytesOf(dtype) === bytesOf(tensor.dtype)))
        return false;
      if (tensor.elements < width || !startsOf(tensor, partitions, start, anyStart).length) return false;
      return this.#reads.every((read) => read === slot || !this.#places.overlap(read.tensor, tensor));
    };
    const found = content === undefined && !choices.oneIn(4) ? this.#slots.filter(fits) : [];
    if (found.length > 0) return choices.of(found.toReversed());
    // What is written without being loaded first may lie where the instruction reads.
    const over = written && wanted.partly !== true;
    const apart = over ? this.#protected : [...this.#protected, ...this.#reads];
    return this.#newSlot({ ...wanted, dtypes, spaces, start: start ?? this.start(partitions) }, apart);
  }

  #newSlot(
    { partitions, width, dtypes, spaces, start, content }: ChipWanted & Chosen,
    apart: readonly Slot[],
  ): Slot {
    const { choices } = this;
    const dtype = choices.of(this.theme.some(dtypes));
    const whole = content === undefined && choices.oneIn(4);
    const more = content === undefined && choices.oneIn(2) ? choices.below(2 * width + 8) : 0;
    const extent = {
      name: this.name('t'),
      dtype,
      partition: whole ? 0 : start,
      partitions: whole ? PARTITIONS : partitions,
      elements: width + more,
    };
    const tensor = this.#places.place(
      choices,
      extent,
      choices.of(spaces),
      apart.map(({ tensor: other }) => other),
    );
    const slot: Slot = { tensor, owned: false };
    this.#slots.push(slot);
    return slot;
  }

  #hbmSlot(count: number, dtypes: readonly Dtype[], written: boolean, content?: Content): Slot {
    const { choices } = this;
    const fits = ({ tensor }: Slot): boolean =>
      tensor.space === 'hbm' &&
      (tensor.role === 'scratch' || (!written && tensor.role === 'input')) &&
      dtypes.includes(tensor.dtype) &&
      tensorBytes(tensor) / bytesOf(tensor.dtype) >= count;
    const found = content === undefined && !choices.oneIn(4) ? this.#slots.filter(fits) : [];
    if (found.length > 0) return choices.of(found);
    const dtype = choices.of(this.theme.some(dtypes));
    const more = content === undefined && choices.oneIn(2) ? choices.below(count + 8) : 0;
    const input = content !== undefined || (!written && !choices.oneIn(4));
    const name = this.name(input ? 'x' : 's');
    const shape = [count + more];
    const tensor: Tensor = { space: 'hbm', name, dtype, shape, role: input ? 'input' : 'scratch' };
    const slot: Slot = { tensor, owned: input };
    if (input) this.inputs[name] = codesOf(content ?? anyContent(choices), dtype, count + more);
    this.#slots.push(slot);
    return slot;
  }

  /** Loads all of a tensor where it is not as it was last written through it. */
  #own(slot: Slot, content?: Content): void {
    if (slot.owned) return;
    const { tensor } = slot;
    this.#settle(slot);
    const given = content ?? anyContent(this.choices);
    if (tensor.space === 'psum') this.#loadPsum(slot, given);
    else this.#load(tensor, given);
    this.#taken(slot);
    slot.owned = true;
  }

  #load(tensor: Tensor, content: Content): void {
    const { dtype } = tensor;
    const whole = wholeOf(tensor);
    const name = this.name('x');
    const count = elementsOf(whole);
    const shape = tensor.space === 'hbm' ? tensor.shape : [tensor.partitions, tensor.elements];
    const input: Tensor = { space: 'hbm', name, dtype, shape, role: 'input' };
    this.inputs[name] = codesOf(content, dtype, count);
    this.#slots.push({ tensor: input, owned: true });
    this.#copy('dma_copy', 'sync', whole, wholeOf(input));
  }

  /** DMA does not reach PSUM. */
  #loadPsum({ tensor }: Slot, content: Content): void {
    if (tensor.space !== 'psum') return;
    const dst = wholeOf(tensor);
    if (content.kind === 'zeros') {
      this.#push({
        opcode: 'memset',
        id: `i${this.#count}`,
        engine: 'vector',
        dst,
        sources: {},
        attributes: { code: 0 },
      });
      return;
    }
    const staged = this.#fresh(tensor);
    this.#load(staged.tensor, content);
    staged.owned = true;
    const src = wholeOf(staged.tensor);
    this.#copy('tensor_copy', 'vector', dst, src);
  }

  /** A tensor of the same extent in SBUF, at an address of its own. */
  #fresh({
    dtype,
    partition,
    partitions,
    elements,
  }: Omit<Extent, 'name'>): Slot & { readonly tensor: SbufTensor } {
    const tensor = this.#places.fresh({ name: this.name('t'), dtype, partition, partitions, elements });
    const slot = { tensor, owned: false };
    this.#slots.push(slot);
    return slot;
  }

  /** Before anything is written where a sum lies that nothing has read: reads it. */
  #settle(slot: Slot): void {
    if (slot.tensor.space !== 'psum') return;
    for (const other of this.#slots.filter(({ tensor }) => this.#places.overlap(tensor, slot.tensor))) {
      const src = this.sums.unread(other.tensor.name);
      if (src === undefined || other.tensor.space === 'hbm') continue;
      const width = countOf(src.dims);
      const { partition, partitions, dtype } = src;
      const { tensor } = this.#fresh({ ...other.tensor, partition, partitions, dtype, elements: width });
      const dst = wholeOf(tensor);
      this.sums.read(other.tensor.name);
      this.#copy('tensor_copy', 'vector', dst, src);
    }
  }

  /** Other tensors have lost bytes that they share with this one. */
  #taken(slot: Slot): void {
    for (const other of this.#slots) {
      if (other === slot || !this.#places.overlap(other.tensor, slot.tensor)) continue;
      other.owned = false;
      this.sums.drop(other.tensor.name);
    }
  }

  #wrote(instruction: Instruction, pattern: Pattern, partly: boolean): void {
    const slot = this.#slotOf(pattern);
    this.#taken(slot);
    if (!partly && coversAll(pattern, slot.tensor)) slot.owned = true;
    if (slot.tensor.space === 'psum' && pattern.space === 'psum') {
      this.sums.wrote(instruction, pattern, slot.tensor.bank);
    }
  }

  #chipPattern(slot: Slot, wanted: ChipWanted, repeats: boolean): ChipPattern {
    const { tensor } = slot;
    if (tensor.space === 'hbm') throw new Error('A tensor on chip is required');
    const { partitions, width, rank, still = false, dtypes = this.dtypes } = wanted;
    const { choices } = this;
    const sameSize = dtypes.filter((dtype) => bytesOf(dtype) === bytesOf(tensor.dtype));
    const viewed = !dtypes.includes(tensor.dtype) || choices.oneIn(8);
    const dtype =
      viewed && sameSize.length > 0 && wanted.content === undefined
        ? choices.of(this.theme.some(sameSize))
        : tensor.dtype;
    const partition = choices.of(startsOf(tensor, partitions, wanted.start, wanted.anyStart ?? false));
    const { elements } = tensor;
    const access = (wanted.content === undefined
      ? anyAccess(choices, {
          ranks: this.theme.ranks,
          count: width,
          elements,
          repeats,
          ...(rank !== undefined && { rank }),
        })
      : undefined) ?? { offset: 0, dims: [[1, width]] as const };
    const moved = still ? {} : anyRegisters(choices, this.#registers.toReversed(), access, elements);
    return { space: tensor.space, tensor: tensor.name, dtype, partition, partitions, ...access, ...moved };
  }

  #hbmPattern({ tensor }: Slot, count: number, free: boolean, rank: number | undefined): HbmPattern {
    const elements = tensorBytes(tensor) / bytesOf(tensor.dtype);
    const access = (free
      ? anyAccess(this.choices, {
          ranks: this.theme.ranks,
          count,
          elements,
          repeats: this.choices.oneIn(4),
          ...(rank !== undefined && { rank }),
        })
      : undefined) ?? { offset: 0, dims: [[1, count]] as const };
    return {
      space: 'hbm',
      tensor: tensor.name,
      dtype: tensor.dtype,
      ...access,
      ...anyRegisters(this.choices, this.#registers.toReversed(), access, elements),
    };
  }
}
