/**
 * What rules write a Program with: the builder of kernels, whose instructions get the name of the section that they belong to; tensors
 * in HBM; loads and stores of tiles; and what is to be said of the result.
 */
import type { ChipName } from '../../chip';
import type { ChipView, Instructions, Nc } from '../../kernel';
import { UserError, type Dtype } from '../../numerics';
import { OPCODES, type Opcode } from '../../program';
import { whole, patternOf, type Strided } from './strided';

/** Instructions of a Program of arrays at most. */
export const MOST_INSTRUCTIONS = 1_000_000;

/** What one primitive, or several that are fused, became: its instructions have ids that begin with its own and a dot. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly instructions: number;
}

type Written = { id: string; title: string; instructions: number };

export class Writer {
  readonly nc: Nc;
  readonly chip: ChipName;
  readonly sections: Written[] = [];
  readonly notes = new Set<string>();
  readonly #most: number;
  #title = '';
  #isBegun = false;
  #scratch = 0;
  #instructions = 0;

  /** @param most instructions; loops count what they repeat once. */
  constructor(nc: Nc, most = MOST_INSTRUCTIONS) {
    this.#most = most;
    this.nc = { ...nc, ...this.#named(nc) };
    this.chip = nc.chip.name;
  }

  /** What is written until the next one belongs to it. */
  begin(title: string): void {
    this.#title = title;
    this.#isBegun = false;
  }

  /** A tensor in HBM for values between primitives. */
  between(dtype: Dtype, shape: readonly number[]): Strided {
    const name = `t${this.#scratch++}`;
    return whole(this.nc.scratch(name, shape.length === 0 ? [1] : shape, dtype), dtype, shape);
  }

  /** A tile in SBUF of P x N. */
  tile(partitions: number, elements: number, dtype: Dtype): ChipView {
    return this.nc.sbuf([partitions, elements], dtype, { name: 'tile' });
  }

  /** The elements of a pattern, dealt out over partitions. */
  load(x: Strided, partitions: number, elements: number): ChipView {
    const tile = this.tile(partitions, elements, x.dtype);
    this.nc.dma_copy(tile, { src: patternOf(x) });
    return tile;
  }

  store(to: Strided, tile: ChipView): void {
    this.nc.dma_copy(patternOf(to), { src: tile });
  }

  /** From HBM to HBM. */
  move(to: Strided, from: Strided): void {
    this.nc.dma_copy(patternOf(to), { src: patternOf(from) });
  }

  /** A tile of one code. */
  filled(partitions: number, elements: number, dtype: Dtype, code: number): ChipView {
    const tile = this.tile(partitions, elements, dtype);
    this.nc.memset(tile, { code });
    return tile;
  }

  #named(nc: Nc): Instructions {
    const methods = OPCODES.map((opcode: Opcode) => {
      const write = nc[opcode] as (dst: unknown, options: object) => unknown;
      return [
        opcode,
        (dst: unknown, options: object) => write(dst, { name: this.#next(opcode), ...options }),
      ];
    });
    return Object.fromEntries(methods) as Instructions;
  }

  /** The id of the next instruction. @throws UserError beyond the limit. */
  #next(opcode: Opcode): string {
    if (++this.#instructions > this.#most)
      throw new UserError(
        `it takes more than ${this.#most.toLocaleString('en-US')} instructions, which is the most: explain a part of it, or smaller arrays.`,
      );
    // What is only a view of something has no section.
    if (!this.#isBegun)
      this.sections.push({ id: `s${this.sections.length + 1}`, title: this.#title, instructions: 0 });
    this.#isBegun = true;
    const section = this.sections.at(-1);
    if (section !== undefined) section.instructions++;
    return `${section?.id ?? 's'}.${opcode}`;
  }
}
