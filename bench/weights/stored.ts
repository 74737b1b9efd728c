/** A matrix inside a file: where its bytes lie and what they are, believed only after the checks of `checkExtent`. */
import { UserError } from '../../src/numerics';
import { COMMAND_LINE } from './controls';
import { elementType, type ElementType, type StoredDtype } from './elements';
import type { ByteSource } from './source';

export interface StoredTensor {
  readonly element: ElementType;
  readonly rows: number;
  readonly columns: number;
  /** Byte offset of the first element in the file. */
  readonly offset: number;
  /** The bytes lie column by column. */
  readonly columnMajor: boolean;
}

interface Claim {
  readonly element: ElementType;
  /** Undefined where the file has something else than a list of integers. */
  readonly shape: readonly number[] | undefined;
  /** As the file has it, for messages. */
  readonly shapeText: string;
  readonly offset: number;
  /** Bytes that the header gives to the tensor; left out where the tensor takes the rest of the file. */
  readonly bytes?: number;
  readonly columnMajor?: boolean;
}

/** 2 GiB of float32: what one matrix may take in memory here. */
const ELEMENT_LIMIT = 2 ** 29;

/** @throws UserError when the claimed tensor is not two positive integers, does not fill its bytes, or passes the file's end. */
export function checkExtent(source: ByteSource, where: string, claim: Claim): StoredTensor {
  const [rows, columns, ...more] = claim.shape ?? [];
  if (rows === undefined || columns === undefined || more.length > 0 || rows * columns === 0) {
    throw new UserError(
      `${where}: a matrix of two dimensions of at least 1 is required, the shape is ${claim.shapeText}.`,
    );
  }
  const needed = rows * columns * claim.element.bytes;
  const { bytes = source.size - claim.offset } = claim;
  if (needed !== bytes) {
    const given =
      claim.bytes === undefined ? `the file has ${bytes} for them` : `the header gives them ${bytes}`;
    const end = claim.bytes === undefined && bytes < needed ? '; it is truncated' : '';
    throw new UserError(`${where}: ${rows} x ${columns} elements take ${needed} bytes, ${given}${end}.`);
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
  const { element, offset, columnMajor = false } = claim;
  return { element, rows, columns, offset, columnMajor };
}

/**
 * The element type that a file's own name of it stands for; `undefined` in `known` where the name tells the width alone.
 * With `wanted`, the bits are read as that format, whatever their name, if its elements are as wide.
 *
 * @throws UserError for a name that is unknown, or that does not tell a format when none is wanted, or of another width.
 */
export function namedElement(
  where: string,
  name: string | undefined,
  known: ReadonlyMap<string, StoredDtype | undefined>,
  wanted: StoredDtype | undefined,
  { dtype: control } = COMMAND_LINE,
): ElementType {
  if (name === undefined || !known.has(name)) {
    throw new UserError(
      `${where}: dtype ${String(name)} cannot be read; known: ${[...known.keys()].join(', ')}.`,
    );
  }
  const dtype = known.get(name);
  if (wanted === undefined) {
    if (dtype !== undefined) return elementType(dtype);
    throw new UserError(
      `${where}: dtype ${name} says one byte each, not which format they are: name it, ${control}.`,
    );
  }
  const element = elementType(wanted);
  const bytes = dtype === undefined ? 1 : elementType(dtype).bytes;
  if (bytes === element.bytes) return element;
  throw new UserError(
    `${where}: elements of dtype ${name} take ${bytes} bytes each; they cannot be read as ${wanted}, which takes ${element.bytes}.`,
  );
}
