/** The form of a tiling's check: the product, the JSON, and one button; Enter in a field presses it. */
import { useState } from 'preact/hooks';
import { CHIPS, type ChipName } from '../../src/chip';
import { shortName, UserError, type Dtype } from '../../src/numerics';
import { STAGES, type Wanted } from '../tiling';
import { ChipField } from './chip-field';
import { SelectField, TextField } from './fields';
import { RunButtons } from './run-buttons';
import { useJudge, type Shown } from './tiling-judge';
import { loopsText, planText } from './tiling-texts';
import { TilingVerdictView } from './tiling-verdict';

interface Fields {
  readonly m: string;
  readonly n: string;
  readonly k: string;
  readonly dtype: Dtype;
  readonly chip: ChipName;
}

const FIRST: Fields = { m: '512', n: '1024', k: '512', dtype: 'bfloat16', chip: 'trn2' };
const EXTENTS = ['m', 'n', 'k'] as const;
const SEED = 1;
/** Beyond these characters a text field makes browsers stand still. */
const MOST = 4 * 2 ** 20;

export function CheckTiling() {
  const [fields, setFields] = useState(FIRST);
  const [text, setText] = useState(() => planText(wantedOf(FIRST)));
  /** Nobody changed it, so that it follows the fields. */
  const [ours, setOurs] = useState(true);
  const [problem, setProblem] = useState('');
  const [over, setOver] = useState(false);
  /** Something was changed since what is shown was checked. */
  const [stale, setStale] = useState(false);
  const { shown, running, start, stop } = useJudge();
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
    setStale(true);
    attempt(changed, (wanted) => {
      if (ours) setText(planText(wanted));
    });
  };
  const put = (changed: string, isOurs: boolean): void => {
    setText(changed);
    setOurs(isOurs);
    setStale(true);
  };
  const fill = (make: (wanted: Wanted) => string, isOurs: boolean): void => {
    attempt(fields, (wanted) => {
      put(make(wanted), isOurs);
    });
  };
  /** Whether a text is refused for its length, which is then said. */
  const tooLong = (what: string, length: number): boolean => {
    if (length <= MOST) return false;
    setProblem(
      `${what} has ${length} characters, more than the ${MOST} that the page takes: check it with \`systole check --plan\`.`,
    );
    return true;
  };
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined || tooLong(file.name, file.size)) return;
    put(await file.text(), false);
    setProblem('');
  };
  const check = (): void => {
    if (running) return;
    attempt(fields, (wanted) => {
      // Of what the fields say now: where there is no such plan, that is the answer, and the plan before is not checked.
      const checked = ours ? planText(wanted) : text;
      setText(checked);
      setStale(false);
      start({ text: checked, wanted, seed: SEED });
    });
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        check();
      }}
    >
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
        <ChipField
          id="tiling-chip"
          value={fields.chip}
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
          const dropped = event.dataTransfer?.getData('text') ?? '';
          if (dropped !== '' && !tooLong('What was dropped', dropped.length)) put(dropped, false);
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
              if (!tooLong('The tiling', value.length)) put(value, false);
            }}
            onPaste={(event) => {
              const pasted = event.clipboardData?.getData('text') ?? '';
              if (tooLong('What was pasted', pasted.length)) event.preventDefault();
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
      <RunButtons id="tiling" label="Check" running={running} onStop={stop}>
        {shown.type === 'progress' && (
          <label class="summary">
            {STAGES[shown.progress.stage]} <progress max={1} value={shown.progress.share} />
          </label>
        )}
        {shown.type === 'waiting' && (
          <p class="summary" role="status">
            A benchmark runs, whose timings a check would disturb: this one begins when that one ends.
          </p>
        )}
      </RunButtons>
      <div id="tiling-verdict" aria-live="polite">
        {stale && OF_BEFORE.has(shown.type) && (
          <p id="tiling-stale" class="notice">
            The product or the tiling was changed since: what stands here is of before. Check again.
          </p>
        )}
        <Outcome shown={shown} />
      </div>
    </form>
  );
}

/** What is said of a check that ended. */
const OF_BEFORE: ReadonlySet<Shown['type']> = new Set(['judged', 'refused', 'broke']);

const MEANINGS = {
  m: 'rows of A and of the output',
  n: 'columns of B and of the output',
  k: 'columns of A, rows of B',
} as const satisfies Record<(typeof EXTENTS)[number], string>;

function Outcome({ shown }: { shown: Shown }) {
  switch (shown.type) {
    case 'none':
    case 'waiting':
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
