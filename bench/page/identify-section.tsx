/** Whose numbers are these? Loaded when it is opened. */
import type { ComponentType } from 'preact';
import { useState } from 'preact/hooks';

export function IdentifySection() {
  const [View, setView] = useState<{ readonly Identify: ComponentType } | null>(null);
  const [problem, setProblem] = useState('');
  const open = async (): Promise<void> => {
    try {
      setView(await import('./identify'));
    } catch (error) {
      setProblem(
        `This part of the page did not load: ${error instanceof Error ? error.message : String(error)}.`,
      );
    }
  };
  return (
    <section id="identify" aria-labelledby="identify-title">
      <h2 id="identify-title">Whose numbers are these?</h2>
      <details
        onToggle={({ currentTarget }) => {
          if (currentTarget.open && View === null) void open();
        }}
      >
        <summary>Find out how somebody multiplied: give A, B and their product C</summary>
        <p class="hint">
          PyTorch’s, another GPU’s, another version’s: the order of additions, the accumulator and the
          rounding that explain every element of C, or the first element that nothing explains. The files stay
          on this machine.
        </p>
        {problem !== '' && (
          <p class="notice bad" role="alert">
            {problem}{' '}
            <button
              id="identify-retry"
              type="button"
              onClick={() => {
                location.reload(); // browsers remember that an import failed
              }}
            >
              Load the page again
            </button>
          </p>
        )}
        {View && <View.Identify />}
      </details>
    </section>
  );
}
