/** What instructions on tiles are given: a tile, a column that stands for a whole row, or one number for all. */
import type { ChipView } from '../../kernel';
import { decode, type Dtype } from '../../numerics';
import { isWide } from '../reference/values';
import type { Writer } from './writer';

export interface Constant {
  readonly kind: 'constant';
  readonly dtype: Dtype;
  readonly code: number;
}

export interface Tile {
  readonly kind: 'tile';
  readonly dtype: Dtype;
  /** P x N, or P x 1 where each stands for its row. */
  readonly view: ChipView;
}

export type Operand = Constant | Tile;

/** A tile that is being worked on: P x N, and a place for results in between. */
export class Work {
  readonly writer: Writer;
  readonly partitions: number;
  readonly elements: number;
  readonly #filled = new Map<string, ChipView>();

  constructor(writer: Writer, partitions: number, elements: number) {
    this.writer = writer;
    this.partitions = partitions;
    this.elements = elements;
  }

  tile(dtype: Dtype): ChipView {
    return this.writer.tile(this.partitions, this.elements, dtype);
  }

  /** One code everywhere. */
  filled(dtype: Dtype, code: number): ChipView {
    const key = `${dtype} ${code}`;
    let tile = this.#filled.get(key);
    if (tile === undefined) {
      tile = this.writer.filled(this.partitions, 1, dtype, code);
      this.#filled.set(key, tile);
    }
    return this.wide(tile);
  }

  /** P x N, a column read for each element. */
  wide(view: ChipView): ChipView {
    return view.elements === this.partitions
      ? view.reshape(this.partitions, 1).broadcast(1, this.elements)
      : view;
  }

  full(operand: Operand): ChipView {
    return operand.kind === 'tile' ? this.wide(operand.view) : this.filled(operand.dtype, operand.code);
  }
}

/** As the float32 that an instruction decodes: of 32-bit integers the nearest. */
export const numberOf = ({ dtype, code }: Constant): number => Math.fround(decode(dtype, code));

/** The 32-bit format that all have, where they have one. */
export function commonWide(operands: readonly Operand[]): 'int32' | 'uint32' | undefined {
  const [dtype] = operands.map((operand) => operand.dtype);
  return dtype !== undefined && isWide(dtype) && operands.every((operand) => operand.dtype === dtype)
    ? dtype
    : undefined;
}
