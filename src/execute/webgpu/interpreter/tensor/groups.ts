/**
 * Accumulation groups: matmuls that follow each other into the same place of PSUM become one product. The operands of each are
 * packed when its turn comes, so that SBUF may be overwritten; the product waits until something else touches its place, or
 * until works are submitted.
 */
import scanWgsl from '../../../../../shaders/interpreter/tensor/scan.wgsl';
import { movesCodes } from '../../../../isa';
import { PACKED_LANES } from '../../../../numerics';
import { countOf } from '../../../../program';
import type { Instruction } from '../../../../program';
import type { Lowering, Use } from '../lowering';
import { coincide, mayOverlap, mayRepeat, placeAside, touchOf } from '../place';
import { meet, type Touch, type Work } from '../work';
import {
  packedWords,
  packingKey,
  packingOf,
  packWork,
  rowWords,
  scans,
  Scratch,
  type Packed,
  type Rows,
  type Side,
  type Source,
} from './packing';
import { productWorks, type Group, type Pass } from './product';

type Matmul = Instruction<'nc_matmul' | 'nc_matmul_mx'>;

interface Open extends Group {
  readonly passes: Pass[];
}

export class MatmulGroups {
  readonly #lowering: Lowering;
  readonly #scratch = new Scratch();
  #open: Open[] = [];

  constructor(lowering: Lowering) {
    this.#lowering = lowering;
  }

  /** Whether there is no room to pack the operands of an instruction before what is scheduled was submitted. */
  isFull(instruction: Instruction): boolean {
    if (!isProduct(instruction, this.#lowering)) return false;
    const words = (['stationary', 'moving'] as const).map((side) => this.#wordsOf(side, instruction));
    return this.#scratch.isFull(words.reduce((a, b) => a + b, 0) + 8);
  }

  /** The works of a matmul up to its product, which waits; undefined for any other instruction. */
  take(instruction: Instruction): readonly Work[] | undefined {
    if (!isProduct(instruction, this.#lowering)) return undefined;
    const { dst, attributes } = instruction;
    const lowering = this.#lowering.on(instruction.engine);
    const into: Use = { ...lowering.update(dst), options: {} };
    const sides = {
      stationary: this.#sourceOf(instruction, 'stationary'),
      moving: this.#sourceOf(instruction, 'moving'),
    };
    const direct = lowering.direct({ into, stationary: sides.stationary.data, moving: sides.moving.data });
    const { into: chosen = into, stationary = into, moving = into } = direct.operands;
    // Of elements of dst that coincide the last one stays: they are written aside, and brought to their place in order.
    const repeats = mayRepeat(chosen.place);
    const place: Use = repeats
      ? { ...chosen, place: placeAside(lowering.layout, chosen.place, direct.used.chip) }
      : chosen;
    const waits = dst.index === undefined && !repeats;
    const group = attributes.accumulate && waits ? this.#continued(into, instruction) : undefined;
    const works: Work[] = [];
    if (group === undefined)
      works.push(...this.#closeWhere((open) => mayOverlap(open.dst.place, into.place)));
    works.push(...this.#behind(direct.before));
    if (repeats) works.push(...this.#behind(lowering.copy(chosen.place, place.place)));
    const pack = (side: Side, data: Use): Packed => {
      const rows = rowsOf(instruction, instruction.sources[side]);
      const key = packingKey(side, data.place, rows);
      // An index, or scales, may differ where the place is the same.
      const keeps = instruction.opcode === 'nc_matmul' && instruction.sources[side].index === undefined;
      const kept = keeps ? this.#scratch.kept(key) : undefined;
      if (kept !== undefined) return kept;
      const packed = this.#scratch.take(this.#wordsOf(side, instruction));
      works.push(packWork(lowering, side, { ...sides[side], data }, rows, packed));
      if (keeps) this.#scratch.keep(key, packed, data.place);
      return packed;
    };
    const pass = {
      stationary: pack('stationary', stationary),
      moving: pack('moving', moving),
      rows: instruction.sources.stationary.partitions * eachOf(instruction),
    };
    if (group !== undefined) {
      group.passes.push(pass);
      return works;
    }
    const [open, before] = this.#begin(instruction, place, pass);
    works.push(...before);
    // What is written aside does not wait: the next instruction needs that room.
    if (waits) this.#open.push(open);
    else {
      works.push(...productWorks(lowering, open));
      if (repeats) works.push(...this.#behind(lowering.copy(place.place, chosen.place)));
      works.push(...this.#behind(direct.after));
    }
    return works;
  }

  /** Works, each behind the products that must come before it. */
  #behind(works: readonly Work[]): readonly Work[] {
    return works.flatMap((work) => [...this.touched(work), work]);
  }

  /** The products that must come before a work, because it touches their place. */
  touched(work: Work): readonly Work[] {
    this.#scratch.written(work);
    const { touches } = work;
    if (this.#open.length === 0) return [];
    return this.#closeWhere((group) => touches.some((touch) => meet(touchOf(group.dst.place, true), touch)));
  }

  /** Whether a product that waits is to be written there. */
  meets(touch: Touch): boolean {
    return this.#open.some((group) => meet(touchOf(group.dst.place, true), touch));
  }

  /** The products that are left; what comes afterwards finds all of scratch free. */
  close(): readonly Work[] {
    const works = this.#closeWhere(() => true);
    this.#scratch.empty();
    return works;
  }

  #closeWhere(chosen: (group: Open) => boolean): readonly Work[] {
    const closing = this.#open.filter(chosen);
    if (closing.length === 0) return [];
    this.#open = this.#open.filter((group) => !closing.includes(group));
    return closing.flatMap((group) => productWorks(this.#lowering, group));
  }

  #begin(instruction: Matmul, into: Use, pass: Pass): readonly [Open, readonly Work[]] {
    const { stationary, moving } = instruction.sources;
    const [m, n] = [rowsOf(instruction, stationary).columns, rowsOf(instruction, moving).columns];
    const packing = { stationary: packingOf(stationary.dtype), moving: packingOf(moving.dtype) };
    const held = instruction.attributes.accumulate ? this.#scratch.takeStat() : undefined;
    const isScanned = scans(this.#lowering, packing.stationary);
    const open: Open = {
      dst: into,
      m,
      n,
      packing,
      rowWords: {
        stationary: rowWords('stationary', packing.stationary, m),
        moving: rowWords('moving', packing.moving, n),
      },
      held,
      passes: [pass],
    };
    if (held === undefined || !isScanned) return [open, []];
    const src: Use = { place: into.place, reads: true, writes: false };
    return [
      open,
      [this.#lowering.work('scan', scanWgsl, { operands: { src }, counted: 'src', words: [held] })],
    ];
  }

  /** The group that an accumulating matmul goes on with. */
  #continued({ place }: Use, { sources: { stationary, moving } }: Matmul): Open | undefined {
    return this.#open.find(
      (open) =>
        open.dst.place.dtype === place.dtype &&
        coincide(open.dst.place, place) &&
        open.dst.place.partitions === place.partitions &&
        open.packing.stationary === packingOf(stationary.dtype) &&
        open.packing.moving === packingOf(moving.dtype),
    );
  }

  #wordsOf(side: Side, instruction: Matmul): number {
    const pattern = instruction.sources[side];
    const { columns, each } = rowsOf(instruction, pattern);
    return packedWords(side, packingOf(pattern.dtype), columns, pattern.partitions * each);
  }

  #sourceOf(instruction: Matmul, side: Side): Source {
    const data = this.#lowering.read(instruction.sources[side]);
    if (instruction.opcode === 'nc_matmul') return { data };
    return { data, scale: this.#lowering.read(instruction.sources[`${side}_scale`]) };
  }
}

/** Whether it multiplies: from trn2 on, transposing moves codes. */
function isProduct(instruction: Instruction, { chip }: Lowering): instruction is Matmul {
  if (instruction.opcode === 'nc_matmul_mx') return true;
  return (
    instruction.opcode === 'nc_matmul' && !(instruction.attributes.transpose === true && movesCodes(chip))
  );
}

/** Rows of a partition. */
function eachOf(instruction: Matmul): 1 | 2 | 4 {
  if (instruction.opcode === 'nc_matmul_mx') return PACKED_LANES;
  return instruction.attributes.performance === 'double_row' ? 2 : 1;
}

function rowsOf(instruction: Matmul, { dims }: Matmul['dst']): Rows {
  const each = eachOf(instruction);
  const perColumn = instruction.opcode === 'nc_matmul_mx' ? 1 : each;
  return { columns: countOf(dims) / perColumn, each };
}
