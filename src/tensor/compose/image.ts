/**
 * Images [N, H, W, C] at other places than their pixels: resized, cut out, rotated. Where a place is a fraction of whole numbers it is computed in
 * int32; interpolation is of float32, rounded once.
 */
import type { Dtype } from '../../numerics';
import { make, type Node } from '../graph';
import { floorDivide } from './arithmetic';
import { take } from './gather';
import { broadcastTo, expand } from './shapes';
import { choose, float, judge, whole } from './steps';

export interface ResizeOptions {
  readonly method?: 'bilinear' | 'nearest' | undefined;
  /** The corners' pixels lie on each other, rather than the edges of the images. */
  readonly alignCorners?: boolean | undefined;
  /** Pixels lie in the middle of their squares. */
  readonly halfPixelCenters?: boolean | undefined;
  readonly dtype?: Dtype | undefined;
}

/** Where each of `count` pixels lies along an axis of `extent`: numerators, and what they are divided by. */
function fractions(
  extent: number,
  count: number,
  { alignCorners = false, halfPixelCenters = false, method }: ResizeOptions,
) {
  const corners = alignCorners && count > 1;
  const [over, under] = corners ? [extent - 1, count - 1] : [extent, count];
  const place = make.iota([count], 0);
  if (!halfPixelCenters) return { numerators: whole('multiply', place, over), divisor: under };
  const middle = whole('multiply', whole('add', whole('multiply', place, 2), 1), over);
  // The pixel's own middle is half a pixel from its place, where one interpolates.
  const numerators = method === 'nearest' ? middle : whole('subtract', middle, under);
  return { numerators, divisor: 2 * under };
}

const floorBy = (numerators: Node, divisor: number): Node =>
  floorDivide(numerators, make.fill(numerators.shape, 'int32', divisor));

const nearest = (x: Node, axis: number, count: number, options: ResizeOptions): Node => {
  const { numerators, divisor } = fractions(make.extentOf(x, axis), count, options);
  const place =
    options.alignCorners === true
      ? floorBy(whole('add', whole('multiply', numerators, 2), divisor), 2 * divisor)
      : floorBy(numerators, divisor);
  return take(x, place, axis, { outside: 'clamp' });
};

function bilinear(x: Node, axis: number, count: number, options: ResizeOptions): Node {
  const { numerators, divisor } = fractions(make.extentOf(x, axis), count, options);
  const inside = whole('maximum', numerators, 0);
  const low = floorBy(inside, divisor);
  const left = whole('subtract', inside, whole('multiply', low, divisor));
  const share = float('multiply', left, 1 / divisor);
  const [before, after] = [low, whole('add', low, 1)].map((place) =>
    take(x, place, axis, { outside: 'clamp' }),
  ) as [Node, Node];
  const along = make.reshape(
    share,
    x.shape.map((_, i) => (i === axis ? count : 1)),
  );
  const moved = float('multiply', float('subtract', after, before), make.broadcast(along, before.shape));
  return float('add', before, moved);
}

/** One axis after the other. */
export function resize(
  x: Node,
  [height, width]: readonly [number, number],
  options: ResizeOptions = {},
): Node {
  const along = options.method === 'nearest' ? nearest : bilinear;
  return make.cast(along(along(x, 1, height, options), 2, width, options), options.dtype ?? x.dtype);
}

export interface CropOptions {
  readonly method?: 'bilinear' | 'nearest' | undefined;
  /** What lies outside the image. */
  readonly fill?: number | undefined;
  readonly dtype?: Dtype | undefined;
}

/** Half-way cases go up, as Math.round has them. */
const roundUp = (x: Node): Node => float('floor', float('add', x, 0.5));

/** Places along one axis of each box, [boxes, count], from its first to its second edge, both of them 0 to 1. */
function placesIn(first: Node, second: Node, extent: number, count: number): Node {
  const column = (x: Node): Node => make.broadcast(expand(x, 1), [x.size, count]);
  const last = extent - 1;
  if (count === 1)
    return column(float('multiply', float('multiply', float('add', first, second), 0.5), last));
  const stride = float(
    'multiply',
    float('multiply', float('subtract', second, first), last),
    1 / (count - 1),
  );
  const steps = float('multiply', column(stride), make.iota([first.size, count], 1));
  return float('add', column(float('multiply', first, last)), steps);
}

/** Boxes [y1, x1, y2, x2] of the images that `index` names, each resized: [boxes, height, width, C]. */
export function cropAndResize(
  x: Node,
  boxes: Node,
  index: Node,
  [height, width]: readonly [number, number],
  { method = 'bilinear', fill = 0, dtype = x.dtype }: CropOptions = {},
): Node {
  const [, h = 0, w = 0, c = 0] = x.shape;
  const n = boxes.shape[0] ?? 0;
  const edge = (i: number): Node => make.reshape(make.slice(boxes, [0, i], [1, 1], [n, 1]), [n]);
  const shape = [n, height, width];
  const ys = make.broadcast(expand(placesIn(edge(0), edge(2), h, height), 2), shape);
  const xs = make.broadcast(expand(placesIn(edge(1), edge(3), w, width), 1), shape);
  const image = make.broadcast(make.reshape(make.cast(index, 'int32'), [n, 1, 1]), shape);
  const pixel = pixelsOf(x);
  const at = (y: Node, x: Node): Node => pixel(image, y, x);
  const inside = judge('logical_and', within(ys, h), within(xs, w));
  const spread = (part: Node): Node => make.broadcast(expand(part, 3), [...shape, c]);
  const value = method === 'nearest' ? at(roundUp(ys), roundUp(xs)) : between(at, ys, xs, spread);
  return make.cast(choose(spread(inside), value, fill), dtype);
}

const within = (place: Node, extent: number): Node =>
  judge('logical_and', judge('greater_equal', place, 0), judge('less_equal', place, extent - 1));

/** Pixels of images at whole places, the nearest where they lie outside: [..., C]. */
function pixelsOf(x: Node): (image: Node, y: Node, x: Node) => Node {
  const [n = 0, h = 0, w = 0, c = 0] = x.shape;
  const data = make.reshape(x, [n * h * w, c]);
  const clamped = (place: Node, extent: number): Node =>
    whole('minimum', whole('maximum', make.cast(place, 'int32'), 0), extent - 1);
  return (image, row, column) => {
    const rows = whole('add', whole('multiply', clamped(image, n), h), clamped(row, h));
    const flat = whole('add', whole('multiply', rows, w), clamped(column, w));
    return take(data, flat, 0, { outside: 'clamp' });
  };
}

/** Of the four pixels around, first along rows. */
function between(at: (y: Node, x: Node) => Node, ys: Node, xs: Node, spread: (part: Node) => Node): Node {
  const [top, left] = [float('floor', ys), float('floor', xs)];
  const [bottom, right] = [float('ceil', ys), float('ceil', xs)];
  const mix = (a: Node, b: Node, share: Node): Node =>
    float('add', a, float('multiply', float('subtract', b, a), spread(share)));
  const across = float('subtract', xs, left);
  return mix(
    mix(at(top, left), at(top, right), across),
    mix(at(bottom, left), at(bottom, right), across),
    float('subtract', ys, top),
  );
}

export interface RotateOptions {
  /** What comes from outside, one number or one for each channel. */
  readonly fill?: number | readonly number[] | undefined;
  /** As fractions of width and height. */
  readonly center?: readonly [x: number, y: number] | undefined;
  readonly dtype?: Dtype | undefined;
}

/** Each pixel takes the nearest one to where it lay before the image was turned, clockwise by radians. */
export function rotate(x: Node, radians: number, options: RotateOptions = {}): Node {
  const { fill = 0, center: [centerX, centerY] = [0.5, 0.5], dtype = x.dtype } = options;
  const [n = 0, h = 0, w = 0, c = 0] = x.shape;
  const shape = [n, h, w];
  const [middleX, middleY] = [centerX * w, centerY * h];
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const right = float('subtract', make.iota(shape, 2), middleX);
  const down = float('subtract', make.iota(shape, 1), middleY);
  const turned = (a: Node, byA: number, b: Node, byB: number, middle: number): Node =>
    roundUp(float('add', float('add', float('multiply', a, byA), float('multiply', b, byB)), middle));
  const fromX = turned(right, cos, down, -sin, middleX);
  const fromY = turned(right, sin, down, cos, middleY);
  const value = pixelsOf(x)(make.iota(shape, 0), fromY, fromX);
  const inside = make.broadcast(expand(judge('logical_and', within(fromX, w), within(fromY, h)), 3), x.shape);
  const outside = typeof fill === 'number' ? fill : broadcastTo(perChannel(fill, c), x.shape);
  return make.cast(choose(inside, value, outside), dtype);
}

/** One number for each channel, made of what needs no memory. */
const perChannel = (values: readonly number[], channels: number): Node =>
  make.concat(
    Array.from({ length: channels }, (_, i) => make.fill([1], 'float32', Math.fround(values[i] ?? 0))),
    0,
  );
