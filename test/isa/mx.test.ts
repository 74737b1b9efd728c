/** quantize_mx and nc_matmul_mx against integer arithmetic, in every layout of scales. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitsOf, decode, encode, packLanes, unpackLanes } from '../../src/numerics';
import type { CodeArray, Dtype } from '../../src/numerics';
import type { Instruction, MxScaleRule } from '../../src/program';
import { numbersFrom } from '../verify/subject';
import { testMachine, type TestMachine } from './machine';
import { elementValue, quantizedGroup, scaledProduct, type Element } from './mx-oracle';

const SCALES = ['float8_e8m0fnu', 'uint8'] as const;

const bytes = (length: number, next: () => number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, next);

/** A tensor for the scales of `partitions`, and the operand: as far as its last row of scales, or all that can be of the tile. */
interface ScaleLayout {
  readonly dtype: (typeof SCALES)[number];
  readonly first: number;
  readonly whole: boolean;
}

const layouts: fc.Arbitrary<ScaleLayout> = fc.record({
  dtype: fc.constantFrom(...SCALES),
  first: fc.constantFrom(0, 4, 8, 12),
  whole: fc.boolean(),
});

const extentOf = (partitions: number, { first, whole }: ScaleLayout) =>
  partitions === 32 || !whole ? partitions - 28 : Math.min(partitions, 128 - first);

/** The partition of a scale tile in which the scales of data partition p are (trainium3_arch.rst). */
const scaleRow = (p: number, first: number) => first + 32 * Math.floor(p / 32) + (Math.floor(p / 8) % 4);

function writeScaleRows(
  machine: TestMachine,
  name: string,
  scales: Uint8Array<ArrayBuffer>,
  columns: number,
  first: number,
): void {
  for (let group = 0; group < scales.length / columns; group++) {
    const row = machine.on(name, { partition: scaleRow(8 * group, first), partitions: 1 });
    machine.write(row, scales.slice(group * columns, (group + 1) * columns));
  }
}

describe('nc_matmul_mx', () => {
  interface Case {
    readonly partitions: number;
    readonly m: number;
    readonly n: number;
    readonly elements: readonly [Element, Element];
    readonly layouts: readonly [ScaleLayout, ScaleLayout];
    readonly out: 'float32' | 'bfloat16';
    readonly accumulate: boolean;
    /** Scales may be any codes, or lie around 1, or have sums near the smallest numbers. */
    readonly scales: 'any' | 'near' | 'small';
    readonly seed: number;
  }

  const element = fc.constantFrom<Element>('float8_e5m2', 'float8_e4m3fn', 'float4_e2m1fn');
  const cases: fc.Arbitrary<Case> = fc.record({
    partitions: fc.constantFrom(32, 64, 96, 128),
    m: fc.constantFrom(2, 4),
    n: fc.integer({ min: 1, max: 3 }),
    elements: fc.tuple(element, element),
    layouts: fc.tuple(layouts, layouts),
    out: fc.constantFrom('float32', 'bfloat16'),
    accumulate: fc.boolean(),
    scales: fc.constantFrom('any', 'near', 'small'),
    seed: fc.integer(),
  });

  const SCALE = {
    any: (next: () => number) => next() % 256,
    near: (next: () => number) => 120 + (next() % 15),
    small: (next: () => number) => 52 + (next() % 14),
  };

  /** Codes of elements, without the few that are not finite in two cases of three. */
  function drawElements(
    name: Element,
    length: number,
    next: () => number,
    finite: boolean,
  ): Uint8Array<ArrayBuffer> {
    const codes = bytes(length, () => next() % 2 ** bitsOf(name));
    return finite ? codes.map((code) => (Number.isFinite(elementValue(name, code)) ? code : 0)) : codes;
  }

  function run(drawn: Case): void {
    const { partitions, m, n, elements, layouts: both, out, accumulate, scales, seed } = drawn;
    const next = numbersFrom(seed);
    const widths = [m, n] as const;
    const packed = elements.map((name) => `${name}_x4`) as [Dtype, Dtype];
    const lanes = widths.map((width, side) =>
      drawElements(elements[side] ?? 'float8_e5m2', partitions * width * 4, next, next() % 3 > 0),
    );
    const scaleCodes = widths.map((width) => bytes((partitions / 8) * width, () => SCALE[scales](next)));
    const held = Array.from({ length: m * n }, () => encode(out, (next() % 64) - 32));
    const data = (side: 0 | 1) => ({
      dtype: packed[side],
      partitions,
      elements: widths[side],
      codes: packLanes(packed[side], lanes[side] ?? new Uint8Array(0)),
    });
    const tile = (side: 0 | 1) => ({ dtype: both[side].dtype, partitions: 128, elements: widths[side] });
    const machine = testMachine({
      s: data(0),
      m: data(1),
      ss: tile(0),
      ms: tile(1),
      d: { space: 'psum', dtype: out, partitions: m, elements: n, codes: held },
    });
    const operands = (['ss', 'ms'] as const).map((name, side) => {
      const layout = both[side] ?? both[0];
      writeScaleRows(machine, name, scaleCodes[side] ?? new Uint8Array(0), widths[side] ?? 0, layout.first);
      return machine.on(name, { partition: layout.first, partitions: extentOf(partitions, layout) });
    });
    const [stationary_scale = machine.on('ss'), moving_scale = machine.on('ms')] = operands;
    machine.run(
      {
        opcode: 'nc_matmul_mx',
        id: 'i',
        engine: 'tensor',
        dst: machine.on('d'),
        sources: { stationary: machine.on('s'), moving: machine.on('m'), stationary_scale, moving_scale },
        attributes: { accumulate },
      },
      'trn3',
    );
    const at = (side: 0 | 1, p: number, column: number, lane: number) => {
      const width = widths[side];
      const code = lanes[side]?.[(p * width + column) * 4 + lane] ?? NaN;
      const scale = scaleCodes[side]?.[Math.floor(p / 8) * width + column] ?? NaN;
      return { value: elementValue(elements[side], code), scale };
    };
    const wanted = held.map((code, index) => {
      const [row, column] = [Math.floor(index / n), index % n];
      let sum = 0;
      for (let p = 0; p < partitions; p++) {
        for (let lane = 0; lane < 4; lane++) {
          const x = at(0, p, row, lane);
          const y = at(1, p, column, lane);
          sum = Math.fround(sum + scaledProduct(x.value, y.value, x.scale, y.scale));
        }
      }
      return encode(out, accumulate ? Math.fround(decode(out, code) + sum) : sum);
    });
    expect(machine.codes('d')).toEqual(wanted);
  }

  test('adds rows, and the four lanes of each, in order; every scaled product rounds once', () => {
    fc.assert(fc.property(cases, run), { numRuns: 300 });
  });

  function one(codes: readonly [number, number], scales: readonly [number, number]): number | undefined {
    // Partition 0, lane 0 holds the product; everything else is zero.
    const first = (code: number, width: number) =>
      Uint32Array.from({ length: 32 * width }, (_, index) => (index < width ? code : 0));
    const machine = testMachine({
      s: { dtype: 'float8_e5m2_x4', partitions: 32, elements: 2, codes: first(codes[0], 2) },
      m: { dtype: 'float8_e5m2_x4', partitions: 32, elements: 1, codes: first(codes[1], 1) },
      ss: { dtype: 'uint8', partitions: 4, elements: 2, codes: Array.from({ length: 8 }, () => scales[0]) },
      ms: { dtype: 'uint8', partitions: 4, elements: 1, codes: Array.from({ length: 4 }, () => scales[1]) },
      d: { space: 'psum', dtype: 'float32', partitions: 2, elements: 1 },
    });
    machine.run(
      {
        opcode: 'nc_matmul_mx',
        id: 'i',
        engine: 'tensor',
        dst: machine.on('d'),
        sources: {
          stationary: machine.on('s'),
          moving: machine.on('m'),
          stationary_scale: machine.on('ss'),
          moving_scale: machine.on('ms'),
        },
        attributes: { accumulate: false },
      },
      'trn3',
    );
    return machine.values('d')[0];
  }

  test('products at the ends of float32', () => {
    const [ONE, ONE_AND_HALF, LARGEST, INFINITE] = [0x3c, 0x3e, 0x7b, 0x7c];
    expect(one([ONE, ONE], [127, 127])).toBe(1);
    expect(one([ONE, ONE], [0, 254])).toBe(1);
    expect(one([ONE, ONE], [0, 105])).toBe(2 ** -149);
    // 2.25 x 2^-149 and 1.5 x 2^-149 round once, to even.
    expect(one([ONE_AND_HALF, ONE_AND_HALF], [0, 105])).toBe(2 ** -148);
    expect(one([ONE_AND_HALF, ONE], [0, 105])).toBe(2 ** -148);
    expect(one([ONE, ONE], [0, 104])).toBe(0);
    expect(one([ONE, ONE], [254, 128])).toBe(Infinity);
    expect(one([LARGEST, ONE], [254, 254])).toBe(Infinity);
    expect(one([INFINITE, ONE], [0, 0])).toBe(Infinity);
    expect(one([INFINITE, 0], [127, 127])).toBe(NaN);
    expect(one([0, 0], [255, 127])).toBe(NaN);
  });
});

describe('quantize_mx', () => {
  const EXPONENTS = {
    float8_e5m2: { vendor: 14, ocp: 15 },
    float8_e4m3fn: { vendor: 7, ocp: 8 },
  } as const satisfies Partial<Record<Element, Record<MxScaleRule, number>>>;

  interface Case {
    readonly src: 'bfloat16' | 'float16';
    readonly element: keyof typeof EXPONENTS;
    readonly rule: MxScaleRule | undefined;
    readonly partitions: number;
    readonly columns: number;
    readonly layout: ScaleLayout;
    /** Any codes, or normal ones around 1, subnormals, few that are not zero. */
    readonly values: 'any' | 'near' | 'tiny' | 'sparse';
    readonly seed: number;
  }

  const CODE = {
    any: (next: () => number) => next() & 0xffff,
    near: (next: () => number) => (next() & 0x83ff) | 0x3c00,
    tiny: (next: () => number) => next() & 0x807f,
    sparse: (next: () => number) => (next() % 40 === 0 ? next() & 0xbfff : next() & 0x8000),
  };

  const cases: fc.Arbitrary<Case> = fc.record({
    src: fc.constantFrom('bfloat16', 'float16'),
    element: fc.constantFrom('float8_e5m2', 'float8_e4m3fn'),
    rule: fc.constantFrom(undefined, 'vendor', 'ocp'),
    partitions: fc.constantFrom(32, 64, 96, 128),
    columns: fc.integer({ min: 1, max: 3 }),
    layout: layouts,
    values: fc.constantFrom('any', 'near', 'tiny', 'sparse'),
    seed: fc.integer(),
  });

  function quantize(
    machine: TestMachine,
    dst_scale: ReturnType<TestMachine['on']>,
    rule: MxScaleRule | undefined,
  ): void {
    const instruction: Instruction = {
      opcode: 'quantize_mx',
      id: 'i',
      engine: 'vector',
      dst: machine.on('q'),
      results: { dst_scale },
      sources: { src: machine.on('x') },
      attributes: rule === undefined ? {} : { scale_rule: rule },
    };
    machine.run(instruction, 'trn3');
  }

  test('scales each group of 8 partitions x 4 elements by its largest, and rounds each element once', () => {
    fc.assert(
      fc.property(cases, ({ src, element, rule, partitions, columns, layout, values, seed }) => {
        const next = numbersFrom(seed);
        const width = 4 * columns;
        const codes = Array.from({ length: partitions * width }, () => CODE[values](next));
        const dst = `${element}_x4` as const;
        const machine = testMachine({
          x: { dtype: src, partitions, elements: width, codes },
          q: { dtype: dst, partitions, elements: columns },
          s: { dtype: layout.dtype, partitions: 128, elements: columns },
        });
        quantize(
          machine,
          machine.on('s', { partition: layout.first, partitions: extentOf(partitions, layout) }),
          rule,
        );
        const elements = unpackLanes(
          dst,
          Uint32Array.from(machine.codes('q'), (code) => code ?? NaN),
        );
        const scales = machine.codes('s');
        const used = new Set<number>();
        for (let group = 0; group < partitions / 8; group++) {
          const row = scaleRow(8 * group, layout.first);
          used.add(row);
          for (let column = 0; column < columns; column++) {
            const places = Array.from(
              { length: 32 },
              (_, at) => (8 * group + (at >> 2)) * width + 4 * column + (at & 3),
            );
            const wanted = quantizedGroup(
              element,
              EXPONENTS[element][rule ?? 'vendor'],
              places.map((place) => decode(src, codes[place] ?? NaN)),
            );
            expect(scales[row * columns + column]).toBe(wanted.scale);
            expect(places.map((place) => elements[place])).toEqual(wanted.codes);
          }
        }
        const written = scales.map((code, index) => code !== undefined && Math.floor(index / columns));
        expect(new Set(written.filter((row) => row !== false))).toEqual(used);
      }),
      { numRuns: 300 },
    );
  });

  function ofOne(value: number, dst: 'float8_e4m3fn_x4' | 'float8_e5m2_x4', rule?: MxScaleRule) {
    const machine = testMachine({
      x: { dtype: 'bfloat16', partitions: 32, elements: 4, values: Array.from({ length: 128 }, () => value) },
      q: { dtype: dst, partitions: 32, elements: 1 },
      s: { dtype: 'float8_e8m0fnu', partitions: 4, elements: 1 },
    });
    quantize(machine, machine.on('s'), rule);
    const codes: CodeArray = Uint32Array.from(machine.codes('q'), (code) => code ?? NaN);
    const [element] = unpackLanes(dst, codes);
    const [scale] = machine.values('s');
    return [scale, elementValue(dst === 'float8_e5m2_x4' ? 'float8_e5m2' : 'float8_e4m3fn', element ?? NaN)];
  }

  test('the scale of the vendor is twice that of OCP, and keeps the largest from saturating', () => {
    expect(ofOne(448, 'float8_e4m3fn_x4')).toEqual([2, 224]);
    expect(ofOne(448, 'float8_e4m3fn_x4', 'ocp')).toEqual([1, 448]);
    // 510 / 1 is beyond 448; 510 / 2 = 255 rounds to 256.
    expect(ofOne(510, 'float8_e4m3fn_x4', 'ocp')).toEqual([1, 448]);
    expect(ofOne(510, 'float8_e4m3fn_x4')).toEqual([2, 256]);
    expect(ofOne(65024, 'float8_e5m2_x4', 'ocp')).toEqual([1, 57344]);
    expect(ofOne(-65024, 'float8_e5m2_x4')).toEqual([2, -32768]);
  });

  test('groups of zeros, of the smallest numbers, and of what is no number', () => {
    expect(ofOne(0, 'float8_e4m3fn_x4')).toEqual([2 ** -127, 0]);
    expect(ofOne(-0, 'float8_e4m3fn_x4')).toEqual([2 ** -127, -0]);
    expect(ofOne(2 ** -133, 'float8_e4m3fn_x4')).toEqual([2 ** -127, 2 ** -6]);
    expect(ofOne(Infinity, 'float8_e5m2_x4')).toEqual([NaN, NaN]);
    expect(ofOne(NaN, 'float8_e4m3fn_x4')).toEqual([NaN, NaN]);
  });
});
