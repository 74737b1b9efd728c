/**
 * Where the memories of a Program lie on the adapter. HBM is one buffer, tensors at multiples of 256 bytes. SBUF, PSUM and the
 * registers of the engines are one other: of each partition first the bytes of SBUF that the Program uses, then PSUM, then the
 * engines' state, then room for what must be written aside, and for what is renamed (names.ts). Its words are interleaved: word w of partition p is word
 * 128 w + p, so that neighbouring lanes take neighbouring words. Where several cores run a Program, each has all of this, one behind the
 * other in the same buffers: what is said here is said of each of them.
 */
import { CHIPS } from '../../../chip';
import { UserError } from '../../../numerics';
import { instructionsOf, tensorBytes } from '../../../program';
import type { Instruction, Pattern, Program, Tensor } from '../../../program';
import { Names, type Rectangle } from './names';

export const PARTITIONS = 128;

/** The state of the engines that outlives an instruction: words of each partition. */
export const STATE = {
  vector_accumulator: { word: 0, words: 1 },
  scalar_accumulator: { word: 1, words: 1 },
  gpsimd_random: { word: 2, words: 6 },
  vector_random: { word: 8, words: 24 },
} as const;

export type StateName = keyof typeof STATE;

/** Words of state of each partition. */
export const STATE_WORDS = 32;
/** Room in HBM, behind the tensors, where what is looked at is gathered. */
export const READOUT_BYTES = 2 ** 20;
/** Bytes for the operands of matmuls that wait for their multiplication. */
export const SCRATCH_BYTES = 2 ** 24;
/** Of a Program that multiplies no matrices. */
const NO_SCRATCH_BYTES = 2 ** 8;
/** Room for what is known of those operands, at the beginning of the reports. */
export const STATS_BYTES = 2 ** 16;
const HBM_ALIGNMENT = 256;
const LEAST_CHIP_BYTES = 2 ** 15;
/** Bytes of each partition to which what is overwritten may be renamed, at most. */
const MOST_FRESH_BYTES = 2 ** 16;

export type Memory = 'chip' | 'hbm';

/** The on-chip memories of a run, as kernels know them: words of each core, and cores. */
export interface Extent {
  readonly chipWords: number;
  readonly cores: number;
}

/** Where they lie besides the Program: how much a buffer may have, and how many cores run it. */
export interface LayoutOptions {
  /** Bytes of a buffer: there is no room for renaming where it would pass them; 0, or left out, for none. */
  readonly maxBytes?: number;
  /** 1 when left out. */
  readonly cores?: number;
}

/** Bytes of the largest operands that an instruction may have to write aside: of each partition on chip, and in HBM. */
export interface Aside {
  readonly chip: number;
  readonly hbm: number;
}

const isMatmul = ({ opcode }: Instruction): boolean => opcode === 'nc_matmul' || opcode === 'nc_matmul_mx';

const align = (value: number, to: number) => Math.ceil(value / to) * to;

export class Layout {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly cores: number;
  /** Bytes for the operands of its matmuls. */
  readonly scratch: number;
  /** Bytes of each partition, and of HBM. */
  readonly bytes: Readonly<Record<Memory, number>>;
  /** Where there is room to write aside, in either memory. */
  readonly aside: Readonly<Record<Memory, number>>;
  /** The byte of a partition at which PSUM begins. */
  readonly psumStart: number;
  /** The byte of HBM at which there is room to gather what is looked at. */
  readonly readout: number;
  /** The byte of each partition behind all of these, from which on there is room for what is renamed. */
  readonly fresh: number;
  /** Where what was overwritten lies meanwhile, instead of at home. */
  readonly names: Names;
  readonly #starts = new Map<string, number>();
  readonly #stateStart: number;

  constructor(program: Program, aside: Aside, { maxBytes = 0, cores = 1 }: LayoutOptions = {}) {
    const { chip, tensors, instructions } = program;
    this.cores = cores;
    this.scratch = [...instructionsOf(instructions)].some(isMatmul) ? SCRATCH_BYTES : NO_SCRATCH_BYTES;
    const { banks, bankBytes } = CHIPS[chip].psum;
    this.tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const reach = tensors.map((tensor) =>
      tensor.space === 'sbuf' ? tensor.address + tensorBytes(tensor) : 0,
    );
    const sbuf = align(
      reach.reduce((a, b) => Math.max(a, b), 0),
      4,
    );
    let hbm = 0;
    for (const tensor of tensors) {
      if (tensor.space === 'sbuf') this.#starts.set(tensor.name, tensor.address);
      else if (tensor.space === 'psum') this.#starts.set(tensor.name, sbuf + tensor.bank * bankBytes);
      else {
        this.#starts.set(tensor.name, hbm);
        hbm = align(hbm + tensorBytes(tensor), HBM_ALIGNMENT);
      }
    }
    this.readout = hbm;
    this.#stateStart = sbuf + banks * bankBytes;
    this.psumStart = sbuf;
    this.aside = { chip: this.#stateStart + STATE_WORDS * 4, hbm: hbm + READOUT_BYTES };
    // A power of two: kernels know how much memory there is, which makes their bounds checks cheap, and few sizes are few kernels.
    const chipBytes = (room: number): number =>
      Math.max(LEAST_CHIP_BYTES, 2 ** Math.ceil(Math.log2(used + room)));
    const used = align(this.aside.chip + aside.chip + 4, 4);
    const wanted = Math.min(MOST_FRESH_BYTES, used);
    const fits = cores * PARTITIONS * chipBytes(wanted) <= maxBytes;
    this.bytes = {
      chip: chipBytes(fits ? wanted : 0),
      hbm: this.aside.hbm + align(aside.hbm, HBM_ALIGNMENT),
    };
    this.fresh = used;
    this.names = new Names(used, fits ? this.bytes.chip : 0);
  }

  get extent(): Extent {
    return { chipWords: (PARTITIONS * this.bytes.chip) / 4, cores: this.cores };
  }

  /** The byte of a tensor's first element: of each partition, on chip. */
  startOf(pattern: Pattern): number {
    const start = this.#starts.get(pattern.tensor);
    if (start === undefined) throw new Error(`Invariant violation: no tensor "${pattern.tensor}"`);
    return start;
  }

  /** What a tensor on chip takes, at home. */
  rectangleOf(name: string): Rectangle {
    const tensor = this.tensors.get(name);
    const low = this.#starts.get(name);
    if (tensor === undefined || tensor.space === 'hbm' || low === undefined)
      throw new Error(`Invariant violation: no tensor "${name}" on chip`);
    const { partition, partitions } = tensor;
    return { low, high: low + tensorBytes(tensor), partition, partitions };
  }

  /** The byte of each partition at which a piece of the engines' state begins. */
  stateOf(name: StateName): number {
    return this.#stateStart + STATE[name].word * 4;
  }

  /** @throws UserError when the memories do not fit the adapter's buffers. */
  check(maxBytes: number): void {
    const { cores } = this;
    const wanted = {
      'SBUF and PSUM': PARTITIONS * this.bytes.chip,
      'HBM tensors': this.bytes.hbm,
      ...(cores > 1 && { 'Matmul operands': this.scratch }),
    };
    for (const [what, bytes] of Object.entries(wanted)) {
      if (cores * bytes <= maxBytes) continue;
      const [of, instead] =
        cores === 1 ? ['', 'a smaller problem'] : [` on ${cores} cores`, 'fewer cores, or a smaller problem'];
      throw new UserError(
        `${what} of this Program take ${cores * bytes} bytes on the adapter${of}; its largest storage buffer is ${maxBytes} bytes. Run ${instead}, or use the reference executor.`,
      );
    }
  }
}
