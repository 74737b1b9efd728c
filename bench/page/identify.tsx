/** Three files in, an identification out: a drop zone, a worker of its own, and what it found. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ACCEPTED, LETTERS, nameOf, placed, type Placed } from './identify-files';
import { OPERANDS, TURNED, type FromIdentifier, type Operand, type ToIdentifier } from './identify-protocol';
import { Identified } from './identified';
import { RunButtons } from './run-buttons';

const BUDGET_SECONDS = 20;

const STAGES = {
  comparing: 'comparing with the order of the chip',
  trying: 'trying hypotheses on a sample',
  confirming: 'confirming on every element',
} as const satisfies Record<Extract<FromIdentifier, { type: 'progress' }>['progress']['stage'], string>;

type How = ToIdentifier['how'];
type Shown =
  | FromIdentifier
  | { readonly type: 'none' | 'stopped' }
  | { readonly type: 'broke'; readonly message: string };

export function Identify() {
  const [{ files, problems }, setPlaced] = useState<Placed>({ files: {}, problems: [] });
  const [how, setHow] = useState<How>({});
  const [over, setOver] = useState(false);
  const [shown, setShown] = useState<Shown>({ type: 'none' });
  const worker = useRef<Worker | null>(null);
  const running = shown.type === 'progress';
  const { a, b, c } = files;
  const finish = (result: Shown): void => {
    worker.current?.terminate();
    worker.current = null;
    setShown(result);
  };
  useEffect(
    () => () => {
      worker.current?.terminate();
    },
    [],
  );
  const start = (): void => {
    if (!a || !b || !c || worker.current) return;
    let started: Worker;
    try {
      started = new Worker('identify-worker.js', { type: 'module' });
    } catch (error) {
      finish({ type: 'broke', message: error instanceof Error ? error.message : String(error) });
      return;
    }
    worker.current = started;
    setShown({ type: 'progress', progress: { stage: 'comparing', share: 0 } });
    started.addEventListener('message', ({ data }: MessageEvent<FromIdentifier>) => {
      if (data.type === 'progress') setShown(data);
      else finish(data);
    });
    started.addEventListener('error', ({ message }) => {
      finish({ type: 'broke', message });
    });
    started.postMessage({ files: { a, b, c }, how, budgetSeconds: BUDGET_SECONDS } satisfies ToIdentifier);
  };
  return (
    <>
      <div
        id="drop"
        class={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          setPlaced(placed(files, [...(event.dataTransfer?.files ?? [])], fieldOf(event.target)));
        }}
      >
        {LETTERS.map((letter) => (
          <Slot
            key={letter}
            letter={letter}
            file={files[letter]}
            onFile={(file) => {
              setPlaced({ files: { ...files, [letter]: file }, problems: [] });
            }}
          >
            <Reading
              letter={letter}
              how={how[letter] ?? {}}
              onChange={(change) => {
                setHow({ ...how, [letter]: { ...how[letter], ...change } });
              }}
            />
          </Slot>
        ))}
      </div>
      <div id="drop-problems" role="alert">
        {problems.map((problem) => (
          <p key={problem} class="problem">
            {problem}
          </p>
        ))}
      </div>
      <RunButtons
        id="identify"
        label="Identify"
        running={running}
        ready={a !== undefined && b !== undefined && c !== undefined}
        onRun={start}
        onStop={() => {
          finish({ type: 'stopped' });
        }}
      >
        {running && (
          <label class="summary">
            {STAGES[shown.progress.stage]} <progress max={1} value={shown.progress.share} />
          </label>
        )}
      </RunButtons>
      <div id="identification" aria-live="polite">
        <Outcome shown={shown} />
      </div>
    </>
  );
}

/** The field that something was dropped on. */
function fieldOf(target: EventTarget | null): Operand | undefined {
  const field = target instanceof Element ? target.closest<HTMLElement>('[data-operand]') : null;
  return LETTERS.find((letter) => letter === field?.dataset['operand']);
}

function Outcome({ shown }: { shown: Shown }) {
  switch (shown.type) {
    case 'none':
    case 'progress':
      return null;
    case 'stopped':
      return <p class="notice">Stopped.</p>;
    case 'refused':
      return <p class="notice bad">{shown.message}</p>;
    case 'broke':
      return (
        <p class="notice bad">The identification broke: {shown.message || 'its script did not load'}.</p>
      );
    case 'identified':
      return <Identified {...shown} />;
  }
}

interface SlotProps {
  readonly letter: Operand;
  readonly file: File | undefined;
  readonly onFile: (file: File) => void;
  readonly children: ComponentChildren;
}

const MEANINGS = { a: '[M, K]', b: '[K, N]', c: '[M, N], the product' } as const satisfies Record<
  Operand,
  string
>;

function Slot({ letter, file, onFile, children }: SlotProps) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!input.current || !file || input.current.files?.[0] === file) return;
    const transfer = new DataTransfer(); // so that the input names a dropped file too
    transfer.items.add(file);
    input.current.files = transfer.files;
  }, [file]);
  return (
    <div class="field" data-operand={letter}>
      <label for={`file-${letter}`}>
        <b>{OPERANDS[letter]}</b> {MEANINGS[letter]}
      </label>
      <input
        id={`file-${letter}`}
        ref={input}
        type="file"
        accept={ACCEPTED}
        onChange={({ currentTarget: { files } }) => {
          const [chosen] = files ?? [];
          if (chosen) onFile(chosen);
        }}
      />
      <p class="hint">
        {file
          ? `${nameOf(file)}, ${file.size.toLocaleString('en')} bytes`
          : '.npy or .safetensors; drop it here'}
      </p>
      {children}
    </div>
  );
}

interface ReadingProps {
  readonly letter: Operand;
  readonly how: NonNullable<How[Operand]>;
  readonly onChange: (how: NonNullable<How[Operand]>) => void;
}

/** How the file is to be read, where that is not plain. */
function Reading({ letter, how, onChange }: ReadingProps) {
  return (
    <>
      <label class="inline">
        tensor{' '}
        <input
          id={`tensor-${letter}`}
          type="text"
          value={how.tensor ?? ''}
          autocomplete="off"
          placeholder="the only one"
          onInput={({ currentTarget: { value } }) => {
            onChange({ tensor: value.trim() === '' ? undefined : value.trim() });
          }}
        />
      </label>
      {letter !== 'c' && (
        <label class="inline">
          <input
            id={`transposed-${letter}`}
            type="checkbox"
            checked={how.transposed ?? false}
            onChange={({ currentTarget: { checked } }) => {
              onChange({ transposed: checked });
            }}
          />{' '}
          {TURNED[letter]}
        </label>
      )}
    </>
  );
}
