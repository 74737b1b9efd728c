/** Conversion as every engine and DMA do it: to float32, then one rounding. */
import { decodeArray, encodeArray, stochasticDraws } from '../numerics';
import type { CodeArray, Dtype } from '../numerics';
import { elementsOf } from '../program';
import type { ChipPattern, WriteOptions } from '../program';
import type { Problem } from './entry';

/** Equal formats keep their bits. */
export function convert(from: Dtype, to: Dtype, codes: CodeArray): CodeArray {
  return from === to ? codes : encodeArray(to, decodeArray(from, codes));
}

/** float32 values to the codes that a write to `dst` leaves there. */
export function encodeWrite(dst: ChipPattern, values: Float32Array, write: WriteOptions): CodeArray {
  const { rounding = 'nearest-even', saturate = false } = write;
  const draws = rounding === 'stochastic' ? { draws: drawsOf(dst, write) } : {};
  return encodeArray(dst.dtype, values, { rounding, saturate, ...draws });
}

/** The draws of dst's elements in access-pattern order. */
function drawsOf(dst: ChipPattern, { seed = 0, element = 0, pitch = 0 }: WriteOptions): Uint32Array {
  const draws = new Uint32Array(elementsOf(dst));
  const width = draws.length / dst.partitions;
  for (let p = 0; p < dst.partitions; p++) {
    const key = { seed, launch: 0, instance: 0, element: element + p * pitch };
    draws.set(stochasticDraws(key, width), p * width);
  }
  return draws;
}

/** What draws need, and that nothing is told that would be without effect. */
export function writeProblem({ rounding, seed, element, pitch }: WriteOptions): Problem {
  const told = Object.entries({ seed, element, pitch });
  const given = told.filter(([, value]) => value !== undefined).map(([name]) => name);
  const received = `received ${given.join(', ') || 'none of them'}.`;
  if (rounding !== 'stochastic') {
    return given.length === 0
      ? undefined
      : `only stochastic rounding takes seed, element and pitch, ${received}`;
  }
  return given.length === told.length
    ? undefined
    : `stochastic rounding takes seed, element and pitch, ${received}`;
}
