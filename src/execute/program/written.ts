/** Which bytes of a memory were ever written: bit by bit, and by access pattern for an executor whose memory is elsewhere. */
import { bytesOf, elementsOf } from '../../program';
import type { Pattern } from '../../program';
import { eachStrip, stripsOf, type Strips } from './strips';

/** A bit for each byte of a memory: whether it was written. */
export class WrittenBits {
  /** 32 to a word, the first byte in the lowest bit. */
  readonly words: Uint32Array;

  /** Of a memory of so many bytes, or a copy of another's. */
  constructor(of: number | WrittenBits) {
    this.words = typeof of === 'number' ? new Uint32Array(Math.ceil(of / 32)) : of.words.slice();
  }

  mark(address: number, bytes: number): void {
    const end = address + bytes;
    for (let at = address; at < end;) {
      const word = at >>> 5;
      this.words[word] = (this.words[word] ?? 0) | maskOf(at, end);
      at = (word + 1) * 32;
    }
  }

  /** The address of the first byte of a range that was never written, or -1. */
  unwritten(address: number, bytes: number): number {
    const end = address + bytes;
    for (let at = address; at < end;) {
      const word = at >>> 5;
      const missing = ~(this.words[word] ?? 0) & maskOf(at, end);
      if (missing !== 0) return word * 32 + 31 - Math.clz32(missing & -missing);
      at = (word + 1) * 32;
    }
    return -1;
  }

  /** For each of `elements` of `width` bytes that strips lead to: 1 when all its bytes were written. */
  each(strips: Strips, width: number, elements: number): Uint8Array<ArrayBuffer> {
    const written = new Uint8Array(elements);
    eachStrip(strips, (start, index) => {
      for (let i = 0; i < strips.count; i++) {
        written[index + i] = this.unwritten(start + i * strips.stride, width) < 0 ? 1 : 0;
      }
    });
    return written;
  }
}

/** The bits of `at`'s word that stand for bytes at .. end-1. */
function maskOf(at: number, end: number): number {
  const last = Math.min(end - 1, at | 31);
  return (-1 << (at & 31)) & (-1 >>> (31 - (last & 31)));
}

/** Access patterns over the bits of a memory. */
export class Written {
  readonly #bits: WrittenBits;

  /** Of a memory of so many bytes, or a copy of another's. */
  constructor(of: number | Written) {
    this.#bits = new WrittenBits(typeof of === 'number' ? of : of.#bits);
  }

  mark(pattern: Pattern, address: number, pitch: number): void {
    const width = bytesOf(pattern.dtype);
    const strips = stripsOf(pattern, address, pitch);
    const { stride, count } = strips;
    eachStrip(strips, (start) => {
      if (stride === width) this.#bits.mark(start, width * count);
      else for (let i = 0; i < count; i++) this.#bits.mark(start + i * stride, width);
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
        const byte = this.#bits.unwritten(start, width * count);
        if (byte >= 0) missing = index + Math.floor((byte - start) / width);
        return;
      }
      for (let i = 0; i < count && missing < 0; i++) {
        if (this.#bits.unwritten(start + i * stride, width) >= 0) missing = index + i;
      }
    });
    return missing;
  }

  /** Elements of `width` bytes that lie anywhere. */
  markAt(addresses: Float64Array, width: number): void {
    for (const address of addresses) this.#bits.mark(address, width);
  }

  /** The first of elements that lie anywhere of which a byte was never written, or -1. */
  missingAt(addresses: Float64Array, width: number): number {
    return addresses.findIndex((address) => this.#bits.unwritten(address, width) >= 0);
  }

  /** For each element: 1 when all its bytes were written. */
  each(pattern: Pattern, address: number, pitch: number): Uint8Array<ArrayBuffer> {
    return this.#bits.each(stripsOf(pattern, address, pitch), bytesOf(pattern.dtype), elementsOf(pattern));
  }
}
