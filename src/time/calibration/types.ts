/** What a published measurement is, and what becomes of it. */
import type { ChipName } from '../../chip';
import type { Program } from '../../program';
import type { Timeline } from '../types';

export type CalibrationUnit = 'ns' | 'us' | 'ms' | '%' | 'B/ns' | 'TFLOPS';

/** A number that a document gives of a Program, and where a Timeline of it has that number. */
export interface Measurement {
  readonly what: string;
  readonly unit: CalibrationUnit;
  readonly published: number;
  /** The document, and the figure or table in it. */
  readonly source: string;
  /** Whether it is written there, or was read off a figure's axis. */
  readonly reading: 'written' | 'figure';
  /** In `unit`. */
  readonly predict: (timeline: Timeline) => number;
  /** What stands between the two: assumptions about what was measured, and effects that are not modelled. */
  readonly remark: string;
  /** Whether a constant or a rule of the model was taken from it, so that it shows only that the simulation keeps to that. */
  readonly own?: true;
  /** The greatest error that is accepted, in per cent; none is required where it is left out. */
  readonly bound?: number;
}

/** A Program that somebody ran on a chip, as close to the published description as ours can be, and what was measured of it. */
export interface Experiment {
  readonly name: string;
  readonly chip: ChipName;
  /** Whether the vendor's compiler was free to move its loads. */
  readonly schedule: boolean;
  readonly program: () => Program;
  readonly measurements: readonly Measurement[];
}

export interface CalibrationRow {
  /** Of the experiment. */
  readonly name: string;
  readonly chip: ChipName;
  readonly what: string;
  readonly unit: CalibrationUnit;
  readonly published: number;
  readonly predicted: number;
  /** In per cent of the published value: above 0 where we say more. */
  readonly error: number;
  readonly own?: true;
  readonly bound?: number;
  readonly source: string;
  readonly reading: Measurement['reading'];
  readonly remark: string;
}

export interface CalibrationReport {
  readonly rows: readonly CalibrationRow[];
  /** Of the absolute errors, in per cent; of all rows, those too that constants were taken from. */
  readonly median: number;
}
