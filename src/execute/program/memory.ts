/** Whether the tensors of a Program fit the chip, and an executor. */
import { CHIPS } from '../../chip';
import { UserError } from '../../numerics';
import { tensorBytes } from '../../program';
import type { Program, Tensor } from '../../program';

/** Most bytes that the HBM tensors of a run take: what 32-bit addresses reach. */
const MEMORY_LIMIT = 2 ** 32;

/** @throws UserError when a Program's tensors do not fit the chip, or this executor. */
export function checkMemory({ chip, tensors }: Program): void {
  const hbm = tensors.reduce((sum, tensor) => sum + (tensor.space === 'hbm' ? tensorBytes(tensor) : 0), 0);
  if (!(hbm <= MEMORY_LIMIT)) {
    throw new UserError(
      `HBM tensors take at most ${MEMORY_LIMIT} bytes together in an executor, received ${hbm}. Run a smaller problem.`,
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

/** The byte at which a tensor begins: of each partition, on chip. */
export const startOf = (tensor: Tensor, bankBytes: number) =>
  tensor.space === 'hbm' ? 0 : tensor.space === 'sbuf' ? tensor.address : tensor.bank * bankBytes;
