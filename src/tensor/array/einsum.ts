/** Einstein's sums, convolutions and pooling, by way of the Tensor engine. */
import { CHIPS, matmulPairProblem } from '../../chip';
import { UserError, type Dtype } from '../../numerics';
import * as compose from '../compose';
import { make, type Node, type Shape } from '../graph';
import { describe, type NDArray } from './ndarray';
import { contextOf, countOf, nodeOf, type ResultOptions } from './operands';
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
export function einsum(text: string, operands: readonly NDArray[], { dtype }: ResultOptions = {}): NDArray {
  const [first] = operands;
  if (first === undefined) throw new UserError('einsum: needs at least one array.');
  const equation = compose.equationOf(
    text,
    operands.map(({ ndim }) => ndim),
  );
  checkEquation(text, equation, operands);
  const { nodes, dtype: common } = multiplied('einsum', operands);
  const result = dtype === undefined ? common : first.arrays.checkDtype('einsum', dtype);
  return first.arrays.adopt(compose.einsum(equation, nodes, result));
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

/** Windows of x times the filter, one product of matrices; no flip, as everywhere in machine learning. */
export function convolve(x: NDArray, filter: NDArray, options: ConvolveOptions = {}): NDArray {
  const op = 'convolve';
  const { dtype, groups = 1, ...spatial } = options;
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
