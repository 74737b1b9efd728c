/** Totals of the elements so far, along any axis: it goes last and comes back. In float32, each rounded once; of int32 and uint32 exact. */
import type { Dtype } from '../../numerics';
import { make, type Node, type Scan } from '../graph';
import { lastTo, toLast } from './shapes';

export interface CumulativeOptions extends make.ScanOptions {
  readonly dtype?: Dtype | undefined;
}

const cumulative =
  (how: Scan) =>
  (x: Node, axis: number, { dtype = x.dtype, ...options }: CumulativeOptions = {}): Node =>
    lastTo(make.scan(toLast(x, axis), how, dtype, options), axis);

export const cumsum = cumulative('add');
export const cumprod = cumulative('multiply');
export const cummax = cumulative('maximum');
export const cummin = cumulative('minimum');
