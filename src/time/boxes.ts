/**
 * Which bytes the instructions of a stream read and write, as boxes: a comb of rows times a comb of columns. On chip a row is a
 * partition and a column a byte of it, at its address, so that tensors that share bytes meet. A tensor in HBM has a row for each
 * index but the last, so that tiles of a matrix do not meet though their bytes interleave. Equal boxes are one, since a few tiles
 * are accessed again and again.
 */
import { CHIPS, type ChipName } from '../chip';
import { accessedParts } from '../isa';
import { bytesOf, tensorBytes } from '../program';
import type { Instruction, Pattern, Patterns, Program, Tensor } from '../program';
import { isIndexed } from '../verify/traits';
import { Axis, COMB } from './combs';

/** Pieces that rows, and columns, of a pattern are taken apart into at most. */
const MAX_PIECES = 8;

/** A box in the table: its memory, then the combs of its rows and of its columns. */
export const [ROWS, COLUMNS, BOX] = [1, 1 + COMB, 1 + 2 * COMB];

export interface Boxes {
  readonly table: Int32Array;
  readonly count: number;
  /** Of instruction i: from offsets[i] to offsets[i + 1]. */
  readonly offsets: Int32Array;
  /** 2 * box where it is read, 2 * box + 1 where it is written; ~i where what instruction i put into a register is needed. */
  readonly accesses: Int32Array;
}

export function boxesOf({ chip, tensors }: Program, instructions: readonly Instruction[]): Boxes {
  const gathering = new Gathering(chip, tensors, instructions);
  const offsets = new Int32Array(instructions.length + 1);
  for (const [at, instruction] of instructions.entries()) {
    gathering.add(instruction, at);
    offsets[at + 1] = gathering.accesses.length;
  }
  return {
    table: gathering.table.values,
    count: gathering.table.length / BOX,
    offsets,
    accesses: gathering.accesses.values,
  };
}

/** Whole numbers, one after another. */
export class Numbers {
  values = new Int32Array(1 << 12);
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Int32Array(2 * this.length);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length++] = value;
  }
}

/** A tensor and where it lies. */
interface Home {
  readonly tensor: Tensor;
  readonly memory: number;
  /** Of its first byte: of a partition, on chip. */
  readonly base: number;
  readonly bytes: number;
  /** Bytes of a row, of a tensor in HBM. */
  readonly pitch: number;
}

class Gathering {
  readonly table = new Numbers();
  readonly accesses = new Numbers();
  readonly #homes = new Map<string, Home>();
  /** Open addressing: a box's number and one, 0 where there is none. */
  #slots = new Int32Array(1 << 12);
  /** Which instruction set each register last. */
  readonly #setters = new Map<string, number>();
  readonly #bytes = new Axis();
  readonly #rows = new Axis();
  readonly #columns = new Axis();

  /** SBUF and PSUM are memories 0 and 1; then each tensor of HBM that anything writes: what is only read makes nobody wait. */
  constructor(chip: ChipName, tensors: readonly Tensor[], instructions: readonly Instruction[]) {
    const written = new Set<string>();
    for (const { dst, results } of instructions) {
      if (dst?.space === 'hbm') written.add(dst.tensor);
      if (results === undefined) continue;
      const others: Patterns = results;
      for (const name in others) {
        const pattern = others[name];
        if (pattern?.space === 'hbm') written.add(pattern.tensor);
      }
    }
    let memories = 2;
    for (const tensor of tensors) {
      const bytes = tensorBytes(tensor);
      if (tensor.space === 'hbm') {
        if (!written.has(tensor.name)) continue;
        const pitch = pitchOf(tensor.shape.at(-1) ?? 1, bytesOf(tensor.dtype));
        this.#homes.set(tensor.name, { tensor, memory: memories++, base: 0, bytes, pitch });
      } else {
        const base = tensor.space === 'sbuf' ? tensor.address : tensor.bank * CHIPS[chip].psum.bankBytes;
        const memory = tensor.space === 'sbuf' ? 0 : 1;
        this.#homes.set(tensor.name, { tensor, memory, base, bytes, pitch: 0 });
      }
    }
  }

  add(instruction: Instruction, at: number): void {
    const { opcode, dst, results, sources, attributes } = instruction;
    this.#all(0, instruction, sources);
    if (dst?.index !== undefined) this.#access(0, instruction, 'dst.index', dst.index);
    if ((opcode === 'nc_matmul' || opcode === 'nc_matmul_mx') && attributes.accumulate) {
      this.#access(0, instruction, 'dst', dst);
    }
    if (dst !== undefined) this.#access(1, instruction, 'dst', dst);
    if (results !== undefined) this.#all(1, instruction, results);
    if (opcode === 'register_store') this.#need(attributes.register);
    else if (opcode === 'register_load') this.#setters.set(attributes.register, at);
    else if (opcode === 'register_move') {
      if (attributes.from !== undefined) this.#need(attributes.from);
      this.#setters.set(attributes.register, at);
    }
  }

  #all(written: 0 | 1, instruction: Instruction, patterns: Patterns): void {
    for (const name in patterns) {
      const pattern = patterns[name];
      if (pattern === undefined) continue;
      this.#access(written, instruction, name, pattern);
      if (pattern.index !== undefined) this.#access(0, instruction, `${name}.index`, pattern.index);
    }
  }

  /** A register is read. What sets it again waits for nobody: compilers take another one then. */
  #need(register: string): void {
    const setter = this.#setters.get(register);
    if (setter !== undefined) this.accesses.push(~setter);
  }

  #access(written: 0 | 1, instruction: Instruction, operand: string, pattern: Pattern): void {
    if (pattern.registers !== undefined) for (const [register] of pattern.registers) this.#need(register);
    const home = this.#homes.get(pattern.tensor);
    if (home === undefined) return;
    const parts = accessedParts(instruction, operand);
    if (parts === undefined) this.#part(written, instruction, operand, pattern, home);
    else for (const part of parts) this.#part(written, instruction, operand, part, home);
  }

  /** Where indices or registers that are not known choose, it may be any of the tensor. */
  #part(written: 0 | 1, instruction: Instruction, operand: string, part: Pattern, home: Home): void {
    const { registers, offset, dims, dtype } = part;
    const chosen = isIndexed(instruction, operand, part) || isScattered(instruction, operand);
    const known = registers === undefined && !chosen;
    const bytes = this.#bytes;
    if (known) {
      const width = bytesOf(dtype);
      bytes.set(offset * width, width);
      for (const [stride, count] of dims) {
        if (count < 1) return;
        bytes.repeat(stride * width, count);
      }
      bytes.join();
    } else bytes.set(0, home.bytes);
    if (part.space === 'hbm') this.#inHbm(written, home);
    else this.#onChip(written, part.partition, part.partitions, home);
  }

  #onChip(written: 0 | 1, partition: number, partitions: number, { memory, base }: Home): void {
    const [rows, bytes] = [this.#rows, this.#bytes];
    rows.set(partition, partitions);
    rows.take(0);
    bytes.split(MAX_PIECES);
    for (let piece = 0; piece < bytes.pieces; piece++) {
      bytes.take(piece);
      bytes.first += base;
      bytes.end += base;
      this.#box(written, memory, rows, bytes);
    }
  }

  #inHbm(written: 0 | 1, home: Home): void {
    const { memory } = home;
    const [rows, columns] = [this.#rows, this.#columns];
    if (!this.#rectangle(home.pitch)) {
      this.#alongRows(written, home);
      return;
    }
    rows.split(MAX_PIECES);
    columns.split(MAX_PIECES);
    for (let down = 0; down < rows.pieces; down++) {
      rows.take(down);
      for (let across = 0; across < columns.pieces; across++) {
        columns.take(across);
        this.#box(written, memory, rows, columns);
      }
    }
  }

  /** Takes the bytes as rows times columns, where they are that. */
  #rectangle(pitch: number): boolean {
    const [bytes, rows, columns] = [this.#bytes, this.#rows, this.#columns];
    const column = bytes.start % pitch;
    const whole = column === 0 && bytes.run % pitch === 0;
    rows.set(Math.floor(bytes.start / pitch), whole ? bytes.run / pitch : 1);
    columns.set(column, whole ? pitch : bytes.run);
    for (let at = 0; at < bytes.steps; at++) {
      const stride = bytes.strides[at] ?? 0;
      const count = bytes.counts[at] ?? 0;
      const each = pitch / stride;
      if (stride % pitch === 0) rows.repeat(stride / pitch, count);
      else if (pitch % stride === 0 && count % each === 0) {
        columns.repeat(stride, each);
        rows.repeat(1, count / each);
      } else columns.repeat(stride, count);
    }
    if (column + columns.span > pitch) return false;
    rows.join();
    columns.join();
    return true;
  }

  /** Runs of bytes that begin in one row and end in another. */
  #alongRows(written: 0 | 1, home: Home): void {
    const bytes = this.#bytes;
    bytes.split(MAX_PIECES);
    for (let piece = 0; piece < bytes.pieces; piece++) {
      bytes.take(piece);
      const { first, end, run, stride } = bytes;
      if (stride > 0 && (end - first) / stride <= MAX_PIECES) {
        for (let each = first; each < end; each += stride) this.#between(written, each, each + run, home);
      } else this.#between(written, first, end, home);
    }
  }

  /** Bytes of a tensor, read along its rows: the rest of a row, whole rows, and the beginning of one. */
  #between(written: 0 | 1, first: number, end: number, { memory, pitch }: Home): void {
    let from = first;
    while (from < end) {
      const [row, column] = [Math.floor(from / pitch), from % pitch];
      const rows = column === 0 ? Math.max(1, Math.floor((end - from) / pitch)) : 1;
      const width = Math.min(pitch - column, end - from);
      this.#rows.set(row, rows);
      this.#columns.set(column, width);
      this.#rows.take(0);
      this.#columns.take(0);
      this.#box(written, memory, this.#rows, this.#columns);
      from += rows > 1 ? rows * pitch : width;
    }
  }

  /** An access to a box, which is a new one or one that is known. */
  #box(written: 0 | 1, memory: number, rows: Axis, columns: Axis): void {
    const hash = hashOf(memory, rows, columns);
    const { table } = this;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let known = this.#slots[slot] ?? 0; known > 0; known = this.#slots[slot] ?? 0) {
      if (isBox(table.values, (known - 1) * BOX, memory, rows, columns)) {
        this.accesses.push(2 * (known - 1) + written);
        return;
      }
      slot = (slot + 1) & mask;
    }
    const box = table.length / BOX;
    table.push(memory);
    pushComb(table, rows);
    pushComb(table, columns);
    this.accesses.push(2 * box + written);
    this.#slots[slot] = box + 1;
    if (2 * (box + 1) > mask) this.#rehash();
  }

  #rehash(): void {
    const slots = new Int32Array(4 * this.#slots.length);
    const { values, length } = this.table;
    const [rows, columns] = [new Axis(), new Axis()];
    for (let at = 0; at < length; at += BOX) {
      restore(rows, values, at + ROWS);
      restore(columns, values, at + COLUMNS);
      let slot = hashOf(values[at] ?? 0, rows, columns) & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = at / BOX + 1;
    }
    this.#slots = slots;
  }
}

/** Bytes of a row. Rows and columns must be 32-bit numbers: of a row longer than that some bytes are taken for rows. */
function pitchOf(last: number, width: number): number {
  const pitch = Math.max(1, last) * width;
  return pitch < 2 ** 31 ? pitch : 2 ** 20;
}

function hashOf(memory: number, rows: Axis, columns: Axis): number {
  let hash = memory;
  hash = mix(hash, rows.first);
  hash = mix(hash, rows.end);
  hash = mix(hash, rows.stride);
  hash = mix(hash, columns.first);
  hash = mix(hash, columns.end);
  hash = mix(hash, columns.run);
  hash = mix(hash, columns.stride);
  return hash ^ (hash >>> 15);
}

const mix = (hash: number, value: number) => {
  const next = Math.imul(hash ^ value, 0x9e3779b1);
  return next ^ (next >>> 16);
};

function isBox(table: Int32Array, at: number, memory: number, rows: Axis, columns: Axis): boolean {
  return table[at] === memory && isComb(table, at + ROWS, rows) && isComb(table, at + COLUMNS, columns);
}

function isComb(table: Int32Array, at: number, { first, end, run, stride }: Axis): boolean {
  return table[at] === first && table[at + 1] === end && table[at + 2] === run && table[at + 3] === stride;
}

function pushComb(table: Numbers, { first, end, run, stride }: Axis): void {
  table.push(first);
  table.push(end);
  table.push(run);
  table.push(stride);
}

function restore(axis: Axis, table: Int32Array, at: number): void {
  axis.first = table[at] ?? 0;
  axis.end = table[at + 1] ?? 0;
  axis.run = table[at + 2] ?? 0;
  axis.stride = table[at + 3] ?? 0;
}

/** src0 of a sum that is scattered is dst again (dma_compute). */
const isScattered = ({ sources }: Instruction, operand: string) =>
  operand === 'src0' && 'dst_index' in sources;
