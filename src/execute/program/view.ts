/** What a tensor, a bank or a pattern holds at one moment of a run, with what was never written shown as missing. */
import { CHIPS } from '../../chip';
import type { ChipName } from '../../chip';
import { decode, decodeElements, isPacked, UserError } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { bytesOf } from '../../program';
import type { HbmTensor, Pattern, Tensor } from '../../program';

/** What is looked at. */
export interface Viewed {
  /** In words. */
  readonly title: string;
  /** Extents, outermost first; on chip the first is partitions. */
  readonly shape: readonly number[];
  readonly pattern: Pattern;
}

/** Elements in the order of the pattern, copied: a later step does not change them. */
export class MemoryView {
  /** What is seen, in words. */
  readonly title: string;
  readonly dtype: Dtype;
  /** Extents, outermost first; on chip the first is partitions. */
  readonly shape: readonly number[];
  /** Zero where nothing was written. */
  readonly codes: CodeArray;
  /** 1 where all bytes of the element were written, else 0. */
  readonly written: Uint8Array<ArrayBuffer>;

  /** `written` has 1 for each element of which all bytes were written. */
  constructor({ title, shape, pattern }: Viewed, codes: CodeArray, written: Uint8Array<ArrayBuffer>) {
    this.title = title;
    this.dtype = pattern.dtype;
    this.shape = shape;
    this.written = written;
    this.codes = codes.map((code, index) => (written[index] === 1 ? code : 0));
  }

  /** The exact values; NaN where nothing was written. @throws UserError for packed formats, whose codes are no numbers. */
  get values(): Float64Array {
    return Float64Array.from(this.codes, (code, index) =>
      this.written[index] === 1 ? decode(this.dtype, code) : NaN,
    );
  }

  /**
   * As text: a row for each partition (on chip) or index of the outer dimensions, `.` where nothing was written, `...` for
   * what is left out. Values have 6 significant digits at most; the four of a packed code are joined by `|`.
   */
  toString({ rows = 16, columns = 8 }: { readonly rows?: number; readonly columns?: number } = {}): string {
    const width = this.shape.at(-1) ?? 1;
    const count = width === 0 ? 0 : this.codes.length / width;
    const lines = Array.from({ length: Math.min(count, rows) }, (_, row) =>
      this.#row(row * width, width, columns),
    );
    const digits = Math.max(0, ...lines.flat().map((cell) => cell.length));
    const shown = lines.map(
      (cells, row) =>
        `${String(row).padStart(5)}: ${cells.map((cell) => cell.padStart(digits)).join(' ')}${width > columns ? ' ...' : ''}`,
    );
    if (count > rows) shown.push(`${'...'.padStart(5)}  (${count} rows)`);
    return [`${this.title} ${this.dtype} [${this.shape.join(', ')}]`, ...shown].join('\n');
  }

  #row(start: number, width: number, columns: number): string[] {
    return Array.from({ length: Math.min(width, columns) }, (_, column) => {
      const index = start + column;
      return this.written[index] === 1 ? this.#print(index) : '.';
    });
  }

  #print(index: number): string {
    if (isPacked(this.dtype)) {
      return Array.from(decodeElements(this.dtype, this.codes.slice(index, index + 1)), printValue).join('|');
    }
    return printValue(decode(this.dtype, this.codes[index] ?? NaN));
  }
}

/** All elements of an HBM tensor. */
export function whole({ name, dtype, shape }: HbmTensor): Pattern {
  const count = shape.reduce((product, extent) => product * extent, 1);
  return { space: 'hbm', tensor: name, dtype, offset: 0, dims: [[1, count]] };
}

/** All of a tensor. */
export function viewedTensor(tensor: Tensor): Viewed {
  if (tensor.space === 'hbm') {
    const pattern = whole(tensor);
    return { title: titleOf(pattern), shape: tensor.shape, pattern };
  }
  const { space, name, dtype, partition, partitions, elements } = tensor;
  const dims = [[1, elements]] as const;
  const pattern: Pattern = { space, tensor: name, dtype, partition, partitions, offset: 0, dims };
  return { title: titleOf(pattern), shape: [partitions, elements], pattern };
}

/** What a pattern covers. @throws UserError when an index chooses that. */
export function viewedPattern(pattern: Pattern): Viewed {
  if (pattern.index !== undefined) {
    throw new UserError(
      `What an index chooses of "${pattern.tensor}" depends on the instruction: look at "${pattern.tensor}" and at the index by itself.`,
    );
  }
  const extents = pattern.dims.map(([, count]) => count);
  const shape = pattern.space === 'hbm' ? extents : [pattern.partitions, ...extents];
  return { title: titleOf(pattern), shape, pattern };
}

/** A PSUM bank, all 128 partitions of it, counted from the start of PSUM. @throws UserError when the chip has no such bank. */
export function viewedBank(chip: ChipName, bank: number, dtype: Dtype): Viewed {
  const { banks, bankBytes, partitions } = CHIPS[chip].psum;
  if (!Number.isInteger(bank) || bank < 0 || bank >= banks) {
    throw new UserError(`PSUM has banks 0..${banks - 1}, received ${bank}.`);
  }
  const elements = bankBytes / bytesOf(dtype);
  const pattern: Pattern = {
    space: 'psum',
    tensor: '',
    dtype,
    partition: 0,
    partitions,
    offset: bank * elements,
    dims: [[1, elements]],
  };
  return { title: `psum bank ${bank}`, shape: [partitions, elements], pattern };
}

function titleOf(pattern: Pattern): string {
  const from =
    pattern.space === 'hbm' || pattern.partition === 0 ? '' : `, from partition ${pattern.partition},`;
  return `${pattern.space} ${pattern.tensor}${from}`;
}

function printValue(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isInteger(value) && Math.abs(value) < 2 ** 32
    ? String(value)
    : String(Number(value.toPrecision(6)));
}
