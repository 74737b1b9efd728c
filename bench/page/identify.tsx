/** Three files in, an identification out: a drop zone, a worker of its own, and what it found. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { OPERANDS, type FromIdentifier, type Operand, type ToIdentifier } from './identify-protocol';
import { Identified } from './identified';

const LETTERS = Object.keys(OPERANDS) as Operand[];
const ACCEPTED = '.npy,.safetensors';
const BUDGET_SECONDS = 20;

const STAGES = {
  comparing: 'comparing with the order of the chip',
  trying: 'trying hypotheses on a sample',
  confirming: 'confirming on every element',
} as const satisfies Record<Extract<FromIdentifier, { type: 'progress' }>['progress']['stage'], string>;

type Files = Readonly<Partial<Record<Operand, File>>>;
type How = ToIdentifier['how'];
type Shown =
  | FromIdentifier
  | { readonly type: 'none' | 'stopped' }
  | { readonly type: 'broke'; readonly message: string };

/** Dropped files go where their names say (`a.npy`, `B.safetensors`), the others where no file is yet. */
export function assigned(files: Files, dropped: readonly File[]): Files {
  const named = (file: File): Operand | undefined =>
    LETTERS.find((letter) => new RegExp(`^${letter}(?![a-z])`, 'i').test(file.name));
  const result: Partial<Record<Operand, File>> = { ...files };
  const others = dropped.filter((file) => {
    const letter = named(file);
    if (letter !== undefined) result[letter] = file;
    return letter === undefined;
  });
  for (const file of others) {
    const free = LETTERS.find((letter) => result[letter] === undefined);
    if (free !== undefined) result[free] = file;
  }
  return result;
}

export function Identify() {
  const [files, setFiles] = useState<Files>({});
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
    const started = new Worker('identify-worker.js', { type: 'module' });
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
          setFiles(assigned(files, [...(event.dataTransfer?.files ?? [])]));
        }}
      >
        {LETTERS.map((letter) => (
          <Slot
            key={letter}
            letter={letter}
            file={files[letter]}
            onFile={(file) => {
              setFiles({ ...files, [letter]: file });
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
      <div class="actions">
        <button id="identify-run" type="button" aria-disabled={running || !a || !b || !c} onClick={start}>
          Identify
        </button>
        {running && (
          <button
            id="identify-stop"
            type="button"
            onClick={() => {
              finish({ type: 'stopped' });
            }}
          >
            Stop
          </button>
        )}
        {running && (
          <label class="summary">
            {STAGES[shown.progress.stage]} <progress max={1} value={shown.progress.share} />
          </label>
        )}
      </div>
      <div id="identification" aria-live="polite">
        <Outcome shown={shown} />
      </div>
    </>
  );
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
  return (
    <div class="field">
      <label for={`file-${letter}`}>
        <b>{OPERANDS[letter]}</b> {MEANINGS[letter]}
      </label>
      <input
        id={`file-${letter}`}
        type="file"
        accept={ACCEPTED}
        onChange={({ currentTarget: { files } }) => {
          const [chosen] = files ?? [];
          if (chosen) onFile(chosen);
        }}
      />
      <p class="hint">
        {file
          ? `${file.name}, ${file.size.toLocaleString('en')} bytes`
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
          {letter === 'a' ? 'lies as [K, M]' : 'lies as [N, K]'}
        </label>
      )}
    </>
  );
}
