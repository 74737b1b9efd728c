/**
 * quantize_mx (nki.isa.quantize_mx): 32 values, four neighbours in each of eight partitions, share a power of two, and each over
 * that power is rounded to an element of a packed format. What the vendor leaves open is a named choice (docs/numerics.md, MX).
 */
import { codesProblem } from '../../chip';
import {
  decode,
  decodeArray,
  elementOf,
  encodeArray,
  FORMATS,
  PACKED_LANES,
  packLanes,
} from '../../numerics';
import type { Dtype } from '../../numerics';
import type { ChipPattern, Instruction, MxScaleRule } from '../../program';
import { datapath } from '../cost';
import type { Entry, Problem } from '../entry';
import { GROUP, quadrantsProblem, scaleParts, scaleProblem, writeScales } from '../mx';
import { operandProblems, spaceProblem, widthOf } from '../rules';

type Quantize = Instruction<'quantize_mx'>;

/** Exponents of the largest elements (OCP Microscaling, table 1), of the formats that it can write. */
const LARGEST_EXPONENT: Readonly<Partial<Record<Dtype, number>>> = {
  float8_e5m2_x4: 15,
  float8_e4m3fn_x4: 8,
};

/** By how much a scale is larger than 2^(floor(log2 of the largest magnitude) - largest exponent), as an exponent. */
const HEADROOM = { vendor: 1, ocp: 0 } as const satisfies Record<MxScaleRule, number>;

/** The exponent of the largest magnitudes whose scale is 1. */
export const largestExponentOf = ({ dst, attributes: { scale_rule = 'vendor' } }: Quantize): number =>
  (LARGEST_EXPONENT[dst.dtype] ?? NaN) - HEADROOM[scale_rule];

const INFINITY_BITS = 0x7f800000;
const NAN_SCALE = FORMATS.float8_e8m0fnu.nanCode ?? NaN;
const BIAS = FORMATS.float8_e8m0fnu.bias;

function formatProblem({ dst, sources: { src } }: Quantize): Problem {
  if (src.dtype !== 'float16' && src.dtype !== 'bfloat16') {
    return `src must be float16 or bfloat16, received ${src.dtype}.`;
  }
  if (LARGEST_EXPONENT[dst.dtype] !== undefined) return undefined;
  return `dst must be ${Object.keys(LARGEST_EXPONENT).join(' or ')}, received ${dst.dtype}.`;
}

function shapeProblem(dst: ChipPattern, src: ChipPattern): Problem {
  const width = widthOf(src);
  if (width % PACKED_LANES !== 0)
    return `src must have a multiple of ${PACKED_LANES} elements, received ${width}.`;
  if (dst.partitions === src.partitions && widthOf(dst) === width / PACKED_LANES) return undefined;
  return `dst must be ${src.partitions} x ${width / PACKED_LANES}, a code for ${PACKED_LANES} elements of src, received ${dst.partitions} x ${widthOf(dst)}.`;
}

/** floor(log2 |x|) of a finite x that is not zero, from its float32 magnitude. */
function exponentOf(magnitude: number): number {
  return magnitude >= 0x00800000 ? (magnitude >>> 23) - 127 : 31 - Math.clz32(magnitude) - 149;
}

/** The code of the scale of a group whose largest float32 magnitude is given. */
function scaleOf(magnitude: number, largestExponent: number): number {
  if (magnitude >= INFINITY_BITS) return NAN_SCALE;
  return magnitude === 0 ? 0 : Math.max(exponentOf(magnitude) - largestExponent + BIAS, 0);
}

/** The scale codes [P / 8, N / 4] of values [P, N]. */
function scalesOf(
  values: Float32Array<ArrayBuffer>,
  width: number,
  largestExponent: number,
): Uint8Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const largest = new Uint32Array(values.length / (GROUP * PACKED_LANES));
  for (let at = 0; at < bits.length; at++) {
    const group = groupOf(at, width);
    largest[group] = Math.max(largest[group] ?? NaN, (bits[at] ?? NaN) & 0x7fffffff);
  }
  return Uint8Array.from(largest, (magnitude) => scaleOf(magnitude, largestExponent));
}

/** Which group the element `at` of values [P, width] is of, groups row by row. */
const groupOf = (at: number, width: number) =>
  Math.floor(at / (GROUP * width)) * (width / PACKED_LANES) + Math.floor((at % width) / PACKED_LANES);

export const quantizeMx: Entry<'quantize_mx'> = {
  summary:
    'dst = src in elements of 8 bits, packed by four, over powers of two that groups of 32 share: dst_scale.',
  chips: ['trn3'],
  engines: ['vector'],
  rules: [
    'src [P, N] is float16 or bfloat16, dst [P, N / 4] float8_e5m2_x4 or float8_e4m3fn_x4, all in SBUF; P is 32, 64, 96 or 128.',
    'A group is 8 partitions x 4 elements: the four of a code of dst.',
    'dst_scale is float8_e8m0fnu or uint8: the scale of partition p is in row floor(p / 8) mod 4 of quadrant floor(p / 32) of its operand.',
    'dst_scale has 4 partitions where P is 32, else P or fewer, down to the last row of scales; it starts at row 0, 4, 8 or 12 of a quadrant, and its other partitions are left alone.',
    'A scale is 2^(floor(log2 of the largest magnitude) - E), E being 7 for e4m3fn and 14 for e5m2, with scale_rule ocp 8 and 15; at least 2^-127, which groups of zeros have.',
    'Elements round once, to nearest even, and saturate. A group with an infinity or NaN has the scale ff, and NaN elements.',
  ],
  problems: (instruction, chip) => {
    const { dst, results, sources } = instruction;
    const { src } = sources;
    const scale = results?.dst_scale;
    return [
      spaceProblem('dst', dst, ['sbuf']),
      spaceProblem('src', src, ['sbuf']),
      ...operandProblems({ dst }, 'vector', chip, codesProblem),
      ...operandProblems({ src }, 'vector', chip),
      formatProblem(instruction),
      quadrantsProblem('src', src),
      shapeProblem(dst, src),
      scale === undefined
        ? 'dst_scale must be given.'
        : scaleProblem('dst_scale', scale, src, widthOf(src) / PACKED_LANES),
    ];
  },
  parts: ({ results, sources: { src } }, operand) => {
    if (operand !== 'dst_scale' || results === undefined) return undefined;
    return scaleParts(results.dst_scale, src.partitions);
  },
  run: (instruction, machine) => {
    const { dst, results, sources } = instruction;
    const { src } = sources;
    const values = decodeArray(src.dtype, machine.read('src', src));
    const width = widthOf(src);
    const scales = scalesOf(values, width, largestExponentOf(instruction));
    // 2^-X of the scale 2^X; below float32's range only what becomes zero is rounded before it is an element.
    const inverses = Float32Array.from(scales, (code) =>
      code === NAN_SCALE ? NaN : decode('float8_e8m0fnu', 2 * BIAS - code),
    );
    const quotients = values.map((value, at) => value * (inverses[groupOf(at, width)] ?? NaN));
    const elements = encodeArray(elementOf(dst.dtype), quotients, { saturate: true });
    machine.write(dst, packLanes(dst.dtype, elements));
    if (results !== undefined) writeScales(machine, results.dst_scale, scales);
  },
  cost: {
    words: 'max(64, N / 4) Vector cycles: four elements of src a cycle (trainium3_arch.rst)',
    documented: true,
    work: ({ sources: { src } }) => datapath(widthOf(src), { mode: 4 }),
  },
};
