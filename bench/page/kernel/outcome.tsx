/** What came of a run: the verdict, the outputs, the first wrong element, the Program, its memory. */
import { Fact } from '../../report/html/fact';
import { counted } from '../../report/html/format';
import type { Comparison } from './comparison';
import { Findings, LineButton } from './findings';
import type { Conclusion } from './judge';
import { MemoryPicture } from './memory-picture';
import { digits, OutputView } from './output-view';
import { ProgramView } from './program-view';
import type { End, Shown, Stage } from './use-run';

export const STAGE_WORDS = {
  waiting: 'A benchmark runs, whose timings this would disturb: the kernel begins when that one ends',
  tracing: 'tracing the kernel',
  verifying: 'verifying the Program',
  running: 'running the Program',
} as const satisfies Record<Stage, string>;

/** In a sentence or two, for the eye and for a screen reader. */
export function endText(end: End): string {
  switch (end.type) {
    case 'inputs':
      return `Kernel ${end.kernel} takes ${end.names.join(', ') || 'no inputs'}: the form has a row for each now. Say their shapes, and run it.`;
    case 'failed':
      return end.message;
    case 'unsound':
      return 'The verifier found errors: nothing was run.';
    case 'broke-off':
      return `The run broke off after ${counted(end.steps, 'step')}: ${end.message}`;
    case 'ran':
      return `It ran: ${counted(end.steps, 'step')}${end.adapter === null ? '' : ` on ${end.adapter}`}. ${comparisonText(end.comparison)}`;
    case 'stopped':
      return 'Stopped.';
    case 'overdue':
      return `It did not come to an end in ${end.seconds} s, and was ended while ${STAGE_WORDS[end.stage]}${end.steps > 0 ? `, after ${end.steps} steps` : ''}. Mend the loop that never ends, make the problem smaller, or give it more time.`;
    case 'broke':
      return `The page broke it off: ${end.message}.`;
  }
}

function comparisonText(comparison: Comparison | null): string {
  if (comparison === null) return 'The library has no reference for a kernel of this name.';
  if (comparison.type === 'none') return `It was not compared: ${comparison.reason}`;
  const { elements, wrong, share } = comparison;
  if (wrong > 0)
    return `WRONG: ${wrong} of ${counted(elements, 'element')} are further from the float64 reference than the bound.`;
  return `Right: ${counted(elements, 'element')} within the bound of the float64 reference, ${share < 0.01 ? 'under 1' : (100 * share).toFixed(0)} % of it used.`;
}

function isGood(end: End): boolean {
  // A kernel of the library that cannot be compared is not what the library's is.
  if (end.type === 'ran')
    return end.comparison === null || (end.comparison.type === 'compared' && end.comparison.wrong === 0);
  return end.type === 'stopped' || end.type === 'inputs';
}

interface OutcomeProps {
  readonly shown: Shown;
  readonly onLine: (line: number) => void;
  /** Asks for the time of a Program, by its name and text. */
  readonly onTime: (name: string, program: string) => void;
}

export function Outcome({ shown, onLine, onTime }: OutcomeProps) {
  const { report, end } = shown;
  return (
    <>
      {end && (
        <p id="kernel-end" class={isGood(end) ? 'verdict good' : 'verdict bad'}>
          <strong>{endText(end)}</strong>{' '}
          <LineButton line={'line' in end ? end.line : null} onLine={onLine} />
        </p>
      )}
      {report && (
        <>
          <p id="kernel-verdict">
            Kernel <code>{report.kernel}</code>, {counted(report.instructions, 'instruction')}.{' '}
            {report.summary}
          </p>
          {report.sound && (
            <button
              id="kernel-time"
              type="button"
              onClick={() => {
                onTime(report.kernel, report.program);
              }}
            >
              Time it
            </button>
          )}
          <Findings title="The verdict" findings={report.findings} onLine={onLine} />
        </>
      )}
      {end && <Ran end={end} onLine={onLine} />}
      {report && (
        <>
          <h3>Memory</h3>
          <MemoryPicture memory={report.memory} />
          <h3>The Program</h3>
          <ProgramView name={report.kernel} program={report.program} />
        </>
      )}
    </>
  );
}

function Ran({ end, onLine }: { end: End; onLine: (line: number) => void }) {
  if (end.type === 'broke-off')
    return <Findings title="Seen in the run" findings={end.findings} onLine={onLine} />;
  if (end.type !== 'ran') return null;
  const { comparison, findings, outputs, more } = end;
  const wrong = comparison?.type === 'compared' ? comparison.first : undefined;
  return (
    <>
      <Findings title="Seen in the run" findings={findings} onLine={onLine} />
      {wrong && <FirstWrong wrong={wrong} />}
      <h3>{outputs.length === 1 ? 'The output' : 'The outputs'}</h3>
      {outputs.map((output) => (
        <OutputView
          key={output.name}
          output={output}
          wrong={wrong?.output === output.name ? wrong : undefined}
        />
      ))}
      {more > 0 && (
        <p id="kernel-more">… and {counted(more, 'output')} more, which the page does not show.</p>
      )}
    </>
  );
}

type First = NonNullable<
  Extract<Extract<Conclusion, { type: 'ran' }>['comparison'], { type: 'compared' }>['first']
>;

function FirstWrong({ wrong: { output, index, expected, received, bound } }: { wrong: First }) {
  return (
    <dl class="facts" id="kernel-wrong">
      <Fact name="first wrong element">
        {output} [{index.join(', ')}]
      </Fact>
      <Fact name="expected">{String(expected)}</Fact>
      <Fact name="received">
        <span class="bad">{String(received)}</span>
      </Fact>
      <Fact name="may differ by">{digits(bound)}</Fact>
    </dl>
  );
}
