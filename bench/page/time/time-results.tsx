/** What was timed: figures, what every track did, advice, the timeline, files, the cost. */
import { useState } from 'preact/hooks';
import { Fact } from '../../report/html/fact';
import { save } from '../share';
import { CostForm, type CostFormProps } from './cost-form';
import type { Timed } from './protocol';
import { percentText } from './quantities';
import { TimelineView } from './timeline-view';
import type { Ask } from './use-timer';

interface TimeResultsProps extends CostFormProps {
  readonly ask: Ask;
}

export function TimeResults({ timed, ask, cost, onCost }: TimeResultsProps) {
  const { title, figures, busy, advice, notes } = timed;
  return (
    <>
      <h3 id="time-what">{title}</h3>
      <p class="hint">
        Times are of a simulation: docs/time.md says what is modelled, and how far it agrees with published
        measurements.
      </p>
      <dl class="facts" id="time-figures">
        {figures.map(({ name, value }) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
      <Busy busy={busy} />
      {advice.length > 0 && (
        <>
          <h3>What to try</h3>
          <ul id="time-advice">
            {advice.map(({ finding, mend }) => (
              <li key={finding}>
                {finding}. <strong>{mend}</strong>
              </li>
            ))}
          </ul>
        </>
      )}
      <TimelineView timed={timed} onDetail={ask.detail} onMemory={ask.memory} />
      <Files timed={timed} ask={ask} />
      <CostForm timed={timed} cost={cost} onCost={onCost} />
      {notes.length > 0 && (
        <details id="time-notes">
          <summary>What was assumed of the Program</summary>
          <ul>
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Busy({ busy }: Pick<Timed, 'busy'>) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="What each track did">
      <table id="time-busy">
        <caption>Share of the time that each engine and queue was busy, and what it did all the time</caption>
        <thead>
          <tr>
            <th scope="col">Track</th>
            <th scope="col">Busy</th>
            <th scope="col">Its time</th>
          </tr>
        </thead>
        <tbody>
          {busy.map(({ name, share, words }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {percentText(share)}
                <svg class="time-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="ground" width="100" height="6" />
                  <rect width={Math.min(100, 100 * share)} height="6" />
                </svg>
              </td>
              <td>{words}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Files({ timed: { name, chip, text, json }, ask }: Pick<TimeResultsProps, 'timed' | 'ask'>) {
  const [problem, setProblem] = useState('');
  const file = `systole-time-${name}-${chip}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const trace = async (): Promise<void> => {
    try {
      save(`${file}.pftrace`, new Blob([...(await ask.trace())], { type: 'application/octet-stream' }));
      setProblem('');
    } catch (error) {
      setProblem(`The trace was not made: ${error instanceof Error ? error.message : String(error)}.`);
    }
  };
  return (
    <div class="downloads" role="group" aria-label="Save what was timed">
      <button id="time-save-trace" type="button" onClick={() => void trace()}>
        Save the trace for Perfetto
      </button>
      <button
        id="time-save-json"
        type="button"
        onClick={() => {
          save(`${file}.json`, new Blob([json], { type: 'application/json' }));
        }}
      >
        Save JSON
      </button>
      <button
        id="time-save-text"
        type="button"
        onClick={() => {
          save(`${file}.txt`, new Blob([text], { type: 'text/plain' }));
        }}
      >
        Save text
      </button>
      {problem !== '' && <p role="alert">{problem}</p>}
    </div>
  );
}
