/** What a tensor, a bank or a pattern holds at one moment of a run, with what was never written shown as missing. */
import { codeArray, decode, decodeElements, isPacked } from '../../numerics';
import type { CodeArray, Dtype } from '../../numerics';
import { bytesOf, elementsOf } from '../../program';
import type { Pattern } from '../../program';
import type { Place } from './places';
import { stripsOf } from './strips';

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

  constructor(
    title: string,
    shape: readonly number[],
    pattern: Pattern,
    { bytes, address, pitch }: Omit<Place, 'tensor'>,
  ) {
    this.title = title;
    this.dtype = pattern.dtype;
    this.shape = shape;
    const strips = stripsOf(pattern, address, pitch);
    const codes = codeArray(pattern.dtype, elementsOf(pattern));
    bytes.gather(strips, codes);
    this.written = bytes.written(strips, bytesOf(pattern.dtype), codes.length);
    this.codes = codes.map((code, index) => (this.written[index] === 1 ? code : 0));
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

function printValue(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return Number.isInteger(value) && Math.abs(value) < 2 ** 32
    ? String(value)
    : String(Number(value.toPrecision(6)));
}
