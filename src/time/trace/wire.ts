/**
 * Protocol buffers as bytes (protobuf.dev/programming-guides/encoding): what writing a trace needs of them. A message within
 * another begins with its length, which is known when it ends; lengths below 128 take one byte, so that only longer messages are
 * moved to make room.
 */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;

const ENCODER = new TextEncoder();
/** Bytes of UTF-8 that a unit of UTF-16 takes at most. */
const UTF8_MOST = 3;
/** Of a 64-bit number. */
const VARINT_MOST = 10;

export class Wire {
  #bytes = new Uint8Array(1 << 17);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Where the messages that have begun have their lengths. */
  readonly #open: number[] = [];

  get length(): number {
    return this.#length;
  }

  /** A whole number from 0 to 2^53 - 1. */
  whole(field: number, value: number): void {
    this.#reserve(2 * VARINT_MOST);
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
  }

  /** The same in 8 bytes. */
  fixed64(field: number, value: number): void {
    this.#reserve(VARINT_MOST + 8);
    this.#varint(field * 8 + FIXED64);
    this.#view.setUint32(this.#length, value % 2 ** 32, true);
    this.#view.setUint32(this.#length + 4, Math.floor(value / 2 ** 32), true);
    this.#length += 8;
  }

  double(field: number, value: number): void {
    this.#reserve(VARINT_MOST + 8);
    this.#varint(field * 8 + FIXED64);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(field: number, text: string): void {
    this.begin(field);
    this.#reserve(UTF8_MOST * text.length);
    this.#length += ENCODER.encodeInto(text, this.#bytes.subarray(this.#length)).written;
    this.end();
  }

  /** What follows until `end` is a message. */
  begin(field: number): void {
    this.#reserve(VARINT_MOST + 1);
    this.#varint(field * 8 + LENGTH);
    this.#open.push(this.#length);
    this.#length++;
  }

  end(): void {
    const at = this.#open.pop();
    if (at === undefined) throw new Error('Invariant violation: no message has begun');
    const size = this.#length - at - 1;
    let more = 0;
    for (let left = size; left >= 128; left = Math.floor(left / 128)) more++;
    this.#reserve(more);
    if (more > 0) this.#bytes.copyWithin(at + 1 + more, at + 1, this.#length);
    this.#length = at;
    this.#varint(size);
    this.#length += size;
  }

  /** What was written since the last time. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #varint(value: number): void {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) this.#bytes[this.#length++] = (left % 128) + 128;
    this.#bytes[this.#length++] = left;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
