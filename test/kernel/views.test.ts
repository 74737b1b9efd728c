import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ds, KernelError, type Range, type View } from '../../src/kernel';
import { bytesOf, offsetsOf } from '../../src/program';
import { givenBy } from './tracing';

/**
 * The oracle: where each element lies, in bytes from the start of the tensor (of each partition on chip), row-major in the
 * free dimensions, one by one and without strides.
 */
interface Plain {
  readonly size: number;
  readonly shape: readonly number[];
  readonly cells: readonly number[];
  /** On chip. */
  readonly partition: number;
  readonly partitions: number;
}

const product = (values: readonly number[]) => values.reduce((total, value) => total * value, 1);

function positionsOf(shape: readonly number[]): readonly (readonly number[])[] {
  let positions: readonly (readonly number[])[] = [[]];
  for (const extent of shape) {
    positions = positions.flatMap((position) =>
      Array.from({ length: extent }, (_, index) => [...position, index]),
    );
  }
  return positions;
}

const cellAt = ({ shape, cells }: Plain, position: readonly number[]) =>
  cells[position.reduce((index, at, axis) => index * (shape[axis] ?? NaN) + at, 0)] ?? NaN;

/** A view of another shape whose element at a position is the old one at `from` of it. */
const taken = (
  plain: Plain,
  shape: readonly number[],
  from: (at: readonly number[]) => readonly number[],
): Plain => ({ ...plain, shape, cells: positionsOf(shape).map((at) => cellAt(plain, from(at))) });

/** Whether offset + the sum of position x stride gives every cell: all that an access pattern can do. */
function isStrided({ shape, cells }: Plain): boolean {
  const plain = { shape, cells, size: 1, partition: 0, partitions: 1 };
  const origin = shape.map(() => 0);
  const first = cellAt(plain, origin);
  const strides = shape.map((extent, axis) => extent === 1 ? 0 : cellAt(plain, origin.with(axis, 1)) - first); // prettier-ignore
  return positionsOf(shape).every(
    (at, index) =>
      cells[index] === at.reduce((sum, step, axis) => sum + step * (strides[axis] ?? NaN), first),
  );
}

/** A whole number of low..high. */
type Draw = (low: number, high: number) => number;
/** The view, and what it must be; nothing where it must be refused. */
type Step = (view: View, plain: Plain, draw: Draw) => readonly [make: () => View, plain: Plain | undefined];

const leadOf = (view: View) => (view.space === 'hbm' ? 0 : 1);
const without = <T>(values: readonly T[], axis: number) => values.filter((_, index) => index !== axis);

/** A random range and the positions that it takes; partitions take no step. */
function range(extent: number, draw: Draw, steps: boolean): readonly [Range, readonly number[]] {
  const start = draw(0, extent - 1);
  const kind = draw(0, 3);
  if (kind === 0) return ['all', Array.from({ length: extent }, (_, index) => index)];
  if (kind === 1) return [start, [start]];
  const step = steps ? draw(1, 3) : 1;
  if (kind === 2) {
    const stop = draw(start + 1, extent);
    const positions = [];
    for (let at = start; at < stop; at += step) positions.push(at);
    return [step === 1 && draw(0, 1) === 0 ? [start, stop] : [start, stop, step], positions];
  }
  const size = draw(1, Math.floor((extent - 1 - start) / step) + 1);
  return [ds(start, size, step), Array.from({ length: size }, (_, index) => start + index * step)];
}

/** Factors of a number, at random. */
function factors(value: number, draw: Draw): number[] {
  const found: number[] = [];
  for (let left = value; left > 1 || found.length === 0;) {
    const divisors = Array.from({ length: left }, (_, index) => index + 1).filter((by) => left % by === 0);
    const factor = found.length > 2 ? left : (divisors[draw(0, divisors.length - 1)] ?? NaN);
    found.push(factor);
    left /= factor;
  }
  return found;
}

/** The same elements in another shape, where strides can tell it. */
function reshaped(plain: Plain, shape: readonly number[]): Plain | undefined {
  const wanted = { ...plain, shape };
  return isStrided(wanted) ? wanted : undefined;
}

const cut: Step = (view, plain, draw) => {
  const lead = leadOf(view);
  const extents = view.shape.slice(0, draw(0, view.shape.length));
  const drawn = extents.map((extent, axis) => range(extent, draw, axis >= lead));
  const ranges = drawn.map(([one]) => one);
  const partitions = lead === 1 ? drawn[0]?.[1] : undefined;
  const moved =
    partitions === undefined
      ? plain
      : { ...plain, partition: plain.partition + (partitions[0] ?? NaN), partitions: partitions.length };
  const positions = plain.shape.map(
    (extent, axis) => drawn[axis + lead]?.[1] ?? Array.from({ length: extent }, (_, index) => index),
  );
  const kept = taken(
    moved,
    positions.map((list) => list.length),
    (at) => at.map((index, axis) => positions[axis]?.[index] ?? NaN),
  );
  const shape = kept.shape.filter((_, axis) => typeof ranges[axis + lead] !== 'number');
  return [() => view.slice(...ranges), { ...kept, shape: shape.length === 0 ? [1] : shape }];
};

const STEPS: Readonly<Record<string, Step>> = {
  cut,
  select: (view, plain, draw) => {
    const lead = leadOf(view);
    const axis = draw(0, view.shape.length - 1);
    const position = draw(0, (view.shape[axis] ?? NaN) - 1);
    if (axis < lead) {
      return [
        () => view.select(axis, position),
        { ...plain, partition: plain.partition + position, partitions: 1 },
      ];
    }
    const free = axis - lead;
    const found = taken(plain, plain.shape.with(free, 1), (at) => at.with(free, position));
    const shape = plain.shape.length === 1 ? [1] : without(plain.shape, free);
    return [() => view.select(axis, position), { ...found, shape }];
  },
  permute: (view, plain, draw) => {
    const lead = leadOf(view);
    const left = plain.shape.map((_, axis) => axis);
    const order: number[] = [];
    while (left.length > 0) order.push(...left.splice(draw(0, left.length - 1), 1));
    const axes = [...(lead === 1 ? [0] : []), ...order.map((axis) => axis + lead)];
    const shape = order.map((axis) => plain.shape[axis] ?? NaN);
    const found = taken(plain, shape, (at) => plain.shape.map((_, axis) => at[order.indexOf(axis)] ?? NaN));
    return [() => view.permute(...axes), found];
  },
  broadcast: (view, plain, draw) => {
    const axis = draw(0, plain.shape.length - 1);
    const count = draw(1, 3);
    const found = taken(plain, plain.shape.with(axis, count), (at) => at.with(axis, 0));
    return [() => view.broadcast(axis + leadOf(view), count), plain.shape[axis] === 1 ? found : undefined];
  },
  expand: (view, plain, draw) => {
    const axis = draw(0, plain.shape.length);
    const shape = [...plain.shape.slice(0, axis), 1, ...plain.shape.slice(axis)];
    return [() => view.expand(axis + leadOf(view)), { ...plain, shape }];
  },
  squeeze: (view, plain, draw) => {
    const axis = draw(0, plain.shape.length - 1);
    const legal = plain.shape[axis] === 1 && plain.shape.length > 1;
    return [
      () => view.squeeze(axis + leadOf(view)),
      legal ? { ...plain, shape: without(plain.shape, axis) } : undefined,
    ];
  },
  reshape: (view, plain, draw) => {
    const shape = factors(product(plain.shape), draw);
    const lead = leadOf(view) === 1 ? [plain.partitions] : [];
    return [() => view.reshape(...lead, ...shape), reshaped(plain, shape)];
  },
  split: (view, plain, draw) => {
    const axis = draw(0, plain.shape.length - 1);
    const parts = factors(plain.shape[axis] ?? NaN, draw);
    const shape = plain.shape.toSpliced(axis, 1, ...parts);
    return [() => view.split(axis + leadOf(view), ...parts), { ...plain, shape }];
  },
  flatten: (view, plain, draw) => {
    const lead = leadOf(view);
    const first = draw(0, plain.shape.length - 1);
    const last = draw(first, plain.shape.length - 1);
    const one = product(plain.shape.slice(first, last + 1));
    const shape = plain.shape.toSpliced(first, last + 1 - first, one);
    const whole = first === 0 && last === plain.shape.length - 1 && draw(0, 1) === 0;
    return [() => (whole ? view.flatten() : view.flatten(first + lead, last + lead)), reshaped(plain, shape)];
  },
  seen: (view, plain, draw) => {
    const dtype = (['uint8', 'bfloat16', 'float32'] as const)[draw(0, 2)] ?? 'uint8';
    const size = bytesOf(dtype);
    return [() => view.view(dtype), seenAs(plain, size)];
  },
};

/** The same bytes in elements of another size: the bytes of a row, in its order, taken `size` at a time. */
function seenAs(plain: Plain, size: number): Plain | undefined {
  const bytes = plain.cells.flatMap((cell) => Array.from({ length: plain.size }, (_, byte) => cell + byte));
  const cells = bytes.filter((_, index) => index % size === 0);
  const inOrder = bytes.every(
    (byte, index) => byte === (cells[Math.floor(index / size)] ?? NaN) + (index % size),
  );
  const row = ((plain.shape.at(-1) ?? NaN) * plain.size) / size;
  if (!inOrder || !Number.isInteger(row) || cells.some((cell) => cell % size !== 0)) return undefined;
  const found = { ...plain, size, shape: plain.shape.with(-1, row), cells };
  return isStrided(found) ? found : undefined;
}

function expectSame(view: View, plain: Plain): void {
  const shape = view.space === 'hbm' ? plain.shape : [plain.partitions, ...plain.shape];
  expect(view.shape).toEqual(shape);
  expect(view.elements).toBe(product(shape));
  const offsets = plain.cells.map((cell) => cell / plain.size);
  for (const joining of ['joined', 'written', 1] as const) {
    const pattern = view.pattern(joining);
    expect([...offsetsOf(pattern)]).toEqual(offsets);
    expect(pattern.dtype).toBe(view.dtype);
    if (pattern.space === 'hbm') continue;
    expect([pattern.partition, pattern.partitions]).toEqual([plain.partition, plain.partitions]);
  }
  expect(view.pattern('written').dims.map(([, count]) => count)).toEqual(plain.shape);
}

function expectOrRefused(legal: boolean, make: () => View, plain: Plain): void {
  if (legal) expectSame(make(), plain);
  else expect(make).toThrow(KernelError);
}

const DTYPE = { 1: 'uint8', 2: 'bfloat16', 4: 'float32' } as const;

/** A whole tensor, and what it is. */
function tensorOf(space: 'hbm' | 'sbuf' | 'psum', size: 1 | 2 | 4, shape: readonly number[]): [View, Plain] {
  const view = givenBy((nc): View => {
    if (space === 'hbm') return nc.hbm('h', shape, DTYPE[size]);
    return nc[space]([5, ...shape], DTYPE[size], { partition: 32 });
  });
  const cells = Array.from({ length: product(shape) }, (_, index) => index * size);
  return [view, { size, shape, cells, ...(space === 'hbm' ? { partition: 0, partitions: 1 } : { partition: 32, partitions: 5 }) }]; // prettier-ignore
}

const tensor = fc
  .record({
    space: fc.constantFrom('hbm', 'sbuf', 'psum' as const),
    size: fc.constantFrom(1, 2, 4 as const),
    outer: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
    inner: fc.constantFrom(1, 2, 4, 6, 8, 12),
  })
  .map(({ space, size, outer, inner }) => tensorOf(space, size, [...outer, inner]));

test('any chain of views takes the elements that it says, and is refused where strides cannot', () => {
  const chain = fc.array(fc.constantFrom(...Object.entries(STEPS)), { minLength: 1, maxLength: 6 });
  let [made, refused] = [0, 0];
  fc.assert(
    fc.property(tensor, chain, fc.gen(), (whole, steps, random) => {
      let [view, plain] = whole;
      expectSame(view, plain);
      const draw: Draw = (min, max) => random(fc.integer, { min, max });
      for (const [, step] of steps) {
        const [make, wanted] = step(view, plain, draw);
        if (product(wanted?.shape ?? []) > 500) continue;
        if (wanted === undefined) {
          expect(make).toThrow(KernelError);
          refused++;
        } else {
          [view, plain] = [make(), wanted];
          expectSame(view, plain);
          made++;
        }
      }
    }),
    { numRuns: 2000 },
  );
  expect(made).toBeGreaterThan(refused);
  expect(refused).toBeGreaterThan(0);
});

test('an access pattern takes what it steps through, of the whole tensor, or is refused', () => {
  const dim = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(
      fc.constantFrom('hbm', 'sbuf' as const),
      fc.array(dim, { minLength: 1, maxLength: 3 }),
      fc.nat(30),
      fc.constantFrom(1, 2, 4 as const),
      fc.integer({ min: 32, max: 37 }),
      fc.integer({ min: 1, max: 4 }),
      (space, dims, offset, size, partition, partitions) => {
        const [whole, plain] = tensorOf(space, 2, [2, 12]);
        let offsets = [offset];
        for (const [stride, count] of dims) {
          offsets = offsets.flatMap((at) => Array.from({ length: count }, (_, index) => at + index * stride));
        }
        const inside = offsets.every((at) => at >= 0 && at < 48 / size);
        const seen = { size, shape: dims.map(([, count]) => count), cells: offsets.map((at) => at * size) };
        const part = whole.slice([1, 2]); // what is taken before does not count
        if (part.space === 'hbm') {
          expectOrRefused(inside, () => part.ap(dims, { offset, dtype: DTYPE[size] }), { ...plain, ...seen });
        } else {
          const options = { offset, dtype: DTYPE[size], partition, partitions };
          const legal = inside && partition + partitions <= 37;
          expectOrRefused(legal, () => part.ap(dims, options), { ...seen, partition, partitions });
        }
      },
    ),
  );
});

test('what an access pattern does not say is the view’s own', () => {
  const [hbm] = tensorOf('hbm', 2, [4, 6]);
  const row = hbm.slice(2);
  expect(row.ap([[2, 3]]).pattern('written')).toMatchObject({
    offset: 12,
    dims: [[2, 3]],
    dtype: 'bfloat16',
  });
  const [sbuf] = tensorOf('sbuf', 2, [4, 6]);
  const part = sbuf.slice([1, 3], 2);
  expect(part.ap([[2, 3]]).pattern('written')).toMatchObject({ offset: 12, partition: 33, partitions: 2 });
});

test('dims of a pattern on chip are joined to no more than 65,535 elements, those of HBM to any number', () => {
  const [hbm, sbuf] = givenBy((nc) => [nc.hbm('h', [2, 40_000], 'uint8'), nc.sbuf([1, 2, 40_000], 'uint8')]);
  expect(hbm.pattern('joined').dims).toEqual([[1, 80_000]]);
  expect(sbuf.pattern('joined').dims).toEqual([[40_000, 2], [1, 40_000]]); // prettier-ignore
});
