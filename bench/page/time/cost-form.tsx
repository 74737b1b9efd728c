/** What a timed Program costs at a price of the user's, beside a GPU that the user describes. Nothing is said without what it assumes. */
import { SelectField, TextField } from '../fields';
import {
  COST_UNITS,
  costDraft,
  examplesOf,
  pricedOf,
  readCost,
  type CostDraft,
  type CostEdits,
  type CostSaid,
} from './cost';
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

/** The form as the user left it, which outlives what was timed. */
export interface CostState {
  readonly edits: CostEdits;
  /** The button was pressed since the last edit: what is said is said anew of the next timing. */
  readonly asked: boolean;
  readonly open: boolean;
}

export const NO_COST: CostState = { edits: {}, asked: false, open: false };

export interface CostFormProps {
  readonly timed: Timed;
  readonly cost: CostState;
  readonly onCost: (cost: CostState) => void;
}

const idOf = (field: string): string => `time-cost-${field}`;

export function CostForm({ timed, cost, onCost }: CostFormProps) {
  const { edits, asked, open } = cost;
  const draft = costDraft(timed, edits);
  const { said, problems, unpriced } = readCost(draft, timed);
  const edit = (change: CostEdits): void => {
    onCost({ ...cost, edits: { ...edits, ...change }, asked: false });
  };
  /** A field that is still empty is no mistake before the button is pressed. */
  const problemOf = (field: keyof CostDraft): string | undefined =>
    asked || draft[field].trim() !== '' ? problems[field] : undefined;
  const press = (form: HTMLFormElement): void => {
    onCost({ ...cost, asked: true });
    const [wrong] = Object.keys(problems);
    if (wrong !== undefined) form.querySelector<HTMLElement>(`#${idOf(wrong)}`)?.focus();
  };
  const text = ({ name, label, hint }: Text) => (
    <TextField
      key={name}
      id={idOf(name)}
      label={label}
      hint={hint}
      problem={problemOf(name)}
      value={draft[name]}
      onInput={(value) => {
        edit({ [name]: value });
      }}
    />
  );
  return (
    <details
      id="time-cost"
      open={open}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open !== open) onCost({ ...cost, open: currentTarget.open });
      }}
    >
      <summary>What it costs</summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          press(event.currentTarget);
        }}
      >
        <div class="fields time-fields">
          {text({ name: 'price', label: 'Price', hint: 'USD per hour' })}
          <SelectField
            id={idOf('per')}
            label="of"
            problem={undefined}
            value={draft.per}
            choices={pricedOf(timed.chip)}
            words={(per) => (per === 'core' || per === 'chip' ? `a ${per}` : per)}
            onSelect={(per) => {
              edit({ per });
            }}
          />
          <SelectField
            id={idOf('unit')}
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
        {asked && unpriced !== undefined && <p class="notice bad">{unpriced}</p>}
        {asked && said && <Said {...said} />}
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

function Said({ lines, assumed }: CostSaid) {
  return (
    <>
      {lines.map((line) => (
        <p key={line}>
          <strong>{line}</strong>
        </p>
      ))}
      <p>Assumed:</p>
      <ul class="time-assumed">
        {assumed.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </>
  );
}
