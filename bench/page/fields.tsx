/** Fields of the form, each with its label, its hint and, tied to it, what is wrong with it. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface FieldProps {
  /** Of the element; hint and problem have names made from it. */
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem: string | undefined;
}

interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly numeric?: boolean;
  readonly placeholder?: string;
  readonly onInput: (value: string) => void;
}

/** A problem is not shown while the text is still being typed. */
export function TextField({
  id,
  label,
  hint,
  problem,
  value,
  numeric = false,
  placeholder,
  onInput,
}: TextFieldProps) {
  const [typing, setTyping] = useState(false);
  const shown = typing ? undefined : problem;
  const done = (): void => {
    setTyping(false);
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode={numeric ? 'numeric' : 'text'}
        autocomplete="off"
        spellcheck={false}
        {...(placeholder !== undefined && { placeholder })}
        value={value}
        aria-invalid={shown !== undefined}
        data-problem={problem !== undefined}
        aria-describedby={`${id}-hint ${id}-problem`}
        onInput={({ currentTarget }) => {
          setTyping(true);
          onInput(currentTarget.value);
        }}
        onBlur={done}
        onKeyDown={({ key }) => {
          if (key === 'Enter') done();
        }}
      />
      <Notes id={id} hint={hint} problem={shown} />
    </div>
  );
}

interface SelectFieldProps<Value extends string> extends FieldProps {
  readonly value: Value;
  readonly choices: readonly Value[];
  readonly words: (choice: Value) => string;
  readonly onSelect: (value: Value) => void;
}

export function SelectField<Value extends string>(props: SelectFieldProps<Value>) {
  const { id, label, hint, problem, value, choices, words, onSelect } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        aria-invalid={problem !== undefined}
        data-problem={problem !== undefined}
        aria-describedby={`${id}-hint ${id}-problem`}
        onChange={({ currentTarget }) => {
          const chosen = choices[currentTarget.selectedIndex];
          if (chosen !== undefined) onSelect(chosen);
        }}
      >
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {words(choice)}
          </option>
        ))}
      </select>
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  );
}

interface ChecksProps<Value extends string> extends FieldProps {
  readonly values: readonly Value[];
  readonly choices: readonly Value[];
  readonly words: (choice: Value) => string;
  readonly onChoose: (values: readonly Value[]) => void;
}

/** Check boxes; the order of what is chosen is that of the choices. */
export function Checks<Value extends string>(props: ChecksProps<Value>) {
  const { id, label, problem, values, choices, words, onChoose } = props;
  const chosen = (choice: Value, on: boolean): readonly Value[] =>
    choices.filter((each) => (each === choice ? on : values.includes(each)));
  return (
    <fieldset id={id} tabIndex={-1} data-problem={problem !== undefined} aria-describedby={`${id}-problem`}>
      <legend>{label}</legend>
      <div class="quick">
        <button
          type="button"
          onClick={() => {
            onChoose(choices);
          }}
        >
          all
        </button>
        <button
          type="button"
          onClick={() => {
            onChoose([]);
          }}
        >
          none
        </button>
      </div>
      <ul class="checks">
        {choices.map((choice) => (
          <li key={choice}>
            <label>
              <input
                type="checkbox"
                name={id}
                value={choice}
                checked={values.includes(choice)}
                onChange={({ currentTarget }) => {
                  onChoose(chosen(choice, currentTarget.checked));
                }}
              />
              <code>{choice}</code> <small>{words(choice)}</small>
            </label>
          </li>
        ))}
      </ul>
      <Problem id={id}>{problem}</Problem>
    </fieldset>
  );
}

function Notes({ id, hint, problem }: Pick<FieldProps, 'id' | 'problem'> & { hint: string | undefined }) {
  return (
    <>
      <p class="hint" id={`${id}-hint`}>
        {hint}
      </p>
      <Problem id={id}>{problem}</Problem>
    </>
  );
}

/** Always there, so that the field can name it and a screen reader hears it come. */
export function Problem({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <p class="problem" id={`${id}-problem`} role="alert">
      {children}
    </p>
  );
}
