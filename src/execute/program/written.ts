/**
 * Which bytes of a memory were ever written, for an executor whose memory is elsewhere. What was written stays so: an access
 * pattern that was found written, or was written itself, is never looked at again.
 */
import { bytesOf, elementsOf } from '../../program';
import type { Pattern } from '../../program';
import { eachStrip, stripsOf } from '../reference/strips';

/** A bit for each byte. */
export class Written {
  readonly #bits: Uint32Array;

  constructor(bytes: number) {
    this.#bits = new Uint32Array(Math.ceil(bytes / 32));
  }

  mark(pattern: Pattern, address: number, pitch: number): void {
    const width = bytesOf(pattern.dtype);
    const strips = stripsOf(pattern, address, pitch);
    const { stride, count } = strips;
    eachStrip(strips, (start) => {
      if (stride === width) this.#mark(start, width * count);
      else for (let i = 0; i < count; i++) this.#mark(start + i * stride, width);
    });
  }

  /** The first element of which a byte was never written, or -1. */
  missing(pattern: Pattern, address: number, pitch: number): number {
    const width = bytesOf(pattern.dtype);
    const strips = stripsOf(pattern, address, pitch);
    const { stride, count } = strips;
    let missing = -1;
    eachStrip(strips, (start, index) => {
      if (missing >= 0) return;
      if (stride === width) {
        const byte = this.#firstUnwritten(start, width * count);
        if (byte >= 0) missing = index + Math.floor((byte - start) / width);
        return;
      }
      for (let i = 0; i < count && missing < 0; i++) {
        if (this.#firstUnwritten(start + i * stride, width) >= 0) missing = index + i;
      }
    });
    return missing;
  }

  /** Elements of `width` bytes that lie anywhere. */
  markAt(addresses: Float64Array, width: number): void {
    for (const address of addresses) this.#mark(address, width);
  }

  /** The first of elements that lie anywhere of which a byte was never written, or -1. */
  missingAt(addresses: Float64Array, width: number): number {
    return addresses.findIndex((address) => this.#firstUnwritten(address, width) >= 0);
  }

  /** For each element: 1 when all its bytes were written. */
  each(pattern: Pattern, address: number, pitch: number): Uint8Array<ArrayBuffer> {
    const width = bytesOf(pattern.dtype);
    const written = new Uint8Array(elementsOf(pattern));
    const strips = stripsOf(pattern, address, pitch);
    eachStrip(strips, (start, index) => {
      for (let i = 0; i < strips.count; i++) {
        written[index + i] = this.#firstUnwritten(start + i * strips.stride, width) < 0 ? 1 : 0;
      }
    });
    return written;
  }

  #firstUnwritten(address: number, bytes: number): number {
    const end = address + bytes;
    for (let at = address; at < end;) {
      const word = at >>> 5;
      const mask = maskOf(at, end);
      const missing = ~(this.#bits[word] ?? 0) & mask;
      if (missing !== 0) return word * 32 + 31 - Math.clz32(missing & -missing);
      at = (word + 1) * 32;
    }
    return -1;
  }

  #mark(address: number, bytes: number): void {
    const end = address + bytes;
    for (let at = address; at < end;) {
      const word = at >>> 5;
      this.#bits[word] = (this.#bits[word] ?? 0) | maskOf(at, end);
      at = (word + 1) * 32;
    }
  }
}

/** The bits of `at`'s word that stand for bytes at .. end-1. */
function maskOf(at: number, end: number): number {
  const last = Math.min(end - 1, at | 31);
  return (-1 << (at & 31)) & (-1 >>> (31 - (last & 31)));
}
