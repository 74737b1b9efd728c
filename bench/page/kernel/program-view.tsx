/** A Program as text, of any length: only the lines in sight are in the document. */
import { useMemo, useState } from 'preact/hooks';
import { save } from '../share';

/** Of a line, and of what is in sight at most, in pixels; kernel.css has the same. */
const LINE = 18;
const HEIGHT = 360;
/** Lines that are drawn above and below those in sight. */
const MARGIN = 20;
/** Beyond these lines an element is higher than browsers can scroll. */
const MOST = 400_000;

export function ProgramView({ name, program }: { name: string; program: string }) {
  const lines = useMemo(() => program.split('\n'), [program]);
  const [top, setTop] = useState(0);
  const shown = Math.min(lines.length, MOST);
  const first = Math.max(0, Math.floor(top / LINE) - MARGIN);
  const last = Math.min(shown, Math.ceil((top + HEIGHT) / LINE) + MARGIN);
  return (
    <>
      <div
        class="program"
        tabIndex={0}
        role="region"
        aria-label={`The Program, ${lines.length} lines`}
        onScroll={({ currentTarget }) => {
          setTop(currentTarget.scrollTop);
        }}
      >
        <div style={{ height: `${shown * LINE}px` }}>
          <pre style={{ transform: `translateY(${first * LINE}px)` }}>
            {lines.slice(first, last).join('\n')}
          </pre>
        </div>
      </div>
      {lines.length > MOST && (
        <p class="hint">
          The first {MOST} lines of {lines.length}; the file has all.
        </p>
      )}
      <div class="downloads">
        <button
          type="button"
          onClick={() => {
            save(`${name}.program.txt`, new Blob([program], { type: 'text/plain' }));
          }}
        >
          Download the Program
        </button>
      </div>
    </>
  );
}
