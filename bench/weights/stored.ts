/** A matrix inside a file: where its bytes lie and what they are, believed only after the checks of `checkExtent`. */
import { UserError } from '../../src/numerics';
import type { ElementType } from './elements';
import type { ByteSource } from './source';

export interface StoredTensor {
  readonly element: ElementType;
  readonly rows: number;
  readonly columns: number;
  /** Byte offset of the first element in the file. */
  readonly offset: number;
}

interface Claim {
  readonly element: ElementType;
  readonly shape: readonly number[] | undefined;
  readonly offset: number;
  /** Bytes that the header gives the tensor; the rest of the file when the format does not say. */
  readonly bytes: number;
}

/** 2 GiB of float32: what one matrix may take in memory here. */
const ELEMENT_LIMIT = 2 ** 29;

/** @throws UserError when the shape is not two positive integers, does not fill its bytes, or passes the file's end. */
export function checkExtent(source: ByteSource, where: string, claim: Claim): StoredTensor {
  const [rows, columns, ...more] = claim.shape ?? [];
  if (rows === undefined || columns === undefined || more.length > 0 || rows * columns === 0) {
    throw new UserError(
      `${where}: a matrix of two dimensions of at least 1 is required, the shape is ${JSON.stringify(claim.shape)}.`,
    );
  }
  const needed = rows * columns * claim.element.bytes;
  if (needed !== claim.bytes) {
    throw new UserError(
      `${where}: ${rows} x ${columns} elements take ${needed} bytes, the header gives them ${claim.bytes}.`,
    );
  }
  if (claim.offset + needed > source.size) {
    throw new UserError(
      `${where}: its bytes end at ${claim.offset + needed}, the file at ${source.size}; it is truncated.`,
    );
  }
  if (rows * columns > ELEMENT_LIMIT) {
    throw new UserError(
      `${where}: ${rows} x ${columns} is more than the ${ELEMENT_LIMIT} elements that one operand may have here.`,
    );
  }
  return { element: claim.element, rows, columns, offset: claim.offset };
}
