/** Images against the loops of their definitions, in doubles; places are such that halves are exact. */
import { describe, expect, it } from 'vitest';
import { cropAndResize, resize, rotate, type ResizeOptions } from '../../../src/tensor/compose';
import type { Shape } from '../../../src/tensor/graph';
import { at, mixed, nodeOf, tabulate, valuesOf } from './values';

const shape = [2, 5, 4, 3];
const values = mixed(shape);
const x = nodeOf(values, shape);
const pixel = (...place: readonly number[]): number => at(values, shape, place) ?? NaN;
const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? NaN, 5);
  });
}

/** Bilinear, first along columns of the four pixels around a place. */
function blend(n: number, y: number, x: number, c: number): number {
  const [top, left] = [Math.floor(y), Math.floor(x)];
  const of = (i: number, j: number): number => pixel(n, clamp(i, 4), clamp(j, 3), c);
  const row = (i: number): number => of(i, left) + (of(i, left + 1) - of(i, left)) * (x - left);
  return row(top) + (row(top + 1) - row(top)) * (y - top);
}

describe('resizing', () => {
  const sizes: readonly (readonly [number, number])[] = [
    [10, 8],
    [3, 7],
    [1, 1],
    [5, 4],
  ];
  const ways: readonly ResizeOptions[] = [
    {},
    { alignCorners: true },
    { halfPixelCenters: true },
    { method: 'nearest' },
    { method: 'nearest', alignCorners: true },
    { method: 'nearest', halfPixelCenters: true },
  ];
  const cases = sizes.flatMap((size) => ways.map((options) => ({ size, options })));
  it.each(cases)('to $size with $options', ({ size, options }) => {
    const { method, alignCorners = false, halfPixelCenters = false } = options;
    const place = (i: number, extent: number, count: number): number => {
      const scale = alignCorners && count > 1 ? (extent - 1) / (count - 1) : extent / count;
      if (!halfPixelCenters) return i * scale;
      return method === 'nearest' ? (i + 0.5) * scale : Math.max((i + 0.5) * scale - 0.5, 0);
    };
    const chosen = (at: number, most: number): number =>
      clamp(Math.floor(alignCorners ? at + 0.5 + 1e-9 : at + 1e-9), most);
    const wanted = tabulate([2, ...size, 3], ([n = 0, i = 0, j = 0, c = 0]) => {
      const [y, x] = [place(i, 5, size[0]), place(j, 4, size[1])];
      return method === 'nearest' ? pixel(n, chosen(y, 4), chosen(x, 3), c) : blend(n, y, x, c);
    });
    const result = resize(x, size, options);
    expect(result.shape).toEqual([2, ...size, 3]);
    expectClose(valuesOf(result), wanted);
  });
});

describe('cutting out', () => {
  const boxes: Shape[] = [
    [0, 0, 1, 1],
    [0.25, 0, 0.75, 1],
    [-0.5, 0.5, 0.5, 1.5],
  ];
  it.each(['bilinear', 'nearest'] as const)('boxes of images, %s', (method) => {
    const [height, width] = [3, 4];
    const images = [0, 1, 1];
    const wanted = tabulate([3, height, width, 3], ([b = 0, i = 0, j = 0, c = 0]) => {
      const [y1 = 0, x1 = 0, y2 = 0, x2 = 0] = boxes[b] ?? [];
      const y = y1 * 4 + (i * (y2 - y1) * 4) / (height - 1);
      const x = x1 * 3 + (j * (x2 - x1) * 3) / (width - 1);
      if (y < 0 || y > 4 || x < 0 || x > 3) return 9;
      const n = images[b] ?? 0;
      return method === 'nearest' ? pixel(n, Math.floor(y + 0.5), Math.floor(x + 0.5), c) : blend(n, y, x, c);
    });
    const index = nodeOf(images, [3], 'int32');
    expectClose(
      valuesOf(cropAndResize(x, nodeOf(boxes.flat(), [3, 4]), index, [height, width], { method, fill: 9 })),
      wanted,
    );
    const lone = cropAndResize(x, nodeOf([0, 0, 1, 1], [1, 4]), nodeOf([1], [1], 'int32'), [1, 1], {
      method,
    });
    const middle = [0, 1, 2].map((c) => (method === 'nearest' ? pixel(1, 2, 2, c) : blend(1, 2, 1.5, c)));
    expectClose(valuesOf(lone), middle);
  });
});

describe('rotating', () => {
  it.each([0, Math.PI / 2, 0.3, -1])('by %d', (radians) => {
    const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
    const [middleX, middleY] = [0.25 * 4, 0.4 * 5];
    const wanted = tabulate(shape, ([n = 0, h = 0, w = 0, c = 0]) => {
      const [right, down] = [w - middleX, h - middleY];
      const fromX = Math.floor(right * cos - down * sin + middleX + 0.5);
      const fromY = Math.floor(right * sin + down * cos + middleY + 0.5);
      const inside = fromX >= 0 && fromX < 4 && fromY >= 0 && fromY < 5;
      return inside ? pixel(n, fromY, fromX, c) : (c + 1) * 10;
    });
    const result = rotate(x, radians, { center: [0.25, 0.4], fill: [10, 20, 30] });
    expect(valuesOf(result)).toEqual(wanted);
  });
});
