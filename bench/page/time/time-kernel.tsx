/** The form of what is timed, with one button; Enter in a field presses it. A link fills the form and never times anything. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { shortName, UserError } from '../../../src/numerics';
import { ChipField } from '../chip-field';
import { CopyLink } from '../copy-link';
import { SelectField, TextField } from '../fields';
import { useHash, useLatest } from '../hooks';
import { isTimeLink } from '../link';
import { RunButtons } from '../run-buttons';
import { adoptSheet } from '../sheet';
import { NO_COST } from './cost-form';
import { takePrograms } from './hand-over';
import { edited, FIRST_FORM, picked } from './picking';
import { readTimeLink, writeTimeLink } from './link';
import {
  choiceOf,
  PROGRAM,
  readTimeDraft,
  SUBJECTS,
  subjectWords,
  type GivenProgram,
  type TimeDraft,
} from './settings';
import { TimeResults } from './time-results';
import text from './time.css';
import { useTimer, type Shown } from './use-timer';

adoptSheet(text);

/** Bytes of a file: what a Program of the most instructions takes. */
const MOST_BYTES = 2 ** 29;

export function TimeKernel() {
  const [form, setForm] = useState(FIRST_FORM);
  const [program, setProgram] = useState<GivenProgram>();
  const [notice, setNotice] = useState<{ readonly words: string; readonly bad: boolean } | null>(null);
  /** Something was changed since what is shown was timed. */
  const [stale, setStale] = useState(false);
  const [cost, setCost] = useState(NO_COST);
  const { shown, running, start, stop } = useTimer();
  const fields = useRef<HTMLFormElement>(null);
  const { draft } = form;
  const { request, problems } = readTimeDraft(draft, program);
  const { sizes, dtypes, chips } = choiceOf(draft.subject);

  const edit = (change: Partial<TimeDraft>): void => {
    setForm(edited(form, change));
    setStale(true);
  };
  const pick = (subject: string): TimeDraft => {
    const changed = picked(form, subject);
    setForm(changed);
    setStale(true);
    return changed.draft;
  };
  const give = (given: GivenProgram): TimeDraft => {
    setProgram(given);
    return pick(PROGRAM);
  };
  const press = (): void => {
    if (running) return;
    if (request === null) {
      fields.current?.querySelector<HTMLElement>('[aria-invalid="true"], [data-problem="true"]')?.focus();
      return;
    }
    setNotice(null);
    setStale(false);
    start(request);
  };
  usePrograms((given) => {
    const { request: asked } = readTimeDraft(give(given), given);
    setNotice(null);
    if (asked === null) return;
    setStale(false);
    start(asked);
    fields.current?.closest('section')?.scrollIntoView(); // the page has become longer since it was opened
  });
  useHash((hash) => {
    if (!isTimeLink(hash)) return;
    try {
      setForm(edited(form, readTimeLink(hash.slice(1))));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      setNotice({ words: error.message, bad: true });
      return;
    }
    if (running) stop();
    setStale(true);
    setNotice({
      words: 'This form was filled by a link. Nothing was timed yet: press “Time it” if you want to.',
      bad: false,
    });
  });
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) {
      setNotice({
        words: `${file.name} has ${file.size} bytes, more than the ${MOST_BYTES} that the page reads: use \`systole time\`.`,
        bad: true,
      });
      return;
    }
    give({ name: file.name, text: await file.text() });
  };
  return (
    <>
      <form
        ref={fields}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          press();
        }}
      >
        {notice && (
          <p
            id="time-notice"
            class={notice.bad ? 'notice bad' : 'notice'}
            role={notice.bad ? 'alert' : 'status'}
          >
            {notice.words}
          </p>
        )}
        <div class="time-pick">
          <SelectField
            id="time-subject"
            label="What is timed"
            hint={program && draft.subject === PROGRAM ? program.name : ''}
            problem={problems.subject}
            value={draft.subject}
            choices={SUBJECTS}
            words={subjectWords}
            onSelect={pick}
          />
          {draft.subject === PROGRAM && (
            <label class="inline">
              a file, as text or JSON{' '}
              <input
                id="time-file"
                type="file"
                accept=".json,.txt"
                onChange={({ currentTarget: { files } }) => void take(files?.[0])}
              />
            </label>
          )}
        </div>
        <div class="fields time-fields">
          {Object.entries(sizes).map(([name, size]) => (
            <TextField
              key={`${draft.subject} ${name}`}
              id={`time-size-${name}`}
              label={name}
              hint={size.summary}
              problem={problems[name]}
              value={draft.sizes[name] ?? ''}
              numeric
              onInput={(value) => {
                edit({ sizes: { ...draft.sizes, [name]: value } });
              }}
            />
          ))}
          {dtypes.length > 0 && (
            <SelectField
              id="time-dtype"
              label="Format"
              problem={problems.dtype}
              value={draft.dtype}
              choices={dtypes}
              words={shortName}
              onSelect={(dtype) => {
                edit({ dtype });
              }}
            />
          )}
          {chips.length > 0 && (
            <ChipField
              id="time-chip"
              problem={problems.chip}
              value={draft.chip}
              choices={chips}
              onSelect={(chip) => {
                edit({ chip });
              }}
            />
          )}
          <TextField
            id="time-cores"
            label="Cores"
            hint="of the chip that run it at once, and share HBM"
            problem={problems.cores}
            value={draft.cores}
            numeric
            onInput={(cores) => {
              edit({ cores });
            }}
          />
          {draft.subject === PROGRAM && (
            <TextField
              id="time-turns"
              label="Turns of loops"
              hint="whose turns only a run knows, as loop0=16; each has one when left out"
              problem={problems.turns}
              value={draft.turns}
              onInput={(turns) => {
                edit({ turns });
              }}
            />
          )}
        </div>
        <label class="time-schedule">
          <input
            id="time-schedule"
            type="checkbox"
            checked={draft.schedule}
            onChange={({ currentTarget: { checked } }) => {
              edit({ schedule: checked });
            }}
          />{' '}
          Move loads earlier, as the vendor’s compiler does
        </label>
        <RunButtons id="time" label="Time it" running={running} onStop={stop}>
          <p class="summary" role="status">
            {statusText(shown)}
          </p>
        </RunButtons>
        <CopyLink
          id="time-copy-link"
          what="Link with what is timed"
          of={draft}
          write={request && (() => writeTimeLink(draft))}
        />
      </form>
      <div id="time-outcome">
        {stale && !running && OF_BEFORE.has(shown.type) && (
          <p id="time-stale" class="notice">
            The form was changed since: what stands here is of before. Time it again.
          </p>
        )}
        {(shown.type === 'refused' || shown.type === 'broke') && (
          <p id="time-refused" class="notice bad time-refused" role="alert">
            {shown.type === 'refused'
              ? shown.message
              : `The timing broke: ${shown.message || 'its script did not load'}.`}
          </p>
        )}
        {shown.type === 'timed' && (
          <TimeResults timed={shown.timed} ask={shown.ask} cost={cost} onCost={setCost} />
        )}
      </div>
    </>
  );
}

/** What is said of a timing that ended. */
const OF_BEFORE: ReadonlySet<Shown['type']> = new Set(['timed', 'refused', 'broke']);

function statusText(shown: Shown): string {
  switch (shown.type) {
    case 'none':
    case 'refused':
    case 'broke':
      return '';
    case 'waiting':
      return 'Something runs whose timings this would disturb, here or in another tab: it begins when that ends.';
    case 'progress':
      return shown.words;
    case 'stopped':
      return 'Stopped.';
    case 'timed':
      return `Timed: ${shown.timed.figures[0]?.value ?? ''}.`;
  }
}

/** Takes the Programs that the kernel editor hands over. */
function usePrograms(onProgram: (program: GivenProgram) => void): void {
  const latest = useLatest(onProgram);
  useEffect(
    () =>
      takePrograms((program) => {
        latest.current(program);
      }),
    [],
  );
}
