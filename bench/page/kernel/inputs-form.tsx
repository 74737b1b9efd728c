/** The inputs of a kernel, a row for each: its name, shape, format, and what its random values are drawn from. */
import { DTYPES } from '../../../src/numerics';
import { SelectField, TextField } from '../fields';
import { dtypeWords, type InputDraft } from './draft';
import { KERNEL_LIMITS } from './settings';

interface InputsFormProps {
  readonly inputs: readonly InputDraft[];
  readonly onEdit: (inputs: readonly InputDraft[]) => void;
}

const TEXTS = [
  { field: 'name', label: 'Input' },
  { field: 'shape', label: 'Shape' },
  { field: 'values', label: 'Random values' },
] as const satisfies readonly { field: keyof InputDraft; label: string }[];

export function InputsForm({ inputs, onEdit }: InputsFormProps) {
  const change = (at: number, changed: Partial<InputDraft>): void => {
    onEdit(inputs.map((input, index) => (index === at ? { ...input, ...changed } : input)));
  };
  const next: InputDraft = {
    name: freeName(inputs),
    shape: '128x128',
    dtype: 'float32',
    values: 'normal 0 1',
  };
  return (
    <fieldset class="kernel-inputs">
      <legend>Inputs</legend>
      {inputs.map((input, index) => (
        <div class="kernel-input" key={index} role="group" aria-label={`Input ${input.name}`}>
          {TEXTS.map(({ field, label }) => (
            <TextField
              key={field}
              id={`kernel-input-${index}-${field}`}
              label={label}
              problem={undefined}
              value={input[field]}
              onInput={(value) => {
                change(index, { [field]: value });
              }}
            />
          ))}
          <SelectField
            id={`kernel-input-${index}-dtype`}
            label="Format"
            problem={undefined}
            value={input.dtype}
            choices={DTYPES}
            words={dtypeWords}
            onSelect={(dtype) => {
              change(index, { dtype });
            }}
          />
          <button
            type="button"
            aria-label={`Remove input ${input.name}`}
            onClick={() => {
              onEdit(inputs.filter((_, each) => each !== index));
            }}
          >
            Remove
          </button>
        </div>
      ))}
      <button
        type="button"
        id="kernel-add-input"
        aria-disabled={inputs.length >= KERNEL_LIMITS.inputs}
        onClick={() => {
          if (inputs.length < KERNEL_LIMITS.inputs) onEdit([...inputs, next]);
        }}
      >
        Add an input
      </button>
    </fieldset>
  );
}

function freeName(inputs: readonly InputDraft[]): string {
  const taken = new Set(inputs.map(({ name }) => name));
  let number = inputs.length + 1;
  while (taken.has(`x${number}`)) number++;
  return `x${number}`;
}
