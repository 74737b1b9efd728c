/** Where the tensors of a Program lie in emulated memory. On-chip tensors share the bytes of SBUF and of PSUM. */
import { CHIPS } from '../../chip';
import type { ChipName } from '../../chip';
import { UserError } from '../../numerics';
import { tensorBytes } from '../../program';
import type { Program, Tensor } from '../../program';
import { startOf } from '../program/memory';
import { Bytes } from './bytes';

/** A tensor's place: which bytes, the address of its first element, and how many bytes apart partitions are. */
export interface Place {
  readonly tensor: Tensor;
  readonly bytes: Bytes;
  readonly address: number;
  readonly pitch: number;
}

/** The memories of a Program, with nothing written. */
export interface Places {
  readonly chip: ChipName;
  readonly byName: ReadonlyMap<string, Place>;
  /** All of PSUM, as one partition-sized place at byte 0. */
  readonly psum: Omit<Place, 'tensor'>;
}

/** Gives every tensor its bytes. SBUF is as long as the Program's tensors reach. */
export function placeTensors({ chip, tensors }: Program): Places {
  const { bankBytes, banks } = CHIPS[chip].psum;
  const reach = tensors.map((tensor) => (tensor.space === 'sbuf' ? tensor.address + tensorBytes(tensor) : 0));
  // Whole words, so that an element that is aligned in one partition is in all.
  const pitch = {
    sbuf: Math.ceil(reach.reduce((a, b) => Math.max(a, b), 0) / 4) * 4,
    psum: banks * bankBytes,
  };
  const chipBytes = { sbuf: allocate(128 * pitch.sbuf), psum: allocate(128 * pitch.psum) };
  const place = (tensor: Tensor): Place =>
    tensor.space === 'hbm'
      ? { tensor, bytes: allocate(tensorBytes(tensor)), address: 0, pitch: 0 }
      : {
          tensor,
          bytes: chipBytes[tensor.space],
          address: startOf(tensor, bankBytes),
          pitch: pitch[tensor.space],
        };
  return {
    chip,
    byName: new Map(tensors.map((tensor) => [tensor.name, place(tensor)])),
    psum: { bytes: chipBytes.psum, address: 0, pitch: pitch.psum },
  };
}

function allocate(size: number): Bytes {
  try {
    return new Bytes(size);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(
      `This machine has no ${size} bytes in one piece for a tensor's memory. Run a smaller problem.`,
    );
  }
}
