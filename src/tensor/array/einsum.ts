/** Einstein's sums, convolutions and pooling, by way of the Tensor engine. */
import { CHIPS, matmulPairProblem } from '../../chip';
import { UserError, type Dtype } from '../../numerics';
import * as compose from '../compose';
import { make, type Node, type Shape } from '../graph';
import { describe, NDArray } from './ndarray';
import { contextOf, countOf, nodeOf, requireArrays, type ResultOptions } from './operands';
import { optionsOf, RESULT } from './options';
import { floating, isFloat, promote } from './promotion';

/** Nodes of one format that the chip multiplies, and the format in which sums are kept. */
function multiplied(
  op: string,
  list: readonly NDArray[],
): { readonly nodes: readonly Node[]; readonly dtype: Dtype } {
  const arrays = contextOf(op, list);
  const common = list.map(({ dtype }) => floating(dtype)).reduce((a, b) => promote(op, a, b));
  const problem = matmulPairProblem(CHIPS[arrays.chip], common, common);
  if (problem !== undefined) throw new UserError(`${op}: ${problem}`);
  const nodes = list.map((each) => make.cast(arrays.nodeOf(op, each), common));
  return { nodes, dtype: common.startsWith('float8') ? 'bfloat16' : common };
}

/** 'ij,jk->ik': axes of one letter are multiplied together, and summed where the result lacks it. */
export function einsum(text: string, operands: readonly NDArray[], options?: ResultOptions): NDArray;
/** The arrays one after the other, as NumPy takes them, and options last. */
export function einsum(text: string, ...given: readonly (NDArray | ResultOptions)[]): NDArray;
export function einsum(text: string, ...given: readonly unknown[]): NDArray {
  if (typeof text !== 'string') throw new UserError("einsum: needs an equation first, as 'ij,jk->ik'.");
  const { operands, options } = operandsOf(given);
  const { dtype } = optionsOf('einsum', options, RESULT);
  const [first] = operands;
  if (first === undefined) throw new UserError('einsum: needs at least one array.');
  requireArrays('einsum', operands);
  const equation = compose.equationOf(
    text,
    operands.map(({ ndim }) => ndim),
  );
  checkEquation(text, equation, operands);
  const { nodes, dtype: common } = multiplied('einsum', operands);
  const result = dtype === undefined ? common : first.arrays.checkDtype('einsum', dtype);
  return first.arrays.adopt(compose.einsum(equation, nodes, result));
}

/** A list of arrays and options, or arrays and then options. */
function operandsOf(given: readonly unknown[]): {
  readonly operands: readonly NDArray[];
  readonly options: ResultOptions;
} {
  const [first, ...rest] = given;
  const count = given.findIndex((each) => !(each instanceof NDArray));
  const operands = Array.isArray(first) ? first : count < 0 ? given : given.slice(0, count);
  const [options = {}, ...more] = Array.isArray(first) ? rest : given.slice(operands.length);
  if (more.length > 0)
    throw new UserError(
      "einsum: takes arrays, or a list of them, and options last: einsum('ij,jk->ik', a, b).",
    );
  return { operands: operands as readonly NDArray[], options: options as ResultOptions };
}

/** @throws UserError for what the arrays do not fit. */
function checkEquation(text: string, { operands, result }: compose.Equation, list: readonly NDArray[]): void {
  const refuse = (why: string): never => {
    throw new UserError(`einsum: "${text}" ${why}.`);
  };
  if (!/^[a-zA-Z.,\s]*(->[a-zA-Z.\s]*)?$/.test(text)) refuse('is not of letters, commas and one "->"');
  if (operands.length !== list.length) refuse(`names ${operands.length} arrays; received ${list.length}`);
  const extents = new Map<string, number>();
  for (const [i, labels] of operands.entries()) {
    const { shape = [] as Shape } = list[i] ?? {};
    if (labels.length !== shape.length || labels.some((label) => label === '.'))
      refuse(`does not fit [${shape.join(', ')}] as operand ${i + 1}`);
    for (const [axis, label] of labels.entries()) {
      const [extent = 1, known = 1] = [shape[axis], extents.get(label)];
      if (extent !== known && extent !== 1 && known !== 1)
        refuse(`has both ${known} and ${extent} for ${label}`);
      if (labels.indexOf(label) < axis && extent !== shape[labels.indexOf(label)])
        refuse(`takes a diagonal of axes that differ, for ${label}`);
      extents.set(label, Math.max(extent, known));
    }
  }
  const stray = result.find((label, i) => !extents.has(label) || result.indexOf(label) !== i);
  if (stray !== undefined) refuse(`has a result with ${stray}, which is not once in it and in the operands`);
}

/** Of [N, ...spatial, C] by a filter [...taps, C / groups, outputs]. */
export interface ConvolveOptions extends ResultOptions, compose.Spatial {
  readonly groups?: number | undefined;
}

const SPATIAL = ['strides', 'dilations', 'padding'] as const;
const CONVOLVE = [...SPATIAL, 'groups', 'dtype'] as const;
const POOL = ['taps', ...SPATIAL] as const;

/** Windows of x times the filter, one product of matrices; no flip, as everywhere in machine learning. */
export function convolve(x: NDArray, filter: NDArray, options: ConvolveOptions = {}): NDArray {
  const op = 'convolve';
  const { dtype, groups = 1, ...spatial } = optionsOf(op, options, CONVOLVE);
  const channels = x.shape.at(-1) ?? 0;
  countOf(op, 'groups', groups, 1);
  const [depth = 0, outputs = 0] = filter.shape.slice(-2);
  if (x.ndim < 3 || x.ndim !== filter.ndim || channels !== depth * groups || outputs % groups !== 0)
    throw new UserError(
      `${op}: ${describe(x)} is not [N, ...spatial, C] for a filter [...taps, C / ${groups}, outputs] of ${describe(filter)}.`,
    );
  requireWindows(op, x, filter.shape.slice(0, -2), spatial);
  const { nodes, dtype: common } = multiplied(op, [x, filter]);
  const [input, weights] = nodes as readonly [Node, Node];
  const result = dtype === undefined ? common : x.arrays.checkDtype(op, dtype);
  return x.arrays.adopt(compose.convolution(input, weights, { ...spatial, groups, dtype: result }));
}

/** @throws UserError where no window fits. */
function requireWindows(op: string, x: NDArray, taps: Shape, spatial: compose.Spatial): void {
  for (const counts of [taps, spatial.strides ?? [], spatial.dilations ?? []])
    for (const each of counts) countOf(op, 'taps, strides and dilations', each, 1);
  const none = compose
    .spatialAxes(x.shape.slice(1, -1), taps, spatial)
    .find(({ positions }) => positions === 0);
  if (none !== undefined)
    throw new UserError(
      `${op}: a window of ${none.span} does not fit into an axis of ${none.extent} of ${describe(x)}.`,
    );
}

export interface PoolOptions extends compose.Spatial {
  /** Extents of a window along the spatial axes of [N, ...spatial, C]. */
  readonly taps: readonly number[];
}

function pooled(
  op: string,
  fn: (x: Node, options: compose.PoolOptions) => Node,
  x: NDArray,
  options: PoolOptions,
): NDArray {
  const { taps } = optionsOf(op, options, POOL);
  if (!Array.isArray(taps))
    throw new UserError(`${op}: needs taps, the extents of a window, as { taps: [2, 2] }.`);
  if (x.ndim !== options.taps.length + 2)
    throw new UserError(
      `${op}: ${describe(x)} is not [N, ...spatial, C] of ${options.taps.length} spatial axes.`,
    );
  requireWindows(op, x, options.taps, options);
  if (!isFloat(x.dtype)) throw new UserError(`${op}: takes floats; received ${describe(x)}.`);
  return x.arrays.adopt(fn(nodeOf(op, x), options));
}

export const maxPool = (x: NDArray, options: PoolOptions): NDArray =>
  pooled('maxPool', compose.maxPool, x, options);
export const averagePool = (x: NDArray, options: PoolOptions): NDArray =>
  pooled('averagePool', compose.averagePool, x, options);
