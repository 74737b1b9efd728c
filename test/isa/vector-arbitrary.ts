/** Operands of single instructions for property tests: any format of a chip, any codes, and patterns that stride in several ways. */
import fc from 'fast-check';
import { CHIPS } from '../../src/chip';
import { bitsOf, decode, FORMATS } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import type { Dim, Pattern } from '../../src/program';
import { testMachine, type TestMachine, type TestTensor, type View } from './machine';

export interface Shape {
  readonly partitions: number;
  /** Elements of each partition: outer x inner. */
  readonly outer: number;
  readonly inner: number;
}

export const shapes: fc.Arbitrary<Shape> = fc.record({
  partitions: fc.integer({ min: 1, max: 4 }),
  outer: fc.integer({ min: 1, max: 4 }),
  inner: fc.integer({ min: 1, max: 5 }),
});

export const ANY: readonly Dtype[] = CHIPS.trn2.dtypes;
export const FLOATS: readonly Dtype[] = ANY.filter((dtype) => FORMATS[dtype].kind === 'float');
export const INTEGERS: readonly Dtype[] = ANY.filter((dtype) => FORMATS[dtype].kind === 'integer');

/** Zeros, ones, subnormals, limits, infinities and NaNs of float32, and the ends of 32-bit integers. */
const SPECIAL = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 1, 0x80000001, 0x007fffff, 0x00800000, 0x80800000, 0x7f7fffff, 0xff7fffff,
  0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001, 0x4b800000, 0x4b7fffff, 0x3f800001, 0x7fffffff,
  0xffffffff,
]; // prettier-ignore

const wide = fc.oneof(
  fc.constantFrom(...SPECIAL),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.integer({ min: -40, max: 40 }).map((value) => value >>> 0),
  fc
    .float({ noNaN: true, min: -1000, max: 1000 })
    .map((value) => new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0),
);

export function codes(dtype: Dtype): fc.Arbitrary<number> {
  const bits = bitsOf(dtype);
  return bits === 32 ? wide : fc.integer({ min: 0, max: 2 ** bits - 1 });
}

/** A tensor and the view of it that an instruction takes. */
export interface Operand {
  readonly tensor: TestTensor & { readonly partitions: number };
  readonly view: View;
}

function layouts({ outer, inner }: Shape): readonly View[] {
  const count = outer * inner;
  const dims = (...list: Dim[]) => ({ dims: list });
  return [
    dims([1, count]),
    dims([inner, outer], [1, inner]),
    dims([1, outer], [outer, inner]),
    { ...dims([-1, count]), offset: count - 1 },
  ];
}

function operand(
  shape: Shape,
  dtypes: readonly Dtype[],
  views: readonly View[],
  space: 'sbuf' | 'psum' = 'sbuf',
): fc.Arbitrary<Operand> {
  const { partitions, outer, inner } = shape;
  const elements = outer * inner;
  const place = fc.record({
    dtype: fc.constantFrom(...dtypes),
    view: fc.constantFrom(...views),
    partition: fc.constantFrom(0, 32, 96),
  });
  return place.chain(({ dtype, view, partition }) =>
    fc
      .array(codes(dtype), { minLength: partitions * elements, maxLength: partitions * elements })
      .map((list) => ({ tensor: { space, dtype, partition, partitions, elements, codes: list }, view })),
  );
}

/** A [P, N] source; some repeat their rows. */
export const source = (shape: Shape, dtypes = ANY, space?: 'sbuf' | 'psum') =>
  operand(shape, dtypes, [...layouts(shape), { dims: [[0, shape.outer], [1, shape.inner]] }], space); // prettier-ignore

/** A [P, N] destination, which something was written to before. */
export const target = (shape: Shape, dtypes = ANY) =>
  fc
    .constantFrom('sbuf' as const, 'psum' as const)
    .chain((space) => operand(shape, dtypes, layouts(shape), space));

/** A [P, 1] operand. */
export const column = ({ partitions }: Shape, dtypes: readonly Dtype[] = ['float32']) =>
  source({ partitions, outer: 1, inner: 1 }, dtypes);

/** A machine that holds operands, and their patterns by name. */
export function place<K extends string>(operands: Readonly<Record<K, Operand>>) {
  const machine = testMachine(
    Object.fromEntries(entriesOf(operands).map(([name, { tensor }]) => [name, tensor])),
  );
  return { machine, at: (name: K) => machine.on(name, operands[name].view) };
}

/** What a pattern holds, as codes. */
export function codesAt(machine: TestMachine, pattern: Pattern): number[] {
  return machine.codes(pattern).map((code) => {
    if (code === undefined) throw new Error('Nothing was written there');
    return code;
  });
}

/** What a pattern holds, as float32. */
export const floatsAt = (machine: TestMachine, pattern: Pattern): number[] =>
  codesAt(machine, pattern).map((code) => Math.fround(decode(pattern.dtype, code)));

/** The codes of the elements of a pattern's p-th partition, for each p. */
export function rows<T>(list: readonly T[], partitions: number): T[][] {
  const width = list.length / partitions;
  return Array.from({ length: partitions }, (_, p) => list.slice(p * width, (p + 1) * width));
}

/** The entries of a table, with their names as such. */
export function entriesOf<K extends string, V>(table: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries<V>(table).map(([name, value]) => [name as K, value]);
}

export const namesOf = <K extends string>(table: Readonly<Record<K, unknown>>): K[] =>
  entriesOf<K, unknown>(table).map(([name]) => name);
