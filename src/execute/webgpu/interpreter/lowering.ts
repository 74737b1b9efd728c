/**
 * From an instruction to the works that do it. `Lowering.lane` serves every instruction that goes through its elements lane by
 * lane: it places operands, picks the kernel, and writes aside what would otherwise overwrite elements that are still to be read.
 */
import type { ChipName, EngineName } from '../../../chip';
import { groupOf, type RuntimeRule } from '../../../isa';
import { bytesOf } from '../../../program';
import type { ChipPattern, Pattern, WriteOptions } from '../../../program';
import copyWgsl from '../../../../shaders/interpreter/copy.wgsl';
import fillWgsl from '../../../../shaders/interpreter/fill.wgsl';
import { appendOperand, kindOf } from './descriptor';
import { functionsWgsl, type Arithmetic } from './functions';
import { gatherWork, placesOf, scatterWork } from './indirect';
import {
  extentKey,
  laneKernel,
  type Kernel,
  type Kernels,
  type KernelSpec,
  type OperandKind,
} from './kernel';
import type { Layout, Memory, StateName } from './layout';
import {
  bothAsWords,
  coincide,
  asideBytes,
  asWords,
  isWordSafe,
  mayOverlap,
  mayRepeat,
  mayShareWords,
  placeAside,
  placeInHbm,
  placeOf,
  placeOfState,
  rangeOf,
  touchOf,
  type Place,
} from './place';
import type { LaneOptions, Use, Uses } from './use';
import type { Touch, Work } from './work';

export type { LaneOptions, Use } from './use';

/** Uses without an index, and what gathers and scatters their elements. */
export interface Direct {
  readonly operands: Uses;
  readonly before: readonly Work[];
  readonly after: readonly Work[];
  /** Bytes aside that they take. */
  readonly used: Record<Memory, number>;
}

/** Bytes aside that an instruction takes. */
type Room = Direct['used'];

/** Results that are written aside, what brings what they hold there, and what brings them to their places. */
type Apart = Pick<Direct, 'operands' | 'before' | 'after'>;

const NOTHING_USED: Readonly<Direct['used']> = { chip: 0, hbm: 0 };

/** What only the values of a run show: as Machine.report of src/isa, of one core, or of all that the instruction is lowered for. */
export type Report = (
  rule: RuntimeRule,
  operand: string,
  required: string,
  received: string,
  core?: number,
) => void;

/** By bytes of an element: the word that has a 1 in each. */
const REPEATED: Readonly<Record<number, number>> = { 1: 0x01010101, 2: 0x00010001, 4: 1 };

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The float32 bits of a number, which is rounded to float32. */
export function floatWord(value: number): number {
  float[0] = value;
  return bits[0] ?? 0;
}

export function wordFloat(word: number): number {
  bits[0] = word;
  return float[0] ?? NaN;
}

export class Lowering {
  readonly chip: ChipName;
  readonly layout: Layout;
  readonly kernels: Kernels;
  readonly arithmetic: Arithmetic;
  /** Partitions that share the offsets of an index. */
  readonly group: number;
  readonly #byGroup: Map<number, Lowering>;

  constructor(
    chip: ChipName,
    layout: Layout,
    kernels: Kernels,
    arithmetic: Arithmetic,
    group = groupOf('vector'),
    byGroup = new Map<number, Lowering>(),
  ) {
    this.chip = chip;
    this.layout = layout;
    this.kernels = kernels;
    this.arithmetic = arithmetic;
    this.group = group;
    this.#byGroup = byGroup.set(group, this);
  }

  /** The lowering of an engine's instructions. */
  on(engine: EngineName): Lowering {
    const { chip, layout, kernels, arithmetic } = this;
    const group = groupOf(engine);
    return this.#byGroup.get(group) ?? new Lowering(chip, layout, kernels, arithmetic, group, this.#byGroup);
  }

  /** An operand that is read. */
  read(pattern: Pattern): Use {
    return { ...placesOf(this.layout, pattern), reads: true, writes: false };
  }

  /** An operand that is written, every element of it, rounded as `options` say. */
  write(pattern: Pattern, options?: WriteOptions): Use {
    const places = placesOf(this.layout, pattern);
    return { ...places, reads: false, writes: true, ...(options !== undefined && { options }) };
  }

  /** An operand of which some elements stay as they are. */
  update(pattern: Pattern): Use {
    return { ...placesOf(this.layout, pattern), reads: true, writes: true };
  }

  /** A piece of the engines' state, of the partitions of an operand. */
  state(
    name: StateName,
    { partition, partitions }: { readonly partition: number; readonly partitions: number },
    width = 1,
  ): Use {
    return {
      place: placeOfState(this.layout, name, partition, partitions, width),
      reads: true,
      writes: true,
    };
  }

  /** The works of an instruction that goes through elements lane by lane. */
  lane(name: string, body: string, options: LaneOptions): readonly Work[] {
    const { operands: direct, before: gathers, after, used } = this.direct(options.operands);
    used.chip = Math.max(used.chip, this.#takenBy(direct));
    const ordered = this.#ordered(direct, options, used);
    // The second of two works reads its sources after the first has written.
    const twice = Object.keys(direct).some((each) => sharesWords(each, direct, options));
    const elementwise = options.elementwise === true && !twice;
    const { operands, before } = this.#aside({ ...options, operands: ordered.operands, elementwise }, used);
    const works = this.#alternatives(operands, options, used).map((each) =>
      this.work(name, body, { ...options, operands: each }),
    );
    return [...gathers, ...before, ...ordered.before, ...works, ...ordered.after, ...after];
  }

  /**
   * Writes a result aside and copies it to its place afterwards, where elements of it are the same one, of which the last in the
   * pattern's order stays, and the body has an order of its own. What the body leaves alone stays as it is.
   */
  #ordered(
    operands: Uses,
    { elementwise = false, independent = false, parts = {} }: LaneOptions,
    used: Room,
  ): Apart {
    let replaced: Record<string, Use> | undefined;
    const [before, after]: [Work[], Work[]] = [[], []];
    if (elementwise || independent) return { operands, before, after };
    for (const name in operands) {
      const use = operands[name];
      if (use === undefined || !use.writes || use.reads) continue;
      if (use.place.memory === 'hbm' || !mayRepeat(use.place)) continue;
      const place = this.#room(use.place, used);
      before.push(...this.copy(use.place, place));
      const written = parts[name];
      after.push(...(written === undefined ? this.copy(place, use.place) : this.#copyParts(place, written)));
      replaced ??= { ...operands };
      replaced[name] = { ...use, place };
    }
    return { operands: replaced ?? operands, before, after };
  }

  /** Brings the parts of a result from its room aside to their places. */
  #copyParts(aside: Place, parts: readonly ChipPattern[]): readonly Work[] {
    const done = new Map<number, number>();
    return parts.flatMap((part) => {
      const dst = placeOf(this.layout, part);
      const at = done.get(dst.partition) ?? 0;
      done.set(dst.partition, at + dst.width);
      const size = bytesOf(aside.dtype);
      const { partition, partitions, width } = dst;
      const base = aside.base + at * size;
      return this.copy({ ...aside, base, partition, partitions, width, steps: [[size, width]] }, dst);
    });
  }

  /** Bytes aside that operands of an instruction's own take. */
  #takenBy(operands: Uses): number {
    const start = this.layout.aside.chip;
    const ends = Object.values(operands).map(({ place }) =>
      place.memory === 'chip' && place.base >= start && place.base < this.layout.fresh
        ? rangeOf(place)[1] - start
        : 0,
    );
    return Math.ceil(Math.max(0, ...ends) / 4) * 4;
  }

  /**
   * The operands of a work; of two, where a result has words of dst in partitions that other lanes write: the first has dst alone in
   * its place, the second, which goes behind it, the results. Only instructions without state have such results.
   */
  #alternatives(operands: Uses, options: LaneOptions, used: Room): readonly Uses[] {
    const sharing = Object.keys(operands).filter((name) => sharesWords(name, operands, options));
    const main = operands[options.counted];
    if (sharing.length === 0 || main === undefined) return [operands];
    const first: Record<string, Use> = { ...operands };
    for (const name of sharing) {
      const use = operands[name];
      if (use !== undefined) first[name] = { ...use, place: this.#room(use.place, used) };
    }
    const second = { ...operands, [options.counted]: { ...main, place: this.#room(main.place, used) } };
    return [first, second];
  }

  /** As much room aside as an operand takes. */
  #room(place: Place, used: Room): Place {
    const aside = placeAside(this.layout, place, used[place.memory]);
    used[place.memory] += asideBytes(place);
    return aside;
  }

  /**
   * Operands whose places are patterns: those with an index are moved to room aside. `before` gathers what of them is read, and
   * goes ahead of the works that use them; `after` scatters what was written. `lane` does this itself; works that are made
   * otherwise, such as those of matmuls, begin with it.
   */
  direct(operands: Uses): Direct {
    let direct: Record<string, Use> | undefined;
    const [before, after]: [Work[], Work[]] = [[], []];
    const used = { ...NOTHING_USED };
    for (const name in operands) {
      const use = operands[name];
      if (use?.index === undefined) continue;
      const { reads, writes, options } = use;
      const place = this.#room(use.place, used);
      if (reads) before.push(gatherWork(this, use, place));
      if (writes) after.push(scatterWork(this, use, place));
      direct ??= { ...operands };
      direct[name] = { place, reads, writes, ...(options !== undefined && { options }) };
    }
    return { operands: direct ?? operands, before, after, used };
  }

  /** Copies what is read to room aside, where something else is written over elements that may still be read. */
  #aside(
    { operands, elementwise = false }: LaneOptions,
    already: Readonly<Direct['used']>,
  ): { readonly operands: Uses; readonly before: readonly Work[] } {
    let before: Work[] | undefined;
    let replaced: Record<string, Use> | undefined;
    const used = { ...already };
    for (const name in operands) {
      const use = operands[name];
      if (use === undefined || use.writes || !isOverwritten(use, operands, elementwise)) continue;
      const { place } = use;
      const aside = this.#room(place, used);
      before ??= [];
      replaced ??= { ...operands };
      before.push(...this.copy(place, aside));
      replaced[name] = { ...use, place: aside };
    }
    return { operands: replaced ?? operands, before: before ?? [] };
  }

  /** dst = src, code by code, of equal formats; either in HBM, where the other's partitions are rows. */
  copy(src: Place, dst: Place): readonly Work[] {
    const [from, to] = bothAsWords(src, dst);
    const operands = {
      dst: { place: to, reads: false, writes: true },
      src: { place: from, reads: true, writes: false },
    };
    const counted = dst.memory === 'chip' ? 'dst' : 'src';
    return [this.work('copy', copyWgsl, { operands, counted, elementwise: true })];
  }

  /** Every element of dst becomes a code. */
  fill(dst: Place, code: number): readonly Work[] {
    const place = asWords(dst) ?? dst;
    // A word holds the code as often as it has room for it.
    const word = place === dst ? code : Math.imul(code, REPEATED[bytesOf(dst.dtype)] ?? 1);
    const operands = { dst: { place, reads: false, writes: true } };
    return [
      this.work('fill', fillWgsl, { operands, counted: 'dst', elementwise: true, words: [word >>> 0] }),
    ];
  }

  /** The elements of an operand on chip, dense in HBM from a byte on, partition after partition. */
  gatherRows(src: Place, base: number): readonly Work[] {
    return this.copy(src, placeInHbm(src.dtype, base, src.partitions * src.width));
  }

  /** One work of an instruction whose operands are direct, and none of which another overwrites. */
  work(name: string, body: string, options: LaneOptions): Work {
    const { operands, counted, words = [], table, reported } = options;
    const main = operands[counted]?.place;
    if (main === undefined) throw new Error(`Invariant violation: ${name} has no operand "${counted}"`);
    const lanes = options.lanes ?? main.partitions;
    const kernel = this.#kernel(name, body, options);
    const descriptor: number[] = [...words];
    const touches: Touch[] = [];
    let start: number | undefined = options.crosses === true ? undefined : main.partition;
    let splits = options.elementwise === true || options.independent === true;
    for (const operand in operands) {
      const use = operands[operand];
      if (use === undefined) continue;
      const { place } = use;
      appendOperand(descriptor, use, place.memory === 'hbm' ? place.width / lanes : place.width);
      const { memory, partition } = place;
      if (use.reads) touches.push(touchOf(place, false));
      if (use.writes) {
        touches.push(touchOf(place, true));
        splits &&= memory === 'hbm' ? !mayRepeat(place) : isWordSafe(place);
      }
      if (memory === 'hbm' || partition !== start) start = undefined;
    }
    const elements = main.memory === 'hbm' ? main.width / lanes : main.width;
    return {
      kernel,
      lanes,
      elements,
      words: descriptor,
      touches,
      start,
      splits,
      ...(table !== undefined && { table }),
      ...(reported !== undefined && { reported }),
    };
  }

  #kernel(name: string, body: string, options: LaneOptions): Kernel {
    const { operands, counted, values = {}, words = [], functions, conversions = {} } = options;
    const { extent } = this.layout;
    let key = `${name}|${extentKey(extent)}`;
    for (const value in values) key += `|${values[value] ?? ''}`;
    for (const operand in operands) {
      const use = operands[operand];
      if (use === undefined) continue;
      const { memory, dtype, steps, aligned } = use.place;
      key += `|${operand}:${memory}:${dtype}:${steps.length}${aligned ? '' : 'u'}`;
      const { rounding, saturate } = use.options ?? {};
      if (rounding !== undefined || saturate === true)
        key += `:${rounding ?? ''}${saturate === true ? 's' : ''}`;
    }
    return this.kernels.of(key, () => {
      const kinds: Record<string, OperandKind> = {};
      for (const [operand, use] of Object.entries(operands)) kinds[operand] = kindOf(use);
      const text = functions && functionsWgsl({ arithmetic: this.arithmetic, ...functions });
      const spec: KernelSpec = {
        name,
        body,
        values,
        operands: kinds,
        attributes: words.length,
        extent,
        counted,
        functions: text ?? '',
        conversions,
      };
      return laneKernel(key, spec);
    });
  }
}

/** Whether a result has words of dst in partitions that other lanes write. */
function sharesWords(name: string, operands: Uses, { counted, crosses = false }: LaneOptions): boolean {
  const [use, main] = [operands[name], operands[counted]];
  if (use === undefined || use === main || main?.writes !== true || !use.writes || use.reads) return false;
  const sameLanes = !crosses && use.place.partition === main.place.partition;
  return !sameLanes && mayShareWords(use.place, main.place);
}

function isOverwritten({ place }: Use, operands: LaneOptions['operands'], elementwise: boolean): boolean {
  for (const name in operands) {
    const other = operands[name];
    if (other?.writes !== true || !mayOverlap(place, other.place)) continue;
    // Of elements that are the same one, the second would be read after the first is written.
    if (!(elementwise && coincide(place, other.place) && !mayRepeat(place))) return true;
  }
  return false;
}
