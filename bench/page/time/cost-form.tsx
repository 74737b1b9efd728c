/** What a timed Program costs at a price of the user's, beside a GPU that the user describes. Nothing is said without what it assumes. */
import { useState } from 'preact/hooks';
import { UserError } from '../../../src/numerics';
import { SelectField, TextField } from '../fields';
import { COST_UNITS, costDraft, costTextLines, examplesOf, pricedOf, type CostDraft } from './cost';
import type { Timed } from './protocol';
import { numberText } from './quantities';

type TextName = Exclude<keyof CostDraft, 'per' | 'unit'>;

interface Text {
  readonly name: TextName;
  readonly label: string;
  readonly hint: string;
}

const OF_SIZE: readonly Text[] = [
  { name: 'runs', label: 'Runs that make one', hint: 'of what was timed; 0.03125 where a run makes 32' },
  { name: 'cores', label: 'Cores of each chip', hint: 'that run it' },
  { name: 'chips', label: 'Chips of each instance', hint: 'that run it' },
  { name: 'instances', label: 'Instances', hint: 'that run it' },
  { name: 'scaling', label: 'Efficiency of scaling', hint: 'above 0 to 1; 1 when empty' },
];

const OF_GPU: readonly Text[] = [
  { name: 'gpuPeak', label: 'Peak', hint: 'TFLOP/s of the format' },
  { name: 'gpuBandwidth', label: 'Bandwidth', hint: 'GB/s of its memory' },
  { name: 'gpuEfficiency', label: 'Efficiency', hint: 'share of either that is reached, above 0 to 1' },
  { name: 'gpuPrice', label: 'Price', hint: 'USD per hour of one GPU' },
];

type Result =
  | { readonly type: 'none' }
  | { readonly type: 'lines'; readonly lines: readonly string[] }
  | { readonly type: 'problem'; readonly message: string };

export function CostForm({ timed }: { timed: Timed }) {
  const [draft, setDraft] = useState(() => costDraft(timed.cores));
  const [result, setResult] = useState<Result>({ type: 'none' });
  const priced = pricedOf(timed.chip);
  const edit = (change: Partial<CostDraft>): void => {
    setDraft({ ...draft, ...change });
    setResult({ type: 'none' }); // what was said is of other numbers
  };
  const say = (): void => {
    try {
      setResult({ type: 'lines', lines: costTextLines(draft, timed) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      setResult({ type: 'problem', message: error.message });
    }
  };
  const text = ({ name, label, hint }: Text) => (
    <TextField
      key={name}
      id={`time-cost-${name}`}
      label={label}
      hint={hint}
      problem={undefined}
      value={draft[name]}
      onInput={(value) => {
        edit({ [name]: value });
      }}
    />
  );
  return (
    <details id="time-cost">
      <summary>What it costs</summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          say();
        }}
      >
        <div class="fields time-fields">
          {text({ name: 'price', label: 'Price', hint: 'USD per hour' })}
          <SelectField
            id="time-cost-per"
            label="of"
            problem={undefined}
            value={draft.per}
            choices={priced}
            words={(per) => (per === 'core' || per === 'chip' ? `a ${per}` : per)}
            onSelect={(per) => {
              edit({ per });
            }}
          />
          <SelectField
            id="time-cost-unit"
            label="What is paid for"
            problem={undefined}
            value={draft.unit}
            choices={COST_UNITS}
            words={(unit) => `a ${unit}`}
            onSelect={(unit) => {
              edit({ unit });
            }}
          />
          {OF_SIZE.map(text)}
        </div>
        <Examples
          timed={timed}
          onTake={(price, per) => {
            edit({ price, per });
          }}
        />
        <fieldset>
          <legend>The same work on a GPU, if you like</legend>
          <div class="fields time-fields">{OF_GPU.map(text)}</div>
        </fieldset>
        <div class="actions">
          <button id="time-cost-run" type="submit">
            Say what it costs
          </button>
        </div>
      </form>
      <div id="time-cost-result" aria-live="polite">
        {result.type === 'problem' && <p class="notice bad">{result.message}</p>}
        {result.type === 'lines' && <Lines lines={result.lines} />}
      </div>
    </details>
  );
}

interface ExamplesProps {
  readonly timed: Timed;
  readonly onTake: (price: string, per: string) => void;
}

function Examples({ timed, onTake }: ExamplesProps) {
  const examples = examplesOf(timed.chip);
  if (examples.length === 0) return null;
  return (
    <div class="downloads" role="group" aria-label="Example prices">
      <span class="hint">Examples that were not verified:</span>
      {examples.map(({ instance, perHour, contract, date }) => (
        <button
          key={instance}
          type="button"
          onClick={() => {
            onTake(String(perHour), instance);
          }}
        >
          {instance}, {contract}, {date}: ${numberText(perHour)}
        </button>
      ))}
    </div>
  );
}

/** Assumptions are the indented lines. */
function Lines({ lines }: { lines: readonly string[] }) {
  const assumed = lines.filter((line) => line.startsWith('  - '));
  const said = lines.filter((line) => !line.startsWith('  - ') && line !== 'Assumed:');
  return (
    <>
      {said.map((line) => (
        <p key={line}>
          <strong>{line}</strong>
        </p>
      ))}
      <p>Assumed:</p>
      <ul class="time-assumed">
        {assumed.map((line) => (
          <li key={line}>{line.slice(4)}</li>
        ))}
      </ul>
    </>
  );
}
