/**
 * Where on-chip tensors lie. The allocator hands out SBUF addresses and PSUM banks, first fit, or takes the caller's,
 * and refuses what overlaps or does not fit. Every tensor lives as long as the Program.
 */
import type { Chip } from '../chip';
import { UserError } from '../numerics';
import type { Dtype } from '../numerics';
import { requireName } from './names';
import { tensorBytes } from './pattern';
import type { HbmTensor, PsumTensor, SbufTensor, Tensor } from './tensors';

/** Named choice: the vendor gives no minimum alignment of SBUF (`sbuf_min_align` has no published value). */
export const SBUF_ALIGN = 64;

export interface OnChipRequest {
  readonly name: string;
  readonly dtype: Dtype;
  readonly partitions: number;
  readonly elements: number;
  readonly partition?: number;
}

/** Bytes `start` to `end` of partitions `first` to `last`, ends excluded. */
interface Area {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
}

const overlaps = (a: Area, b: Area) =>
  a.first < b.last && b.first < a.last && a.start < b.end && b.start < a.end;

/** One on-chip memory: `size` usable bytes of each partition, tensors at multiples of `align`. */
class Arena {
  readonly what: string;
  readonly size: number;
  readonly align: number;
  readonly #areas: Area[] = [];

  constructor(what: string, size: number, align: number) {
    this.what = what;
    this.size = size;
    this.align = align;
  }

  /** The address given, or the lowest that is free in all the partitions. */
  place(request: OnChipRequest, bytes: number, given: number | undefined): number {
    const { name, partitions, partition = 0 } = request;
    if (partition < 0 || partitions < 1 || partition + partitions > 128) {
      throw new UserError(
        `"${name}" takes partitions ${partition}..${partition + partitions - 1}; ${this.what} has 0..127.`,
      );
    }
    const area = (start: number): Area => ({
      name,
      first: partition,
      last: partition + partitions,
      start,
      end: start + bytes,
    });
    const address = given ?? this.#firstFit(area);
    if (address % this.align !== 0) {
      throw new UserError(`"${name}" must start at a multiple of ${this.align} bytes, received ${address}.`);
    }
    if (address + bytes > this.size) {
      throw new UserError(
        `${this.what} is full: "${name}" takes ${bytes} bytes a partition from ${address}, and ${this.size} are usable.`,
      );
    }
    const wanted = area(address);
    const other = this.#areas.find((taken) => overlaps(taken, wanted));
    if (other !== undefined) {
      throw new UserError(
        `"${name}" (bytes ${wanted.start}..${wanted.end - 1}) overlaps "${other.name}" (bytes ${other.start}..${other.end - 1}) in ${this.what}.`,
      );
    }
    this.#areas.push(wanted);
    return address;
  }

  #firstFit(area: (start: number) => Area): number {
    const up = (address: number) => Math.ceil(address / this.align) * this.align;
    const starts = [0, ...this.#areas.map((taken) => up(taken.end))].sort((a, b) => a - b);
    const free = starts.find((start) => !this.#areas.some((taken) => overlaps(taken, area(start))));
    return free ?? 0;
  }
}

/** Collects the tensors of one Program and gives the on-chip ones their places. */
export class Allocator {
  readonly chip: Chip;
  readonly tensors: Tensor[] = [];
  readonly #sbuf: Arena;
  readonly #psum: Arena;

  constructor(chip: Chip) {
    this.chip = chip;
    this.#sbuf = new Arena(`SBUF of ${chip.name}`, chip.sbuf.usableBytes, SBUF_ALIGN);
    this.#psum = new Arena('PSUM', chip.psum.banks * chip.psum.bankBytes, chip.psum.bankBytes);
  }

  /** @throws UserError when the name is taken, or is none. */
  hbm(tensor: Omit<HbmTensor, 'space'>): HbmTensor {
    return this.#add({ space: 'hbm', ...tensor });
  }

  /** @throws UserError when the name is taken, it does not fit, or it overlaps. */
  sbuf(request: OnChipRequest, address?: number): SbufTensor {
    const tensor: SbufTensor = { space: 'sbuf', partition: 0, address: 0, ...request };
    return this.#add({ ...tensor, address: this.#sbuf.place(request, tensorBytes(tensor), address) });
  }

  /** Takes whole banks. @throws UserError when the name is taken, it does not fit, or it overlaps. */
  psum(request: OnChipRequest, bank?: number): PsumTensor {
    const { bankBytes } = this.chip.psum;
    const tensor: PsumTensor = { space: 'psum', partition: 0, bank: 0, ...request };
    const bytes = Math.ceil(tensorBytes(tensor) / bankBytes) * bankBytes;
    const address = this.#psum.place(request, bytes, bank === undefined ? undefined : bank * bankBytes);
    return this.#add({ ...tensor, bank: address / bankBytes });
  }

  #add<T extends Tensor>(tensor: T): T {
    requireName('a tensor', tensor.name);
    if (this.tensors.some((other) => other.name === tensor.name)) {
      throw new UserError(`Two tensors are named "${tensor.name}": names must differ.`);
    }
    this.tensors.push(tensor);
    return tensor;
  }
}
