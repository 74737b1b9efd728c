/** Writing a kernel: the editor, what it is run with, and what came of it. A link fills the form and never runs it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { UserError } from '../../../src/numerics';
import { ChipField } from '../chip-field';
import { CopyLink } from '../copy-link';
import { SelectField, TextField } from '../fields';
import { useHash } from '../hooks';
import { isKernelLink } from '../link';
import { RunButtons } from '../run-buttons';
import { adoptSheet } from '../sheet';
import { handOver } from '../time/hand-over';
import { OWN, settingsOf } from './catalogue';
import { draftOf, readKernelDraft, withInputs, type KernelDraft } from './draft';
import { Editor, type EditorHandle } from './editor';
import { EXECUTOR_WORDS } from './executor-words';
import { InputsForm } from './inputs-form';
import sheet from './kernel.css';
import { LIBRARY_KERNELS } from './library-kernels';
import { readKernelLink, writeKernelLink } from './link';
import { marksOf } from './marks';
import { endText, Outcome, STAGE_WORDS } from './outcome';
import { EXECUTOR_NAMES, type KernelSettings } from './settings';
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
  /** Counts the changes; what is shown is stale where some came after its run. */
  const [revision, setRevision] = useState(0);
  const [ran, setRan] = useState(0);
  const { shown, start, stop } = useKernelRun();
  const editor = useRef<EditorHandle>(null);
  const running = shown.stage !== null;

  const changed = (): void => {
    setRevision((count) => count + 1);
  };
  const fill = (settings: KernelSettings): void => {
    editor.current?.setText(settings.source);
    setDraft(draftOf(settings));
    setProblem('');
    changed();
  };
  const edit = (change: Partial<KernelDraft>): void => {
    setDraft({ ...draft, ...change });
    changed();
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
    setRan(revision);
    editor.current?.mark([]);
    start(read);
  };
  useHash((hash) => {
    if (!isKernelLink(hash)) return;
    document.getElementById('kernel')?.scrollIntoView();
    readKernelLink(hash.slice(1)).then(
      (read) => {
        stop();
        setPicked(OWN_NAME);
        fill(read);
        setFromLink({ problem: '' });
      },
      (error: unknown) => {
        if (!(error instanceof UserError)) throw error;
        setFromLink({ problem: error.message });
      },
    );
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
        onEdit={changed}
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
        <ChipField
          id="kernel-chip"
          value={draft.chip}
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
      <RunButtons id="kernel" label="Run the kernel" running={running} onStop={stop}>
        <p class="summary" role="status">
          {shown.stage !== null
            ? `${STAGE_WORDS[shown.stage]}${shown.steps > 0 ? `: ${shown.steps} steps` : ''}`
            : shown.end && <span class="unseen">{endText(shown.end)}</span>}
        </p>
      </RunButtons>
      <CopyLink
        id="kernel-copy-link"
        what="Link with this kernel"
        of={revision}
        write={() => {
          const read = settings();
          return read && writeKernelLink(read);
        }}
      />
      <div id="kernel-outcome">
        {ran !== revision && !running && shown.end && (
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
