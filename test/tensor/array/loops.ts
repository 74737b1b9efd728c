/** What NumPy computes, by plain loops over places: the second formulation that functions of arrays are checked against. */
import fc from 'fast-check';

/** Values in row-major order. */
export interface Plain {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Every place of a shape, in row-major order. */
export function* placesOf(shape: readonly number[]): Generator<number[]> {
  const total = count(shape);
  for (let i = 0; i < total; i++) {
    const place: number[] = [];
    for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
      place.unshift(rest % (shape[axis] ?? 1));
      rest = Math.floor(rest / (shape[axis] ?? 1));
    }
    yield place;
  }
}

/** The value at a place; places of axes of extent 1, and of missing leading axes, do not count. */
export function valueAt({ shape, values }: Plain, place: readonly number[]): number {
  const skip = place.length - shape.length;
  let offset = 0;
  shape.forEach((extent, axis) => {
    offset = offset * extent + (extent === 1 ? 0 : (place[axis + skip] ?? 0));
  });
  const value = values[offset];
  if (value === undefined) throw new Error(`nothing at ${place.join()} of ${shape.join()}`);
  return value;
}

export const build = (shape: readonly number[], value: (place: readonly number[]) => number): Plain => ({
  shape,
  values: [...placesOf(shape)].map(value),
});

/** Small whole numbers: float32 adds and multiplies them exactly. */
export const plain = (shape: readonly number[]): fc.Arbitrary<Plain> =>
  fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: count(shape), maxLength: count(shape) })
    .map((values) => ({ shape, values }));

export const shapes = (least = 0, most = 4): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: least, maxLength: most });

/** Two shapes that broadcast, and what to. */
export const broadcastable: fc.Arbitrary<{
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly both: readonly number[];
}> = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom('both', 'a', 'b')), { maxLength: 4 })
  .chain((axes) =>
    fc.tuple(fc.nat(axes.length), fc.constantFrom('a', 'b')).map(([missing, who]) => {
      const side = (name: string): number[] => {
        const extents = axes.map(([extent, which]) => (which === 'both' || which === name ? extent : 1));
        return name === who ? extents.slice(missing) : extents;
      };
      const [a, b] = [side('a'), side('b')];
      const both = axes.map((_, i) => {
        const [x, y] = [a, b].map((shape) => shape[i - axes.length + shape.length] ?? 1);
        return x === 1 ? (y ?? 1) : (x ?? 1);
      });
      return { a, b, both };
    }),
  );
