/** The form of a tiling's check: the product, the JSON, one button, and a worker of its own that judges. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { CHIPS, CHIP_NAMES } from '../../src/chip';
import { shortName, UserError, type Dtype } from '../../src/numerics';
import { ourPlan, STAGES, type Wanted } from '../tiling';
import { SelectField, TextField } from './fields';
import type { FromJudge, ToJudge } from './tiling-protocol';
import { TilingVerdictView } from './tiling-verdict';

interface Fields {
  readonly m: string;
  readonly n: string;
  readonly k: string;
  readonly dtype: Dtype;
  readonly chip: (typeof CHIP_NAMES)[number];
}

const FIRST: Fields = { m: '512', n: '1024', k: '512', dtype: 'bfloat16', chip: 'trn2' };
const EXTENTS = ['m', 'n', 'k'] as const;
const SEED = 1;
/** Of a dropped file: a list of the most passes that are checked has less. */
const MOST_BYTES = 64 * 2 ** 20;

type Shown =
  FromJudge | { readonly type: 'none' | 'stopped' } | { readonly type: 'broke'; readonly message: string };

export function CheckTiling() {
  const [fields, setFields] = useState(FIRST);
  const [text, setText] = useState(() => planText(wantedOf(FIRST)));
  /** Nobody changed it, so that it follows the fields. */
  const [ours, setOurs] = useState(true);
  const [problem, setProblem] = useState('');
  const [over, setOver] = useState(false);
  const [shown, setShown] = useState<Shown>({ type: 'none' });
  const worker = useRef<Worker | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const running = shown.type === 'progress';
  useEffect(
    () => () => {
      worker.current?.terminate();
    },
    [],
  );
  const finish = (result: Shown): void => {
    worker.current?.terminate();
    worker.current = null;
    setShown(result);
  };
  /** What the fields ask for; what is wrong with them stands by the button. */
  const attempt = (of: Fields, use: (wanted: Wanted) => void): void => {
    try {
      use(wantedOf(of));
      setProblem('');
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      setProblem(error.message);
    }
  };
  const edit = (change: Partial<Fields>): void => {
    const changed = { ...fields, ...change };
    setFields(changed);
    attempt(changed, (wanted) => {
      if (ours) setText(planText(wanted));
    });
  };
  const fill = (make: (wanted: Wanted) => string, isOurs: boolean): void => {
    attempt(fields, (wanted) => {
      setText(make(wanted));
      setOurs(isOurs);
    });
  };
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) {
      setProblem(`${file.name} has ${file.size} bytes, more than the ${MOST_BYTES} of any tiling.`);
      return;
    }
    setText(await file.text());
    setOurs(false);
    setProblem('');
  };
  const start = (): void => {
    if (worker.current) return;
    attempt(fields, (wanted) => {
      try {
        worker.current = new Worker('tiling-worker.js', { type: 'module' });
      } catch (error) {
        finish({ type: 'broke', message: error instanceof Error ? error.message : String(error) });
        return;
      }
      setShown({ type: 'progress', progress: { stage: 'covering', share: 0 } });
      worker.current.addEventListener('message', ({ data }: MessageEvent<FromJudge>) => {
        if (data.type === 'progress') setShown(data);
        else finish(data);
      });
      worker.current.addEventListener('error', ({ message }) => {
        finish({ type: 'broke', message });
      });
      worker.current.postMessage({ text, wanted, seed: SEED } satisfies ToJudge);
    });
  };
  return (
    <>
      <div class="fields tiling-fields">
        {EXTENTS.map((axis) => (
          <TextField
            key={axis}
            id={`tiling-${axis}`}
            label={axis.toUpperCase()}
            hint={MEANINGS[axis]}
            problem={extentOf(fields[axis]) === undefined ? 'A whole number of at least 1.' : undefined}
            value={fields[axis]}
            numeric
            onInput={(value) => {
              edit({ [axis]: value });
            }}
          />
        ))}
        <SelectField
          id="tiling-dtype"
          label="Format of A and B"
          problem={undefined}
          value={fields.dtype}
          choices={CHIPS.trn3.matmul.dtypes}
          words={shortName}
          onSelect={(dtype) => {
            edit({ dtype });
          }}
        />
        <SelectField
          id="tiling-chip"
          label="Chip"
          problem={undefined}
          value={fields.chip}
          choices={CHIP_NAMES}
          words={(chip) => `${chip} (${CHIPS[chip].core})`}
          onSelect={(chip) => {
            edit({ chip });
          }}
        />
      </div>
      <div
        id="tiling-drop"
        class={over ? 'drop tiling-drop over' : 'drop tiling-drop'}
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
          void take(event.dataTransfer?.files[0]);
        }}
      >
        <div class="field">
          <label for="tiling-text">
            <b>The tiling</b>, as JSON
          </label>
          <textarea
            id="tiling-text"
            rows={14}
            spellcheck={false}
            autocomplete="off"
            aria-describedby="tiling-text-hint"
            value={text}
            onInput={({ currentTarget: { value } }) => {
              setText(value);
              setOurs(false);
            }}
          />
          <p class="hint" id="tiling-text-hint">
            A plan of ours, loops, or a list of passes (docs/tiling.md has every field). Edit it, paste yours,
            or drop a file here.
          </p>
          <div class="downloads">
            <button
              id="tiling-ours"
              type="button"
              onClick={() => {
                fill(planText, true);
              }}
            >
              Our plan
            </button>
            <button
              id="tiling-loops"
              type="button"
              onClick={() => {
                fill(loopsText, false);
              }}
            >
              Example of loops
            </button>
            <label class="inline">
              a file{' '}
              <input
                id="tiling-file"
                type="file"
                accept=".json"
                onChange={({ currentTarget: { files } }) => void take(files?.[0])}
              />
            </label>
          </div>
        </div>
      </div>
      <p id="tiling-problem" class="problem" role="alert">
        {problem}
      </p>
      <div class="actions">
        <button id="tiling-run" ref={button} type="button" aria-disabled={running} onClick={start}>
          Check
        </button>
        {running && (
          <button
            id="tiling-stop"
            type="button"
            onClick={() => {
              button.current?.focus(); // this one goes away
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
      <div id="tiling-verdict" aria-live="polite">
        <Outcome shown={shown} />
      </div>
    </>
  );
}

const MEANINGS = {
  m: 'rows of A and of the output',
  n: 'columns of B and of the output',
  k: 'columns of A, rows of B',
} as const satisfies Record<(typeof EXTENTS)[number], string>;

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
      return <p class="notice bad">The check broke: {shown.message || 'its script did not load'}.</p>;
    case 'judged':
      return <TilingVerdictView verdict={shown.verdict} text={shown.text} />;
  }
}

function extentOf(text: string): number | undefined {
  const value = Number(text.trim());
  return /^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

/** @throws UserError for an extent that is none. */
function wantedOf({ dtype, chip, ...extents }: Fields): Wanted {
  const read = (axis: (typeof EXTENTS)[number]): number => {
    const value = extentOf(extents[axis]);
    if (value !== undefined) return value;
    throw new UserError(
      `${axis.toUpperCase()} must be a whole number of at least 1, received "${extents[axis].slice(0, 40)}".`,
    );
  };
  return { m: read('m'), n: read('n'), k: read('k'), a: dtype, b: dtype, chip };
}

/** A plan, with a line for each pass instead of six. */
function planText(wanted: Wanted): string {
  const { passes, ...rest } = ourPlan(wanted);
  const listed = passes.map((pass) => `    ${JSON.stringify(pass)}`).join(',\n');
  return `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "passes": [\n${listed}\n  ]\n}\n`;
}

/** Blocks of 512 x 1024 of the output held in PSUM while K streams past. */
function loopsText(): string {
  return `{
  "format": "systole tiling",
  "version": 1,
  "tile": { "m": 128, "n": 512, "k": 128 },
  "loops": [
    { "axis": "m", "step": 512 },
    { "axis": "n", "step": 1024 },
    { "axis": "k" },
    { "axis": "m" },
    { "axis": "n" }
  ],
  "banks": [0, 1, 2, 3, 4, 5, 6, 7],
  "buffers": { "a": 4, "b": 2, "out": 2 }
}
`;
}
