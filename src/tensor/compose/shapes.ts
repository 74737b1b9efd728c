/** Shapes that meet: NumPy's broadcasting of nodes, and axes moved where a primitive wants them. */
import { make, sameShape, type Node, type Shape } from '../graph';

/** The shape of them all, by NumPy's rule; undefined where they do not meet. */
export function commonShape(...shapes: readonly Shape[]): Shape | undefined {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const padded = shapes.map((shape) => [...Array<number>(rank - shape.length).fill(1), ...shape]);
  const common = Array.from({ length: rank }, (_, axis) => {
    const extents = padded.map((shape) => shape[axis] ?? 1);
    return extents.find((extent) => extent !== 1) ?? 1;
  });
  const meets = padded.every((shape) =>
    shape.every((extent, axis) => extent === 1 || extent === common[axis]),
  );
  return meets ? common : undefined;
}

/** Axes of extent 1 in front, then repeated. */
export function broadcastTo(x: Node, shape: Shape): Node {
  if (sameShape(x.shape, shape)) return x;
  const missing = Math.max(0, shape.length - x.shape.length);
  return make.broadcast(make.reshape(x, [...Array<number>(missing).fill(1), ...x.shape]), shape);
}

/** All of one shape. */
export function together<T extends readonly Node[]>(...nodes: T): { [I in keyof T]: Node } {
  const shape = commonShape(...nodes.map((node) => node.shape));
  if (shape === undefined)
    throw new Error(
      `Invariant violation: shapes ${nodes.map((node) => `[${node.shape.join()}]`).join(', ')}`,
    );
  return nodes.map((node) => broadcastTo(node, shape)) as { [I in keyof T]: Node };
}

export const axesOf = (x: Node): number[] => [...x.shape.keys()];

/** One axis goes elsewhere, the others keep their order. */
export function moveAxis(x: Node, from: number, to: number): Node {
  if (from === to) return x;
  const others = axesOf(x).toSpliced(from, 1);
  return make.permute(x, others.toSpliced(to, 0, from));
}

/** The last axis comes back to where it was. */
export const lastTo = (x: Node, axis: number): Node => moveAxis(x, x.shape.length - 1, axis);
export const toLast = (x: Node, axis: number): Node => moveAxis(x, axis, x.shape.length - 1);

/** Elements first to first + count - 1 along an axis, or every step-th. */
export function sliceAxis(x: Node, axis: number, first: number, count: number, step = 1): Node {
  const start = x.shape.map(() => 0).with(axis, first);
  return make.slice(x, start, x.shape.map(() => 1).with(axis, step), x.shape.with(axis, count));
}

/** Backwards along an axis. */
export const reversed = (x: Node, axis: number): Node => {
  const extent = make.extentOf(x, axis);
  return extent < 2 ? x : sliceAxis(x, axis, extent - 1, extent, -1);
};

/** Elements before and after along an axis; negative counts cut. */
export function padAxis(x: Node, axis: number, low: number, high: number, value: number, interior = 0): Node {
  const zeros = x.shape.map(() => 0);
  const counts = (count: number): number[] => zeros.with(axis, count);
  const wide = make.pad(
    x,
    { low: counts(Math.max(low, 0)), high: counts(Math.max(high, 0)), interior: counts(interior) },
    value,
  );
  const cut = Math.max(-low, 0) + Math.max(-high, 0);
  return cut === 0 ? wide : sliceAxis(wide, axis, Math.max(-low, 0), make.extentOf(wide, axis) - cut);
}

/** An axis of extent 1 put in. */
export const expand = (x: Node, axis: number): Node => make.reshape(x, x.shape.toSpliced(axis, 0, 1));

/** An axis of extent 1 taken out. */
export const squeeze = (x: Node, axis: number): Node => make.reshape(x, x.shape.toSpliced(axis, 1));

/** Places along an axis, as float32 or int32. */
export const places = (shape: Shape, axis: number): Node => make.iota(shape, axis);
