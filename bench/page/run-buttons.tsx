/** The button that starts something; beside it, while it goes on, the one that stops it, and what is said of it. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface RunButtonsProps {
  /** Of the section: the buttons are `ID-run` and `ID-stop`. */
  readonly id: string;
  readonly label: string;
  readonly running: boolean;
  /** Whether there is something to start; true when left out. */
  readonly ready?: boolean;
  /** Left out in a form, which the button submits. */
  readonly onRun?: () => void;
  readonly onStop: () => void;
  readonly children?: ComponentChildren;
}

export function RunButtons({ id, label, running, ready = true, onRun, onStop, children }: RunButtonsProps) {
  const button = useRef<HTMLButtonElement>(null);
  return (
    <div class="actions">
      <button
        id={`${id}-run`}
        ref={button}
        type={onRun ? 'button' : 'submit'}
        aria-disabled={running || !ready}
        {...(onRun && { onClick: onRun })}
      >
        {label}
      </button>
      {running && (
        <button
          id={`${id}-stop`}
          type="button"
          onClick={() => {
            button.current?.focus(); // this one goes away
            onStop();
          }}
        >
          Stop
        </button>
      )}
      {children}
    </div>
  );
}
