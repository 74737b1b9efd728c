/** Writing a kernel: the editor, what it is run with, and what came of it. A link fills the form and never runs it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { CHIPS, CHIP_NAMES } from '../../../src/chip';
import { UserError } from '../../../src/numerics';
import { SelectField, TextField } from '../fields';
import { isKernelLink } from '../link';
import { adoptSheet } from '../sheet';
import { handOver } from '../time/hand-over';
import { OWN, settingsOf } from './catalogue';
import { draftOf, readKernelDraft, withInputs, type KernelDraft } from './draft';
import { Editor, type EditorHandle } from './editor';
import { EXECUTOR_WORDS } from './executor-words';
import { InputsForm } from './inputs-form';
import sheet from './kernel.css';
import { LIBRARY_KERNELS } from './library-kernels';
import { readKernelLink } from './link';
import { marksOf } from './marks';
import { endText, Outcome, STAGE_WORDS } from './outcome';
import { EXECUTOR_NAMES, type KernelSettings } from './settings';
import { ShareKernel } from './share-kernel';
import { useKernelRun } from './use-run';

const OWN_NAME = 'a kernel of your own';
const NAMES: readonly string[] = [OWN_NAME, ...LIBRARY_KERNELS.map(({ name }) => name)];

adoptSheet(sheet);

export function WriteKernel() {
  const [picked, setPicked] = useState(OWN_NAME);
  const [draft, setDraft] = useState<KernelDraft>(() => draftOf(OWN));
  const [problem, setProblem] = useState('');
  /** Of a link: what was wrong with it, or that its kernel stands here unread. */
  const [fromLink, setFromLink] = useState<{ readonly problem: string } | null>(null);
  /** Something was changed since what is shown was run. */
  const [stale, setStale] = useState(false);
  const { shown, start, stop } = useKernelRun();
  const editor = useRef<EditorHandle>(null);
  const button = useRef<HTMLButtonElement>(null);
  const running = shown.stage !== null;

  const fill = (settings: KernelSettings): void => {
    editor.current?.setText(settings.source);
    setDraft(draftOf(settings));
    setProblem('');
    setStale(true);
  };
  const edit = (change: Partial<KernelDraft>): void => {
    setDraft({ ...draft, ...change });
    setStale(true);
  };
  const pick = (name: string): void => {
    const entry = LIBRARY_KERNELS.find((each) => each.name === name);
    setPicked(name);
    setFromLink(null);
    fill(entry === undefined ? OWN : settingsOf(entry));
  };
  /** What the form says; what is wrong with it stands by the button. */
  const settings = (): KernelSettings | undefined => {
    try {
      const read = readKernelDraft(draft, editor.current?.text() ?? '');
      setProblem('');
      return read;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      setProblem(error.message);
      return undefined;
    }
  };
  const press = (): void => {
    if (running) return;
    const read = settings();
    if (read === undefined) return;
    setFromLink(null);
    setStale(false);
    editor.current?.mark([]);
    start(read);
  };
  useLinks((read) => {
    document.getElementById('kernel')?.scrollIntoView();
    if (read instanceof UserError) {
      setFromLink({ problem: read.message });
      return;
    }
    stop();
    setPicked(OWN_NAME);
    fill(read);
    setFromLink({ problem: '' });
  });
  useEffect(() => {
    editor.current?.mark(marksOf(shown));
    const { end } = shown;
    if (end?.type === 'inputs') setDraft(withInputs(draft, end.names));
  }, [shown.report, shown.end]);
  const summary = LIBRARY_KERNELS.find(({ name }) => name === picked)?.summary;
  const goTo = (line: number): void => {
    editor.current?.goTo(line);
  };

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        press();
      }}
    >
      {fromLink && <LinkNotice problem={fromLink.problem} />}
      <div class="kernel-pick">
        <SelectField
          id="kernel-pick"
          label="Begin with"
          hint={summary ?? 'a sum of two inputs, halved, to be changed as you like'}
          problem={undefined}
          value={picked}
          choices={NAMES}
          words={(name) => name}
          onSelect={pick}
        />
      </div>
      <Editor
        id="kernel-source"
        label="The kernel, TypeScript"
        initial={OWN.source}
        handle={editor}
        onRun={press}
        onEdit={() => {
          setStale(true);
        }}
      />
      <p class="hint">
        Ctrl or Command with Enter runs it; F8 goes to the next mark; Tab leaves the editor. It may import{' '}
        <code>systole/kernel</code> and <code>systole/numerics</code>, and sees nothing of this page or the
        network.
      </p>
      <InputsForm
        inputs={draft.inputs}
        onEdit={(inputs) => {
          edit({ inputs });
        }}
      />
      <div class="fields kernel-fields">
        <SelectField
          id="kernel-chip"
          label="Chip"
          problem={undefined}
          value={draft.chip}
          choices={CHIP_NAMES}
          words={(chip) => `${chip} (${CHIPS[chip].core})`}
          onSelect={(chip) => {
            edit({ chip });
          }}
        />
        <SelectField
          id="kernel-executor"
          label="Executor"
          problem={undefined}
          value={draft.executor}
          choices={EXECUTOR_NAMES}
          words={(name) => EXECUTOR_WORDS[name]}
          onSelect={(executor) => {
            edit({ executor });
          }}
        />
        {TEXTS.map(({ field, label, hint, numeric }) => (
          <TextField
            key={field}
            id={`kernel-${field}`}
            label={label}
            hint={hint}
            problem={undefined}
            value={draft[field]}
            numeric={numeric}
            onInput={(value) => {
              edit({ [field]: value });
            }}
          />
        ))}
      </div>
      <p id="kernel-problem" class="problem" role="alert">
        {problem}
      </p>
      <div class="actions">
        <button id="kernel-run" ref={button} type="submit" aria-disabled={running}>
          Run the kernel
        </button>
        {running && (
          <button
            id="kernel-stop"
            type="button"
            onClick={() => {
              button.current?.focus(); // this one goes away
              stop();
            }}
          >
            Stop
          </button>
        )}
        <p class="summary" role="status">
          {shown.stage !== null
            ? `${STAGE_WORDS[shown.stage]}${shown.steps > 0 ? `: ${shown.steps} steps` : ''}`
            : shown.end && <span class="unseen">{endText(shown.end)}</span>}
        </p>
      </div>
      <ShareKernel settings={settings} />
      <div id="kernel-outcome">
        {stale && !running && shown.end && (
          <p id="kernel-stale" class="notice">
            The kernel or what it is run with was changed since: what stands here is of before. Run it again.
          </p>
        )}
        <Outcome
          shown={shown}
          onLine={goTo}
          onTime={(name, program) => {
            handOver({ name, text: program });
          }}
        />
      </div>
    </form>
  );
}

const TEXTS = [
  { field: 'kernel', label: 'Kernel', hint: 'which one, where the source exports several', numeric: false },
  { field: 'seed', label: 'Seed', hint: 'of the random values', numeric: true },
  { field: 'seconds', label: 'Time limit', hint: 'seconds for all of it', numeric: true },
  {
    field: 'budget',
    label: 'Instruction budget',
    hint: 'of the Program, and of the steps of its run',
    numeric: true,
  },
] as const satisfies readonly { field: keyof KernelDraft; label: string; hint: string; numeric: boolean }[];

function LinkNotice({ problem }: { problem: string }) {
  return problem === '' ? (
    <p id="kernel-from-link" class="notice" role="status">
      This kernel came with a link. It has not been run: read it first, then press <b>Run the kernel</b> if
      you want to.
    </p>
  ) : (
    <p id="kernel-link-problem" class="notice bad" role="alert">
      {problem}
    </p>
  );
}

/** Tells of the link that the page was opened with, and of every one that is opened later. */
function useLinks(onLink: (read: KernelSettings | UserError) => void): void {
  const latest = useRef(onLink);
  latest.current = onLink;
  useEffect(() => {
    const read = (): void => {
      if (!isKernelLink(location.hash)) return;
      readKernelLink(location.hash.slice(1)).then(
        (settings) => {
          latest.current(settings);
        },
        (error: unknown) => {
          if (!(error instanceof UserError)) throw error;
          latest.current(error);
        },
      );
    };
    read();
    window.addEventListener('hashchange', read);
    return () => {
      window.removeEventListener('hashchange', read);
    };
  }, []);
}
