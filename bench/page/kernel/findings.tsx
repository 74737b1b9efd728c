/** What was found about a Program, each with its line of the source, which a press goes to. */
import type { Finding } from '../../../src/verify';
import { lineIn } from './sandbox/answer';

interface FindingsProps {
  readonly title: string;
  readonly findings: readonly Finding[];
  readonly onLine: (line: number) => void;
}

/** Findings that are shown before the rest is folded away. */
const SHOWN = 8;

export function Findings({ title, findings, onLine }: FindingsProps) {
  if (findings.length === 0) return null;
  const rest = findings.slice(SHOWN);
  return (
    <section class="kernel-findings">
      <h3>{title}</h3>
      <List findings={findings.slice(0, SHOWN)} onLine={onLine} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <List findings={rest} onLine={onLine} />
        </details>
      )}
    </section>
  );
}

function List({ findings, onLine }: Pick<FindingsProps, 'findings' | 'onLine'>) {
  return (
    <ul class="checked">
      {findings.map((finding, index) => {
        const { severity, code, rule, instruction, operand, required, received, mend } = finding;
        const who = [instruction, operand].filter((word) => word !== undefined).join(', ');
        return (
          <li key={index} class={severity === 'error' ? 'wrong' : 'left-out'}>
            <b>{severity}</b>
            <div>
              <strong>
                {code}: {rule}.
              </strong>{' '}
              {who !== '' && <code>{who}</code>} <LineButton line={lineIn(finding.at)} onLine={onLine} />
              <ul>
                <li>required: {required}</li>
                <li>received: {received}</li>
                <li>{mend}</li>
              </ul>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

export function LineButton({ line, onLine }: { line: number | null; onLine: (line: number) => void }) {
  if (line === null) return null;
  return (
    <button
      type="button"
      class="to-line"
      onClick={() => {
        onLine(line);
      }}
    >
      line {line}
    </button>
  );
}
