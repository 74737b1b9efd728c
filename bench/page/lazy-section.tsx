/** A section whose inside is loaded when it is opened, so that the page opens quickly without it. */
import type { ComponentType } from 'preact';
import { useState } from 'preact/hooks';

interface LazySectionProps {
  /** Of the section; its title and the button that retries have names made from it. */
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly hint: string;
  /** Opens it, until it is closed. */
  readonly open?: boolean;
  readonly load: () => Promise<ComponentType>;
}

export function LazySection({ id, title, summary, hint, open: wanted = false, load }: LazySectionProps) {
  const [inside, setInside] = useState<{ readonly View: ComponentType } | null>(null);
  const [problem, setProblem] = useState('');
  const open = async (): Promise<void> => {
    try {
      setInside({ View: await load() });
    } catch (error) {
      setProblem(
        `This part of the page did not load: ${error instanceof Error ? error.message : String(error)}.`,
      );
    }
  };
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      <details
        open={wanted}
        onToggle={({ currentTarget }) => {
          if (currentTarget.open && inside === null) void open();
        }}
      >
        <summary>{summary}</summary>
        <p class="hint">{hint}</p>
        {problem !== '' && (
          <p class="notice bad" role="alert">
            {problem}{' '}
            <button
              id={`${id}-retry`}
              type="button"
              onClick={() => {
                location.reload(); // browsers remember that an import failed
              }}
            >
              Load the page again
            </button>
          </p>
        )}
        {inside && <inside.View />}
      </details>
    </section>
  );
}
