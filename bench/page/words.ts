/** What the page says of a run, in sentences: for the eye and for the live region of a screen reader. */
import type { FirstProduct } from '../first';
import { STAGES } from '../events';
import { counted, extents } from '../report/html/format';
import { summary } from '../report/html/verdict';
import type { Ending, Run } from './run-view';
import type { PageState, Phase } from './state';

/** `message` is what the worker or the device said, if anything. */
export const ENDINGS: Readonly<Record<Ending, (message: string) => string>> = {
  complete: () => '',
  interrupted: () => 'Interrupted. What was finished until then is kept.',
  'device-lost': (message) =>
    `The GPU device was lost${because(message)}. What was finished until then is kept; Run takes a new device.`,
  failed: (message) =>
    message === ''
      ? 'At least one case broke: see what was left out.'
      : `The run broke${because(message)}. Run starts a new one.`,
  unanswered: () =>
    'Interrupted. The worker did not answer within 2 s and was ended; what was finished until then is kept.',
  crashed: (message) =>
    `The worker of this page broke${because(message)}. What was finished until then is kept; Run starts a new one.`,
};

function because(message: string): string {
  const text = message.replace(/^not run: (the device was lost)? ?/, '').replace(/\.$/, '');
  return text === '' ? '' : text.startsWith('(') ? ` ${text}` : `: ${text}`;
}

/** `afterMs` from the press of the button. */
export function firstProductText({ dtypes, shape, check }: FirstProduct, afterMs: number): string {
  const name = `${dtypes} ${extents(shape)}`;
  const seconds = `${(afterMs / 1000).toFixed(1)} s after pressing Run`;
  const wrong = check.kinds.reduce((sum, { mismatches }) => sum + mismatches, 0);
  if (!check.passed) return `First product: ${name} is WRONG in ${counted(wrong, 'element')}, ${seconds}.`;
  const whole = check.kinds.every(({ elements, elementsCompared }) => elements === elementsCompared);
  const elements = grouped(shape.m * shape.n);
  return `First product: ${name}, ${whole ? `all ${elements} elements` : 'whole tiles'} bit-equal to the CPU reference, ${seconds}.`;
}

/** 65,536. `toLocaleString` loads the browser's tables at its first use, which takes longer than a frame. */
function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

export function stageText({ stage, view: { cases, leftOut } }: Run): string {
  if (stage === null) return 'starting';
  const doing = stage.name === '' ? STAGES[stage.stage] : `${STAGES[stage.stage]} ${stage.name}`;
  const left = leftOut.length > 0 ? `, ${leftOut.length} left out` : '';
  return `${doing}: ${cases.length} done${left}, of ${stage.total}`;
}

const STEP = 10;

/** Changes a few times in a run, so that a screen reader is not kept talking. */
export function announcement(phase: Phase, run: Run | null, hidden: boolean): string {
  if (phase === 'queued')
    return 'Another tab is running, a tiling is being checked or a kernel runs: this one waits its turn.';
  if (run === null) return '';
  const { view, firstAfterMs, ending, message } = run;
  if (ending !== null)
    return `${run.restored ? 'Results of an earlier visit. ' : ''}${summary(view.cases.length, wrongOf(run))} ${ENDINGS[ending](message)}`;
  if (hidden) return 'Timing waits while this tab is hidden.';
  const tens = Math.floor(view.cases.length / STEP) * STEP;
  if (tens > 0) return `${tens} cases done.`;
  return view.first && firstAfterMs !== null
    ? firstProductText(view.first, firstAfterMs)
    : 'The run has begun.';
}

function wrongOf({ view }: Run): number {
  return view.cases.filter(({ check }) => !check.passed).length;
}

/** What a press on Run would do. */
export function settingsText({ reading: { settings, problems, cases } }: Pick<PageState, 'reading'>): string {
  if (settings === null) {
    const [first = '', ...more] = Object.values(problems);
    return `To be mended first: ${first}${more.length > 0 ? ` And ${counted(more.length, 'setting')} more.` : ''}`;
  }
  const formats = counted(settings.dtypes.length, 'format');
  return `${counted(cases, 'case')} in ${formats}, as many as fit in ${settings.budgetSeconds} s.`;
}
