/** The timing model against published silicon: docs/calibration.md. */
export { medianError } from './median';
export { calibrationReport, calibrationRows, EXPERIMENTS, measured } from './report';
export { calibrationText, rowText, summaryText } from './text';
export type { CalibrationReport, CalibrationRow, CalibrationUnit, Experiment, Measurement } from './types';
