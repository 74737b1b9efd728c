/** The settings of a run as fields, folded away: the defaults are good to begin with. */
import { CHIPS } from '../../src/chip';
import { NUMERIC_DTYPES, shortName, type Dtype } from '../../src/numerics';
import { DTYPE_PAIRS, GROUPS, pairName } from '../cases';
import { DEVICES } from '../device-names';
import { CHIP_CHOICES, LAYOUTS, LIMITS } from '../settings';
import { shortened } from '../report/html/format';
import { Checks, Problem, SelectField, TextField } from './fields';
import type { Draft, Problems } from './form';
import { CHIP_WORDS, DEVICE_WORDS, FORMAT_WORDS, GROUP_WORDS, LAYOUT_WORDS, pairWords } from './formats';

const PAIRS = DTYPE_PAIRS.map(([a, b]) => pairName(a, b));
/** What any of the chips can write. */
const OUTPUTS: readonly Dtype[] = NUMERIC_DTYPES.filter((dtype) =>
  Object.values(CHIPS).some(({ dtypes }) => dtypes.includes(dtype)),
);

interface SettingsFormProps {
  readonly draft: Draft;
  readonly problems: Problems;
  readonly onEdit: (draft: Draft) => void;
  /** Back to the defaults. */
  readonly onReset: () => void;
}

export function SettingsForm({ draft, problems, onEdit, onReset }: SettingsFormProps) {
  const edit = (change: Partial<Draft>): void => {
    onEdit({ ...draft, ...change });
  };
  return (
    <div class="settings">
      <Checks
        id="dtypes"
        label="Formats of A and B"
        values={draft.dtypes}
        choices={[...new Set([...PAIRS, ...draft.dtypes])]}
        words={pairWords}
        problem={problems.dtypes}
        onChoose={(dtypes) => {
          edit({ dtypes });
        }}
      />
      <div>
        <Checks
          id="groups"
          label="Shapes"
          values={draft.groups}
          choices={GROUPS}
          words={(group) => GROUP_WORDS[group]}
          problem={problems.groups}
          onChoose={(groups) => {
            edit({ groups });
          }}
        />
        <TextField
          id="shapes"
          label="Shapes of your own"
          placeholder="512x512x512, 1x4096x4096"
          hint={`M x N x K, each 1 to ${LIMITS.extent}; several are separated by commas.`}
          value={draft.shapes}
          problem={problems.shapes}
          onInput={(shapes) => {
            edit({ shapes });
          }}
        />
        {draft.names.length > 0 && <Names {...{ draft, edit, problem: problems.names }} />}
      </div>
      <div class="fields">
        <TextField
          id="budget"
          label="Budget, seconds"
          numeric
          hint="As many cases as fit are run."
          value={draft.budgetSeconds}
          problem={problems.budgetSeconds}
          onInput={(budgetSeconds) => {
            edit({ budgetSeconds });
          }}
        />
        <TextField
          id="seed"
          label="Seed"
          numeric
          hint="Of the random operands."
          value={draft.seed}
          problem={problems.seed}
          onInput={(seed) => {
            edit({ seed });
          }}
        />
        <SelectField
          id="device"
          label="Multiply by"
          value={draft.device}
          choices={DEVICES}
          words={(device) => DEVICE_WORDS[device]}
          problem={problems.device}
          onSelect={(device) => {
            edit({ device });
          }}
        />
        <SelectField
          id="chip"
          label="Chip"
          value={draft.chip}
          choices={CHIP_CHOICES}
          words={(chip) => CHIP_WORDS[chip]}
          problem={problems.chip}
          onSelect={(chip) => {
            edit({ chip });
          }}
        />
        <SelectField
          id="out"
          label="Output format"
          value={draft.out}
          choices={OUTPUTS}
          words={(dtype) => `${shortName(dtype)}: ${FORMAT_WORDS[dtype]}`}
          problem={problems.out}
          onSelect={(out) => {
            edit({ out });
          }}
        />
        <SelectField
          id="layout"
          label="Layout of A"
          value={draft.layout}
          choices={LAYOUTS}
          words={(layout) => LAYOUT_WORDS[layout]}
          problem={problems.layout}
          onSelect={(layout) => {
            edit({ layout });
          }}
        />
        <button type="button" id="defaults" onClick={onReset}>
          Back to the defaults
        </button>
      </div>
    </div>
  );
}

interface NamesProps {
  readonly draft: Draft;
  readonly edit: (change: Partial<Draft>) => void;
  readonly problem: string | undefined;
}

/** Only a link sets them. */
function Names({ draft: { names }, edit, problem }: NamesProps) {
  return (
    <div class="field" id="names" tabIndex={-1} data-problem={problem !== undefined}>
      <p>
        Only the cases that the link names:{' '}
        {names
          .slice(0, 5)
          .map((name) => shortened(name, 60))
          .join(', ')}
        {names.length > 5 && ` and ${names.length - 5} more`}.{' '}
        <button
          type="button"
          onClick={() => {
            edit({ names: [] });
          }}
        >
          Run all
        </button>
      </p>
      <Problem id="names">{problem}</Problem>
    </div>
  );
}
