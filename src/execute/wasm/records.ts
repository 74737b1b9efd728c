/**
 * What is written into the memory of the WASM executor for it to find a product: records of 32-bit fields, in the order in which
 * `assembly/job.ts` declares them, and how each number format decodes there.
 */
import { decodeArray, FORMATS, type Dtype } from '../../numerics';

const FORMAT = ['kind', 'size', 'left', 'right'] as const;
const PASS = ['k0', 'rows', 'interleave', 'before', 'place'] as const;
const JOB = [
  'next',
  'units',
  'unitRows',
  'unitColumns',
  'blockRows',
  'm',
  'n',
  'k',
  'depth',
  'kMajor',
  'arithmetic',
  'canonical',
  'streamed',
  'a',
  'b',
  'out',
  'pitch',
  'passes',
  'passCount',
  'oneGroup',
  'aFormat',
  'bFormat',
  'stripBytes',
] as const;
export const RECORDS = { format: FORMAT, pass: PASS, job: JOB } as const;

export type FormatRecord = Readonly<Record<(typeof FORMAT)[number], number>>;
export type PassRecord = Readonly<Record<(typeof PASS)[number], number>>;
export type JobRecord = Readonly<Record<(typeof JOB)[number], number>>;

/** Of a format with its vectors. */
export const recordBytes = (record: keyof typeof RECORDS): number =>
  4 * RECORDS[record].length + (record === 'format' ? VECTORS * LANES : 0);

/** Writes fields in their order; addresses beyond 2^31 keep their bits. */
export function writeRecord<const Field extends string>(
  memory: ArrayBufferLike,
  at: number,
  fields: readonly Field[],
  record: Readonly<Record<Field, number>>,
): void {
  const words = new Uint32Array(memory, at, fields.length);
  fields.forEach((field, index) => (words[index] = record[field]));
}

/** `place` of a pass, as sums: the first of its group, the last of it; of the first group, of the last. */
export const PLACE = { first: 1, last: 2, opening: 4, closing: 8 } as const;

/** Multiply, then add, each rounded; one fused operation, where products are exact; or the `ftz` mode. */
export const ARITHMETIC = { exact: 0, fused: 1, flushed: 2 } as const;

const KIND = { wide: 0, upper: 1, halves: 2, bytes: 3 } as const;
const BIAS = 127;
const UPPER_MANTISSA = 7;
const FLOAT16_SHIFT = 3;
const HALF = 16;
const BYTE = 8;
/** Bits of an index into a table. */
const NIBBLE = 4;
const LANES = 16;
/** Codes of 8 bits that come from the tables: as many as a swizzle reaches. */
const TABLE = 16;
const VECTORS = 9;

/** The upper halves of four words: the odd ones of eight codes of bfloat16. */
const UPPER_HALVES = new Uint8Array(new Uint32Array(4).fill(0xffff0000).buffer);

/** Undefined for a format that is no signed float, or has padding: TypeScript makes float32 of it before. */
export function formatRecord(dtype: Dtype): FormatRecord | undefined {
  const { kind, signed, bits, padding, mantissaBits, exponentBits } = FORMATS[dtype];
  if (kind !== 'float' || !signed || padding > 0) return undefined;
  const size = Math.ceil(bits / 8);
  const [wide, narrow] = exponentBits === 8 ? [KIND.wide, KIND.upper] : [KIND.bytes, KIND.halves];
  const [left, right] =
    size === 1 ? [UPPER_MANTISSA - mantissaBits, 0] : [HALF - FLOAT16_SHIFT, FLOAT16_SHIFT];
  return { kind: size === 2 ? narrow : wide, size, left, right };
}

/** What lies beyond the record of a format (`assembly/job.ts`); of float32 it is not looked at. */
export function formatVectors(dtype: Dtype): Uint8Array {
  const { bits, mantissaBits, bias, infinityCode, maxFiniteCode } = FORMATS[dtype];
  if (bits <= BYTE) return vectorsOfBytes(dtype);
  if (dtype === 'bfloat16') return UPPER_HALVES;
  const rebase = (BIAS - bias) << UPPER_MANTISSA;
  const halves = [0x7fff, infinityCode ?? maxFiniteCode + 1, rebase, 1 << mantissaBits].map((value) =>
    new Uint16Array(8).fill(value),
  );
  return Uint8Array.from(halves.flatMap((half) => [...new Uint8Array(half.buffer)]));
}

/** Of each code of a format of 8 bits, the bfloat16 that it is. */
function upperHalves(dtype: Dtype): Uint16Array<ArrayBuffer> {
  const codes = Uint8Array.from({ length: 2 ** BYTE }, (_, code) => code);
  return Uint16Array.from(new Uint32Array(decodeArray(dtype, codes).buffer), (word) => word >>> HALF);
}

/**
 * What `assembly/bytes.ts` decodes by. Its tables follow from what the codes decode to: that of high bytes from codes that need no
 * correction, the corrections from what is wrong then. Corrected are the subnormals, and of the last codes as many as there is room for.
 */
function vectorsOfBytes(dtype: Dtype): Uint8Array {
  const { mantissaBits } = FORMATS[dtype];
  const left = UPPER_MANTISSA - mantissaBits;
  const right = Math.min(mantissaBits + 1, NIBBLE);
  const moved = (0xff << left) & 0xff;
  const sign = right < NIBBLE ? 0x80 : 0;
  const first = TABLE - (1 << mantissaBits);
  const entries = Array.from({ length: TABLE }, (_, index) => index);
  const upper = Array.from(upperHalves(dtype));
  const high = entries.map((index) => {
    const like = upper.filter((_, code) => code >> right === index);
    const good = like.filter((_, place) => (((index << right) + place + first) & 0x7f) >= TABLE);
    return ([...good, ...like][0] ?? 0) >> BYTE;
  });
  const corrections = entries.map((index) => {
    const code = (TABLE - 1 - index - first) & 0x7f;
    return (upper[code] ?? 0) ^ (((high[code >> right] ?? 0) << BYTE) | ((code << left) & moved));
  });
  return Uint8Array.from([
    ...UPPER_HALVES,
    ...[first, 0x7f, TABLE - 1, moved, sign].flatMap((byte) => entries.map(() => byte)),
    ...high,
    ...corrections,
    ...corrections.map((word) => word >> BYTE),
  ]);
}
