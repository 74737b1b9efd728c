/**
 * Packing for the WASM checker: the part of an operand that one pass reads, decoded to float32 and laid in panels,
 * [depth][lanes], of 4 rows of A or 8 columns of B, each pass's products in the order in which they add.
 */
import type { MatmulPlan, Pass } from '../../lower';
import { decodeArray } from '../../numerics';
import type { MatmulOperands, SubnormalMode } from '../matmul';
import { ARITHMETIC } from '../reference/matmul';

/** Rows of A or columns of B to a panel, as in `assembly/matmul.ts`. */
export const LANES = { a: 4, b: 8 } as const;
export type Side = keyof typeof LANES;

/** Products that a pass adds to one output. */
export const passLength = ({ rows, interleave }: Pass): number => rows * interleave;

/** Rows of a panel: a few unused ones keep panels of a power of two from sharing cache sets. */
export const panelDepth = (pass: Pass): number => passLength(pass) + 4;

/** Packs `count` rows of A or columns of B from `first` on. Lanes that the operand does not fill keep what they held. */
export function pack(
  panels: Float32Array,
  side: Side,
  plan: MatmulPlan,
  operands: MatmulOperands,
  subnormals: SubnormalMode,
  pass: Pass,
  first: number,
  count: number,
): void {
  const lanes = LANES[side];
  const depth = panelDepth(pass);
  const read = (start: number, length: number): Float32Array => {
    const values = decodeArray(plan[side], operands[side].subarray(start, start + length));
    return subnormals === 'exact' ? values : values.map(ARITHMETIC[subnormals].input);
  };
  if (side === 'a' && plan.aLayout === 'row-major') {
    for (let i = 0; i < count; i++) {
      const lane = i % lanes;
      const values = read((first + i) * plan.k + pass.k0, passLength(pass));
      gatherLane(panels, (i - lane) * depth + lane, lanes, values, pass);
    }
  } else {
    const pitch = side === 'a' ? plan.m : plan.n;
    for (let i = 0; i < passLength(pass); i++) {
      const values = read((pass.k0 + i) * pitch + first, count);
      scatterRow(panels, positionOf(pass, i) * lanes, lanes, depth * lanes, values);
    }
  }
}

/** Where in the pass's order the contraction index k0 + i comes: row by row, a row's interleaved products together. */
function positionOf({ rows, interleave }: Pass, i: number): number {
  return (i % rows) * interleave + Math.floor(i / rows);
}

/** One lane's values, each at its place in the pass's order, between those of its panel's other lanes. */
function gatherLane(
  panels: Float32Array,
  start: number,
  lanes: number,
  values: Float32Array,
  pass: Pass,
): void {
  for (let i = 0; i < values.length; i++) panels[start + positionOf(pass, i) * lanes] = values[i] ?? 0;
}

/** The values of all lanes at one contraction index, to the same row of every panel. */
function scatterRow(
  panels: Float32Array,
  start: number,
  lanes: number,
  pitch: number,
  values: Float32Array,
): void {
  for (let i = 0, to = start; i < values.length; i += lanes, to += pitch) {
    const end = Math.min(lanes, values.length - i);
    for (let lane = 0; lane < end; lane++) panels[to + lane] = values[i + lane] ?? 0;
  }
}
