/**
 * How far the model is from published silicon, for every report to say: the median of the absolute errors of those measurements that no
 * constant or rule of the model was taken from (docs/calibration.md), by chip. Numbers are of the constants as they are.
 */
import { TIMINGS, type ChipName, type Timing } from '../chip';

interface Median {
  readonly rows: number;
  /** Per cent. */
  readonly median: number;
}

// medians: made by scripts/docs.js from src/time/calibration
const MEDIANS: Readonly<Record<ChipName, Median>> = {
  trn1: { rows: 13, median: 2.7 },
  trn2: { rows: 26, median: 2.6 },
  trn3: { rows: 0, median: 0 },
};
const ALL: Median = { rows: 39, median: 2.7 };
// end of medians

export interface Accuracy {
  /** How many measurements of the chip that no constant was taken from. */
  readonly measurements: number;
  /** The median of their absolute errors, in per cent; left out where there are none, or constants are not the chip's. */
  readonly medianError?: number;
  /** In a sentence. */
  readonly words: string;
}

const WHERE = 'that no constant was taken from';
const PAGE = 'docs/calibration.md';

/** Of a timeline on a chip with these constants. */
export function accuracyOf(chip: ChipName, timing: Timing): Accuracy {
  const names = Object.keys(TIMINGS[chip]) as readonly (keyof Timing)[];
  const changed = names.filter((name) => timing[name] !== TIMINGS[chip][name]);
  const { rows, median } = MEDIANS[chip];
  if (changed.length > 0) {
    const words = `Constants other than those of ${chip}: ${changed.join(', ')}. With them the model was held to no measurement.`;
    return { measurements: 0, words };
  }
  if (rows === 0) {
    const words = `No measurement on ${chip} is published ${WHERE}; on other chips the model is off by ${ALL.median} % in the median of ${ALL.rows} (${PAGE}).`;
    return { measurements: 0, words };
  }
  const words = `On ${chip} the model is off by ${median} % in the median of ${rows} published measurements ${WHERE} (${PAGE}).`;
  return { measurements: rows, medianError: median, words };
}
