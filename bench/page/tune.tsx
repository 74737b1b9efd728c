/** What was measured of the browser's adapter, or is kept from before: the buttons, the progress, a table for each class of products. */
import { useEffect, useRef, useState } from 'preact/hooks';
import {
  MOST_TUNING_BYTES,
  TUNED_CLASSES,
  TUNING_CLASSES,
  tuningText,
  type Choice,
} from '../../src/execute/webgpu';
import { RunButtons } from './run-buttons';
import { save } from './share';
import { takeTurn } from './take-turn';
import type { FromTuner, ToTuner } from './tune-protocol';

type Tuned = Extract<FromTuner, { type: 'tuned' }>;

export function Tune() {
  const [progress, setProgress] = useState<string | null>(null);
  const [notes, setNotes] = useState<readonly string[]>([]);
  const [problem, setProblem] = useState('');
  const [tuned, setTuned] = useState<Tuned | null>(null);
  const { start, stop } = useTuner((message) => {
    switch (message.type) {
      case 'progress':
        setProgress(message.words);
        return;
      case 'note':
        setNotes((before) => [...before, message.words]);
        return;
      case 'tuned':
        setTuned(message);
        setProgress(null);
        return;
      case 'refused':
        setProblem(message.message);
        setProgress(null);
    }
  });
  const running = progress !== null;
  const begin = (asked: ToTuner): void => {
    if (running) return;
    setProgress('waiting for what else runs');
    setNotes([]);
    setProblem('');
    start(asked);
  };
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    if (file.size > MOST_TUNING_BYTES)
      setProblem(`${file.name} has more than ${MOST_TUNING_BYTES} bytes, which no tunings have.`);
    else begin({ type: 'import', text: await file.text() });
  };
  return (
    <>
      <RunButtons
        id="tune"
        label={tuned === null ? 'Tune for this adapter' : 'Measure anew'}
        running={running}
        onRun={() => {
          begin({ type: 'tune', again: tuned !== null });
        }}
        onStop={() => {
          stop();
          setProgress(null);
        }}
      >
        <label class="inline">
          or import a file{' '}
          <input
            id="tune-import"
            type="file"
            accept=".json"
            onChange={({ currentTarget: { files } }) => void take(files?.[0])}
          />
        </label>
      </RunButtons>
      <p id="tune-progress" class="hint" role="status">
        {progress ?? ''}
      </p>
      {notes.map((words) => (
        <p key={words} class="notice tune-note">
          {words}
        </p>
      ))}
      {problem !== '' && (
        <p id="tune-problem" class="notice bad" role="alert">
          {problem}
        </p>
      )}
      {tuned && <Found tuned={tuned} />}
    </>
  );
}

function Found({ tuned: { adapter, tunings, document } }: { tuned: Tuned }) {
  return (
    <div id="tune-found">
      <p>The fastest on {adapter}:</p>
      {TUNING_CLASSES.map((name) => (
        <ChoiceTable key={name} words={TUNED_CLASSES[name].words} choice={tunings[name]} />
      ))}
      <div class="downloads">
        <button
          id="tune-export"
          type="button"
          onClick={() => {
            save('systole-tunings.json', new Blob([document], { type: 'application/json' }));
          }}
        >
          Export
        </button>
      </div>
    </div>
  );
}

function ChoiceTable({ words, choice }: { words: string; choice: Choice }) {
  const { tuning, candidates, discarded } = choice;
  return (
    <div class="wide" tabIndex={0} role="region" aria-label={`Kernels for ${words}`}>
      <table>
        <caption>{words}</caption>
        <thead>
          <tr>
            {['kernel', 'GFLOP/s', 'compiled in', 'verdict'].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {candidates.map((each) => (
            <tr key={tuningText(each.tuning)}>
              <th scope="row">{tuningText(each.tuning)}</th>
              <td>{each.gflops.toPrecision(3)}</td>
              <td>{each.compileMs.toFixed(0)} ms</td>
              <td>{tuningText(each.tuning) === tuningText(tuning) ? 'taken' : ''}</td>
            </tr>
          ))}
          {discarded.map((each) => (
            <tr key={tuningText(each.tuning)}>
              <th scope="row">{tuningText(each.tuning)}</th>
              <td>–</td>
              <td>–</td>
              <td>discarded: {each.why}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One at a time, in line with what else runs in this browser; to stop it, its worker is ended. */
function useTuner(onMessage: (message: FromTuner) => void) {
  const ending = useRef<() => void>(() => undefined);
  useEffect(
    () => () => {
      ending.current();
    },
    [],
  );
  const begin = async (asked: ToTuner, signal: AbortSignal): Promise<void> => {
    const release = await takeTurn(signal, () => undefined);
    const worker = new Worker('tune-worker.js', { type: 'module' });
    const end = (): void => {
      worker.terminate();
      release();
    };
    signal.addEventListener('abort', end, { once: true });
    worker.addEventListener('message', ({ data }: MessageEvent<FromTuner>) => {
      if (data.type !== 'progress' && data.type !== 'note') ending.current();
      onMessage(data);
    });
    worker.addEventListener('error', ({ message }) => {
      ending.current();
      onMessage({ type: 'refused', message: `The search broke: ${message}` });
    });
    worker.postMessage(asked);
  };
  return {
    start: (asked: ToTuner): void => {
      const own = new AbortController();
      ending.current = () => {
        own.abort();
      };
      begin(asked, own.signal).catch((error: unknown) => {
        if (own.signal.aborted) return; // it was stopped in line
        onMessage({ type: 'refused', message: error instanceof Error ? error.message : String(error) });
      });
    },
    stop: (): void => {
      ending.current();
    },
  };
}
