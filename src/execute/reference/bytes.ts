/**
 * Emulated memory: bytes, and for each a bit that says whether it was written. Codes lie in it little-endian, as on the
 * chip and in the typed arrays of every machine that JavaScript runs on, so that a run of elements is copied as it stands.
 */
import type { CodeArray } from '../../numerics';
import { eachStrip, type Strips } from '../program/strips';
import { WrittenBits } from '../program/written';

/** From here on a copy of a run as a whole is faster than one element after another. */
const WHOLE_RUN = 256;

export class Bytes {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #halves: Uint16Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #written: WrittenBits;

  constructor(size: number) {
    const buffer = new ArrayBuffer(Math.ceil(size / 4) * 4);
    this.#bytes = new Uint8Array(buffer);
    this.#halves = new Uint16Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#written = new WrittenBits(size);
  }

  /** Fills `codes` from the strips; the index of the first element of which a byte was never written, or -1. */
  gather(strips: Strips, codes: CodeArray): number {
    let missing = -1;
    eachStrip(strips, (address, index) => {
      const found = this.#readStrip(address, strips.stride, strips.count, codes, index);
      if (missing < 0) missing = found;
    });
    return missing;
  }

  /** Writes `codes` to the strips, in order; only those whose `kept` is 1, where it is given. */
  scatter(strips: Strips, codes: CodeArray, kept?: Uint8Array): void {
    const { stride, count } = strips;
    eachStrip(strips, (address, index) => {
      if (kept === undefined) this.#writeStrip(address, stride, count, codes, index);
      else this.#writeKept(address, stride, count, codes, index, kept);
    });
  }

  /** Fills `codes` from elements that lie anywhere; the index of the first of which a byte was never written, or -1. */
  gatherAt(addresses: Float64Array, codes: CodeArray): number {
    let missing = -1;
    addresses.forEach((address, index) => {
      const found = this.#readStrip(address, 0, 1, codes, index);
      if (missing < 0) missing = found;
    });
    return missing;
  }

  /** Writes `codes` to elements that lie anywhere, in order; only those whose `kept` is 1, where it is given. */
  scatterAt(addresses: Float64Array, codes: CodeArray, kept?: Uint8Array): void {
    addresses.forEach((address, index) => {
      if (kept?.[index] !== 0) this.#writeStrip(address, 0, 1, codes, index);
    });
  }

  /** For each of `elements` of `width` bytes: 1 when all its bytes were written. */
  written(strips: Strips, width: number, elements: number): Uint8Array<ArrayBuffer> {
    return this.#written.each(strips, width, elements);
  }

  #readStrip(address: number, stride: number, count: number, codes: CodeArray, index: number): number {
    const width = codes.BYTES_PER_ELEMENT;
    const aligned = address % width === 0;
    if (stride === width && (aligned || count * width >= WHOLE_RUN)) {
      this.#readRun(address, count, codes, index);
      const byte = this.#written.unwritten(address, count * width);
      return byte < 0 ? -1 : index + Math.floor((byte - address) / width);
    }
    let missing = -1;
    if (aligned && stride % width === 0) {
      const memory = this.#viewOf(width);
      const written = this.#written.words;
      const bits = (1 << width) - 1;
      for (let i = count - 1, at = address + i * stride; i >= 0; i--, at -= stride) {
        codes[index + i] = memory[at / width] ?? 0;
        if ((~(written[at >>> 5] ?? 0) & (bits << (at & 31))) !== 0) missing = index + i;
      }
      return missing;
    }
    for (let i = count - 1, at = address + i * stride; i >= 0; i--, at -= stride) {
      let code = 0;
      for (let byte = width - 1; byte >= 0; byte--) code = code * 256 + (this.#bytes[at + byte] ?? 0);
      codes[index + i] = code;
      if (this.#written.unwritten(at, width) >= 0) missing = index + i;
    }
    return missing;
  }

  /** The kept elements of a strip, those in a row at once. */
  #writeKept(
    address: number,
    stride: number,
    count: number,
    codes: CodeArray,
    index: number,
    kept: Uint8Array,
  ): void {
    for (let start = 0; start < count;) {
      let end = start;
      while (end < count && kept[index + end] === 1) end++;
      if (end > start) this.#writeStrip(address + start * stride, stride, end - start, codes, index + start);
      start = end + 1;
    }
  }

  /** Elements that follow each other: aligned, or as many as WHOLE_RUN. */
  #readRun(address: number, count: number, codes: CodeArray, index: number): void {
    const width = codes.BYTES_PER_ELEMENT;
    if (count * width >= WHOLE_RUN) {
      const run = this.#bytes.subarray(address, address + count * width);
      new Uint8Array(codes.buffer, codes.byteOffset + index * width, run.length).set(run);
      return;
    }
    const memory = this.#viewOf(width);
    for (let i = 0, from = address / width; i < count; i++) codes[index + i] = memory[from + i] ?? 0;
  }

  #writeStrip(address: number, stride: number, count: number, codes: CodeArray, index: number): void {
    const width = codes.BYTES_PER_ELEMENT;
    const aligned = address % width === 0;
    if (stride === width && (aligned || count * width >= WHOLE_RUN)) {
      this.#writeRun(address, count, codes, index);
      this.#written.mark(address, count * width);
    } else if (aligned && stride % width === 0) {
      const memory = this.#viewOf(width);
      const written = this.#written.words;
      const bits = (1 << width) - 1;
      for (let i = 0, at = address; i < count; i++, at += stride) {
        memory[at / width] = codes[index + i] ?? 0;
        const word = at >>> 5;
        written[word] = (written[word] ?? 0) | (bits << (at & 31));
      }
    } else {
      for (let i = 0, at = address; i < count; i++, at += stride) {
        const code = codes[index + i] ?? 0;
        for (let byte = 0; byte < width; byte++) this.#bytes[at + byte] = code >>> (8 * byte);
        this.#written.mark(at, width);
      }
    }
  }

  #writeRun(address: number, count: number, codes: CodeArray, index: number): void {
    const width = codes.BYTES_PER_ELEMENT;
    if (count * width >= WHOLE_RUN) {
      const run = new Uint8Array(codes.buffer, codes.byteOffset + index * width, count * width);
      this.#bytes.set(run, address);
      return;
    }
    const memory = this.#viewOf(width);
    for (let i = 0, to = address / width; i < count; i++) memory[to + i] = codes[index + i] ?? 0;
  }

  #viewOf(width: number): CodeArray {
    return width === 1 ? this.#bytes : width === 2 ? this.#halves : this.#words;
  }
}
