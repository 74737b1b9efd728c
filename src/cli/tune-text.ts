/** Tunings as a table of each class of products. */
import { plainTable } from '../../bench/report/plain-table';
import { TUNED_CLASSES, TUNING_CLASSES, tuningText, type Choice, type Tunings } from '../execute/webgpu';

/** Where tunings come from. */
export type Origin = 'kept' | 'measured' | 'imported';

const ORIGINS: Readonly<Record<Origin, string>> = {
  kept: 'kept from an earlier search; --again measures anew',
  measured: 'measured now',
  imported: 'imported',
};

export function tuneText(adapter: string, origin: Origin, tunings: Tunings): string {
  const parts = TUNING_CLASSES.map((name) => {
    const { m, n, k, words } = TUNED_CLASSES[name];
    return `${words} (${m}x${n}x${k})\n${choiceText(tunings[name])}`;
  });
  return [`${adapter}: ${ORIGINS[origin]}`, ...parts].join('\n\n');
}

function choiceText({ tuning, candidates, discarded }: Choice): string {
  const rows = [
    ...candidates.map((each) => [
      each.tuning === tuning ? '*' : '',
      each.gflops.toPrecision(3),
      `${each.compileMs.toFixed(0)} ms`,
      tuningText(each.tuning),
    ]),
    ...discarded.map((each) => ['', '-', '-', `${tuningText(each.tuning)}: discarded. ${each.why}`]),
  ];
  return plainTable(['', 'GFLOP/s', 'compiled in', 'kernel'], ['left', 'right', 'right', 'left'], rows);
}
