/** Where the tensors of a Program lie in emulated memory. On-chip tensors share the bytes of SBUF and of PSUM. */
import { CHIPS } from '../../chip';
import type { ChipName } from '../../chip';
import { UserError } from '../../numerics';
import { tensorBytes } from '../../program';
import type { Program, Tensor } from '../../program';
import { Bytes } from './bytes';

/** A tensor's place: which bytes, the address of its first element, and how many bytes apart partitions are. */
export interface Place {
  readonly tensor: Tensor;
  readonly bytes: Bytes;
  readonly address: number;
  readonly pitch: number;
}

/** Most bytes that the HBM tensors of a run take: what 32-bit addresses reach. */
const MEMORY_LIMIT = 2 ** 32;

/** @throws UserError when a Program's tensors do not fit the chip, or this executor. */
export function checkMemory({ chip, tensors }: Program): void {
  const hbm = tensors.reduce((sum, tensor) => sum + (tensor.space === 'hbm' ? tensorBytes(tensor) : 0), 0);
  if (!(hbm <= MEMORY_LIMIT)) {
    throw new UserError(
      `HBM tensors take at most ${MEMORY_LIMIT} bytes together in the reference executor, received ${hbm}. Run a smaller problem.`,
    );
  }
  const { sbuf, psum } = CHIPS[chip];
  const limits = { sbuf: sbuf.bytes, psum: psum.banks * psum.bankBytes };
  for (const tensor of tensors) {
    if (tensor.space === 'hbm') continue;
    const start = startOf(tensor, psum.bankBytes);
    const end = start + tensorBytes(tensor);
    const fits = start >= 0 && end <= limits[tensor.space];
    if (!fits || tensor.partition < 0 || !(tensor.partition + tensor.partitions <= 128)) {
      throw new UserError(
        `Tensor "${tensor.name}" ends at byte ${end} of partition ${tensor.partition + tensor.partitions - 1}; ${tensor.space.toUpperCase()} of ${chip} has ${limits[tensor.space]} bytes of partitions 0..127.`,
      );
    }
  }
}

const startOf = (tensor: Tensor, bankBytes: number) =>
  tensor.space === 'hbm' ? 0 : tensor.space === 'sbuf' ? tensor.address : tensor.bank * bankBytes;

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
