/**
 * Where a Program lies under the roof of its chip: its operations for each byte of HBM, against what the array and the way to HBM
 * allow. A roof is what nothing can pass: the array at the highest rate of the formats, the core's share of its HBM stack, and the 16
 * DMA engines at their peak, which move whatever goes to HBM, and within the chip too. The last is above what they sustain.
 */
import { hbmRateOf } from '../dma-engines';
import type { Timeline } from '../types';
import type { MatmulReport } from './matmuls';
import type { DmaReport } from './transfers';

export interface Roofline {
  /** Operations for each byte that is read from or written to HBM. */
  readonly intensity: number;
  /** flop/ns of the array at most, for what it multiplies. */
  readonly peak: number;
  /** B/ns: the core's share of HBM, and the DMA engines, at most. */
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

/** Undefined where nothing is multiplied, or nothing moved. */
export function rooflineOf(
  { timing, cores, traffic, total }: Timeline,
  matmuls: MatmulReport | undefined,
  moved: DmaReport | undefined,
): Roofline | undefined {
  if (matmuls === undefined || matmuls.model === 0 || moved === undefined) return undefined;
  const { peak, model } = matmuls;
  const hbm = hbmRateOf({ timing, cores });
  const dma = moved.peak;
  const bytes = traffic.hbmRead + traffic.hbmWritten;
  /** ns that each takes at least. */
  const least = { array: model / peak, hbm: bytes / hbm, dma: moved.bytes / dma };
  const way = Math.max(least.hbm, least.dma);
  const bound = Math.max(least.array, way);
  return {
    intensity: bytes === 0 ? Infinity : model / bytes,
    peak,
    hbm,
    dma,
    hbmKnee: peak / hbm,
    knee: bytes === 0 ? peak / Math.min(hbm, dma) : (peak * way) / bytes,
    attainable: model / bound,
    reached: total === 0 ? 0 : model / total,
    share: total === 0 ? 0 : bound / total,
    roof: bound === least.array ? 'array' : bound === least.hbm ? 'hbm' : 'dma',
  };
}
