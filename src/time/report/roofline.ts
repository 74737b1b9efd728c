/**
 * Where a Program lies under the roof of its chip: its operations for each byte of HBM, against what the array and the way to HBM
 * allow. The way is as wide as the core's share of its HBM stack, or as the 16 DMA engines together sustain, whichever is less.
 */
import { hbmRateOf } from '../dma-engines';
import { DMA_ENGINES } from '../transfers';
import type { Timeline } from '../types';
import type { MatmulReport } from './matmuls';

export interface Roofline {
  /** Operations for each byte that is read from or written to HBM. */
  readonly intensity: number;
  /** flop/ns of the array at most, for what it multiplies. */
  readonly peak: number;
  /** B/ns: the core's share of HBM, and what the DMA engines sustain. */
  readonly hbm: number;
  readonly dma: number;
  /** The intensity from which the array is the roof: of HBM alone, and with the DMA engines. */
  readonly hbmKnee: number;
  readonly knee: number;
  /** flop/ns at this intensity, what the timeline reaches, and the share. */
  readonly attainable: number;
  readonly reached: number;
  readonly share: number;
  readonly roof: 'array' | 'hbm' | 'dma';
}

/** Undefined where nothing is multiplied. */
export function rooflineOf(timeline: Timeline, matmuls: MatmulReport | undefined): Roofline | undefined {
  if (matmuls === undefined || matmuls.model === 0) return undefined;
  const { traffic, timing, total } = timeline;
  const bytes = traffic.hbmRead + traffic.hbmWritten;
  const hbm = hbmRateOf(timeline);
  const dma = DMA_ENGINES * timing.dmaSustained;
  const way = Math.min(hbm, dma);
  const { peak, model } = matmuls;
  const intensity = bytes === 0 ? Infinity : model / bytes;
  const attainable = Math.min(peak, intensity * way);
  const reached = total === 0 ? 0 : model / total;
  return {
    intensity,
    peak,
    hbm,
    dma,
    hbmKnee: peak / hbm,
    knee: peak / way,
    attainable,
    reached,
    share: reached / attainable,
    roof: attainable === peak ? 'array' : hbm < dma ? 'hbm' : 'dma',
  };
}
