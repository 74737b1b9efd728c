/**
 * The memories of a run on the adapter: what is done with them is scheduled, submitted when it is enough or when something is
 * looked at, and read back. Products of accumulation groups that are open are done before what touches their place.
 */
import { initialStates, type AccumulatorEngine } from '../../../isa';
import { codeArray } from '../../../numerics';
import type { CodeArray, Dtype } from '../../../numerics';
import { bytesOf, elementsOf } from '../../../program';
import type { Instruction, Pattern } from '../../../program';
import { DeviceLostError } from '../gpu';
import { accessesOf, type Accesses } from './accesses';
import { PARTITIONS, READOUT_BYTES, STATE, STATE_WORDS, type Layout } from './layout';
import { floatWord, wordFloat, type Lowering } from './lowering';
import { contains, type Rectangle, type Renamed } from './names';
import { placeOf, placeOfState, rangeOf, type Place } from './place';
import type { Session } from './session';
import type { MatmulGroups } from './tensor/groups';
import type { Touch, Work } from './work';

export class Memories {
  /** Looked at before each submission. */
  signal: AbortSignal | undefined;
  readonly #session: Session;
  readonly #layout: Layout;
  readonly #lowering: Lowering;
  readonly #groups: MatmulGroups;
  readonly #reached: () => string;
  /** Of instructions that were met before, which loops repeat. */
  readonly #accesses = new WeakMap<Instruction, Accesses>();

  /** @param reached says where the run stands, for a device that is lost. */
  constructor(
    session: Session,
    layout: Layout,
    lowering: Lowering,
    groups: MatmulGroups,
    reached: () => string,
  ) {
    this.#session = session;
    this.#layout = layout;
    this.#lowering = lowering;
    this.#groups = groups;
    this.#reached = reached;
    this.#fillState();
  }

  /** Whether it is time to submit. */
  get full(): boolean {
    return this.#session.full;
  }

  /**
   * Comes before the works of an instruction are made: what it overwrites whole gets a fresh place where it would have to wait for
   * what still uses the old one, and what it accesses in pieces is brought home.
   */
  rename(instruction: Instruction): void {
    const { names } = this.#layout;
    const { read, written, whole } = this.#accessesOf(instruction);
    if (!names.isEmpty) this.#joinPieces([...read, ...written], whole);
    if (whole.length === 0) return;
    const after = Math.max(-1, ...read.map((each) => this.#schedule.before(this.#touchOf(each, false))));
    for (const each of whole) {
      const [now] = names.overlapping(each);
      const waits = (touch: Touch): boolean =>
        this.#schedule.before(touch) > after || this.#groups.meets(touch);
      if (now === undefined) {
        if (waits(touchOfHome(each))) names.rename(each);
      } else if (isSame(now, each)) {
        const waitsThere = waits(this.#touchOf(each, true));
        if (!waits(touchOfHome(each)) || (waitsThere && names.rename(each))) names.forget(now);
      }
    }
  }

  /** Sent so far. */
  get dispatches(): number {
    return this.#session.dispatches;
  }

  add(works: readonly Work[]): void {
    for (const work of works) this.#addTogether([work]);
  }

  /** The works of an instruction that differ between cores: lists of which no core does two. */
  addApart(lists: readonly (readonly Work[])[]): void {
    const steps = Math.max(0, ...lists.map((works) => works.length));
    for (let step = 0; step < steps; step++) {
      this.#addTogether(lists.flatMap((works) => works[step] ?? []));
    }
  }

  #addTogether(works: readonly Work[]): void {
    for (const work of works) {
      for (const product of this.#groups.touched(work)) this.#session.add(product);
    }
    this.#session.add(...works);
  }

  /** The works of a matmul, which close what groups they must themselves: the group that it begins comes behind them. */
  addGrouped(works: readonly Work[]): void {
    for (const work of works) this.#session.add(work);
  }

  /** @throws DeviceLostError, and the signal's reason. */
  async submit(): Promise<void> {
    for (const product of this.#groups.close()) this.#session.add(product);
    this.#layout.names.renew();
    await this.#onDevice(() => this.#session.submit(this.signal));
  }

  /** Waits until all is done that was scheduled. @throws DeviceLostError, and the signal's reason. */
  async finish(): Promise<void> {
    await this.submit();
    await this.#onDevice(() => this.#session.finish(this.signal));
  }

  /** Gives an HBM tensor of a core its codes. */
  upload(core: number, pattern: Pattern, codes: CodeArray): void {
    const bytes = new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
    this.#session.upload(core, this.#layout.startOf(pattern), bytes);
  }

  /** The codes of all of an HBM tensor, of each of `cores`. */
  async download(pattern: Pattern, cores: readonly number[]): Promise<readonly CodeArray[]> {
    const bytes = elementsOf(pattern) * bytesOf(pattern.dtype);
    const each = await this.#download(cores, this.#layout.startOf(pattern), bytes);
    return each.map((own) => codesOfBytes(pattern.dtype, own));
  }

  /** The codes of what a pattern covers, whose tensor begins at byte `start`, of each of `cores`. */
  async codesOf(
    pattern: Pattern,
    cores: readonly number[],
    start = this.#layout.startOf(pattern),
  ): Promise<readonly CodeArray[]> {
    if (pattern.index !== undefined) {
      this.#bringHome(EVERYWHERE);
      const { operands, before } = this.#lowering.direct({ chosen: this.#lowering.read(pattern) });
      this.add(before);
      if (operands['chosen'] !== undefined) return this.#gather(operands['chosen'].place, cores);
    }
    const place = placeOf(this.#layout, pattern, start);
    if (place.memory === 'chip') {
      const [low, high] = rangeOf(place);
      const { partition, partitions } = place;
      this.#bringHome({ low, high, partition, partitions });
    }
    return place.memory === 'chip' ? this.#gather(place, cores) : this.#pick(pattern, place, cores);
  }

  /** The accumulator registers of an engine of a core, by partition. */
  async accumulators(engine: AccumulatorEngine, core: number): Promise<Float32Array> {
    const place = placeOfState(this.#layout, `${engine}_accumulator`, 0, PARTITIONS);
    const [words = []] = await this.#gather(place, [core]);
    return Float32Array.from(words, wordFloat);
  }

  /** Frees them. */
  release(): void {
    this.#session.release();
  }

  #accessesOf(instruction: Instruction): Accesses {
    let accesses = this.#accesses.get(instruction);
    if (accesses === undefined) {
      accesses = accessesOf(this.#layout, instruction);
      this.#accesses.set(instruction, accesses);
    }
    return accesses;
  }

  get #schedule(): Session['schedule'] {
    return this.#session.schedule;
  }

  /** What an instruction accesses must lie in one piece: at home, or in one rectangle that is renamed. */
  #joinPieces(accessed: readonly Rectangle[], whole: readonly Rectangle[]): void {
    const { names } = this.#layout;
    for (const each of accessed) {
      for (const renamed of names.overlapping(each)) {
        if (contains(renamed, each)) continue;
        if (whole.some((other) => contains(other, renamed))) names.forget(renamed);
        else this.#copyHome(renamed);
      }
    }
  }

  #bringHome(rectangle: Rectangle): void {
    for (const renamed of this.#layout.names.overlapping(rectangle)) this.#copyHome(renamed);
  }

  #copyHome(renamed: Renamed): void {
    const { low, high, partition, partitions, shift } = renamed;
    const width = (high - low) / 4;
    const home: Place = {
      ...{ memory: 'chip', dtype: 'uint32', base: low, partition, partitions, width },
      ...{ steps: [[4, width]], aligned: true },
    };
    this.#layout.names.forget(renamed);
    this.add(this.#lowering.copy({ ...home, base: low + shift }, home));
  }

  /** Where a rectangle lies now, which is in one piece. */
  #touchOf({ low, high, partition, partitions }: Rectangle, writes: boolean): Touch {
    const shift = this.#layout.names.shiftAt(low, partition);
    return { region: 'chip', low: low + shift, high: high + shift, partition, partitions, writes };
  }

  /** A device that is lost meanwhile is reported with the instruction reached. */
  async #onDevice<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      throw new DeviceLostError(
        `${error.message}. The run had reached ${this.#reached()}. Run the Program again.`,
        { cause: error },
      );
    }
  }

  /** What lies on chip: gathered behind the HBM tensors, as many partitions at a time as there is room for. */
  async #gather(place: Place, cores: readonly number[]): Promise<readonly CodeArray[]> {
    const { dtype, partition, partitions, width } = place;
    const row = width * bytesOf(dtype);
    const codes = cores.map(() => codeArray(dtype, partitions * width));
    const rows = Math.max(1, Math.floor(READOUT_BYTES / row));
    for (let first = 0; first < partitions; first += rows) {
      const count = Math.min(rows, partitions - first);
      const piece = { ...place, partition: partition + first, partitions: count };
      const base = this.#layout.readout;
      this.add(this.#lowering.gatherRows(piece, base));
      await this.submit();
      const each = await this.#download(cores, base, count * row);
      codes.forEach((own, at) => {
        own.set(codesOfBytes(dtype, each[at] ?? new Uint8Array(0)), first * width);
      });
    }
    return codes;
  }

  /** What lies in HBM: all bytes that it stretches over, of which its elements are taken. */
  async #pick(pattern: Pattern, place: Place, cores: readonly number[]): Promise<readonly CodeArray[]> {
    await this.submit();
    const [low, high] = rangeOf(place);
    const from = low - (low % 4);
    const each = await this.#download(cores, from, high - from);
    return each.map((bytes) => picked(pattern, place, bytes, from));
  }

  #download(
    cores: readonly number[],
    byte: number,
    bytes: number,
  ): Promise<readonly Uint8Array<ArrayBuffer>[]> {
    return this.#onDevice(() => this.#session.download(cores, byte, bytes));
  }

  /** Accumulators hold NaN, and generators their first states, where nothing was put into them. */
  #fillState(): void {
    const words = new Uint32Array(STATE_WORDS * PARTITIONS);
    for (const engine of ['vector', 'scalar'] as const) {
      const { word } = STATE[`${engine}_accumulator`];
      words.fill(floatWord(NaN), word * PARTITIONS, (word + 1) * PARTITIONS);
    }
    for (const engine of ['vector', 'gpsimd'] as const) {
      const { word, words: each } = STATE[`${engine}_random`];
      initialStates(engine).forEach((value, at) => {
        words[(word + (at % each)) * PARTITIONS + Math.floor(at / each)] = value;
      });
    }
    this.#session.uploadChip(this.#layout.stateOf('vector_accumulator'), words);
  }
}

const EVERYWHERE: Rectangle = { low: 0, high: Infinity, partition: 0, partitions: PARTITIONS };

const touchOfHome = (rectangle: Rectangle): Touch => ({ region: 'chip', ...rectangle, writes: true });

const isSame = (a: Rectangle, b: Rectangle): boolean => contains(a, b) && contains(b, a);

function codesOfBytes(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): CodeArray {
  const codes = codeArray(dtype, bytes.length / bytesOf(dtype));
  new Uint8Array(codes.buffer).set(bytes);
  return codes;
}

/** The elements of a pattern in bytes of HBM that begin at `from`. */
function picked(pattern: Pattern, place: Place, bytes: Uint8Array, from: number): CodeArray {
  const size = bytesOf(pattern.dtype);
  const codes = codeArray(pattern.dtype, place.width);
  const raw = new Uint8Array(codes.buffer);
  let at = 0;
  const visit = (depth: number, byte: number): void => {
    const step = place.steps[depth];
    if (step === undefined) {
      raw.set(bytes.subarray(byte - from, byte - from + size), at);
      at += size;
      return;
    }
    for (let k = 0; k < step[1]; k++) visit(depth + 1, byte + k * step[0]);
  };
  visit(0, place.base);
  return codes;
}
