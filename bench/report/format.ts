/** Numbers as every report writes them, for a terminal and on the page. */

/** Three digits, whole numbers from 1000. */
export function significant(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** Three digits of a megabyte of 10^6 bytes; whole bytes below a thousandth of it. */
export function megabytes(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : `${significant(bytes / 1e6)} MB`;
}

/** A share, in the width that a terminal's column has; the page sets a space before the sign. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)}%`;
}
