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

const DRAW_OPTIONS = ['seed', 'element', 'pitch'] as const satisfies readonly (keyof WriteOptions)[];

const told = (write: WriteOptions, names: readonly (keyof WriteOptions)[]) =>
  names.filter((name) => write[name] !== undefined).join(', ') || 'none of them';

/** What draws need, and that nothing is told that would be without effect. */
export function writeProblem(write: WriteOptions): Problem {
  const { rounding, seed, element, pitch } = write;
  if (rounding !== 'stochastic') {
    return seed === undefined && element === undefined && pitch === undefined
      ? undefined
      : `only stochastic rounding takes seed, element and pitch, received ${told(write, DRAW_OPTIONS)}.`;
  }
  return seed !== undefined && element !== undefined && pitch !== undefined
    ? undefined
    : `stochastic rounding takes seed, element and pitch, received ${told(write, DRAW_OPTIONS)}.`;
}

const WRITE_OPTIONS = ['rounding', 'saturate', ...DRAW_OPTIONS] as const;

/** Instructions that write whole codes, as `why` says, are told nothing about rounding. */
export function codeWriteProblem(write: WriteOptions, why: string): Problem {
  for (const name of WRITE_OPTIONS) {
    if (write[name] !== undefined) {
      return `${why} nothing is rounded: leave ${WRITE_OPTIONS.join(', ')} out, received ${told(write, WRITE_OPTIONS)}.`;
    }
  }
  return undefined;
}
