/** Published measurements beside what the model says of the same Programs, one experiment after the other. */
import { timeProgram } from '../time';
import type { Timeline } from '../types';
import { KERNEL_EXPERIMENTS } from './kernel-experiments';
import { MATMUL_EXPERIMENTS } from './matmul-experiments';
import { medianError } from './median';
import { SMALL_EXPERIMENTS } from './small-experiments';
import type { CalibrationReport, CalibrationRow, Experiment, Measurement } from './types';

export const EXPERIMENTS: readonly Experiment[] = [
  ...SMALL_EXPERIMENTS,
  ...MATMUL_EXPERIMENTS,
  ...KERNEL_EXPERIMENTS,
];

function rowOf({ name, chip }: Experiment, measurement: Measurement, timeline: Timeline): CalibrationRow {
  const { predict, ...stated } = measurement;
  const predicted = predict(timeline);
  const error = 100 * (predicted / stated.published - 1);
  return { name, chip, ...stated, predicted, error };
}

/** The rows of an experiment: its Program is traced, verified and timed. */
export function measured(experiment: Experiment): readonly CalibrationRow[] {
  const { schedule, program, measurements } = experiment;
  const timeline = timeProgram(program(), { schedule });
  return measurements.map((measurement) => rowOf(experiment, measurement, timeline));
}

/** Row by row, so that whoever prints them need not wait for the last. */
export function* calibrationRows(): Generator<CalibrationRow, void> {
  for (const experiment of EXPERIMENTS) yield* measured(experiment);
}

/** All rows; some seconds. */
export function calibrationReport(): CalibrationReport {
  const rows = [...calibrationRows()];
  return { rows, median: medianError(rows) };
}
