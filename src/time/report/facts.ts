/** What a report holds. */
import type { ChipName } from '../../chip';
import type { Accuracy } from '../accuracy';
import type { AssumedTurns, LoadOrder, Traffic } from '../types';
import type { LineShare, PathPart, ResourceShare } from './attribution';
import type { MatmulReport } from './matmuls';
import type { Roofline } from './roofline';
import type { TrackTime } from './tracks';
import type { DmaReport, TensorTraffic } from './transfers';

/** Everything but the advice, which is drawn from it. Times are ns, rates B/ns or flop/ns, shares of 1. */
export interface ReportFacts {
  readonly chip: ChipName;
  readonly cores: number;
  readonly loads: LoadOrder;
  /** ns. */
  readonly total: number;
  /** Whole picoseconds: what the parts of the path, and of each track, add up to. */
  readonly totalPs: number;
  readonly instructions: number;
  /** What limits, the largest share of the critical path first. */
  readonly resources: readonly ResourceShare[];
  readonly path: readonly PathPart[];
  readonly lines: readonly LineShare[];
  readonly tracks: readonly TrackTime[];
  /** Left out where the Tensor engine multiplies nothing. */
  readonly matmuls?: MatmulReport;
  readonly roofline?: Roofline;
  /** Left out where nothing is moved. */
  readonly dma?: DmaReport;
  readonly traffic: Traffic;
  readonly tensors: readonly TensorTraffic[];
  /** How far the model is from published measurements. */
  readonly accuracy: Accuracy;
  /** Loops whose turns only a run knows: the total is of as many as it says. */
  readonly assumed: readonly AssumedTurns[];
  readonly notes: readonly string[];
}
