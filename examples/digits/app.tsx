/** The digits page: which nets to train, their curves while they learn, and what each of them reached. */
import type { VNode } from 'preact';
import { useEffect, useReducer, useRef } from 'preact/hooks';
import { CurvesChart, type Curves, type Point } from './curves';
import { PRECISIONS, type Precision } from './model';
import type { FromWorker, Start, ToWorker } from './protocol';

type Phase = 'idle' | 'running' | 'complete' | 'stopped' | 'failed';

interface View {
  readonly phase: Phase;
  readonly note: string;
  readonly losses: Curves;
  readonly accuracies: Curves;
  readonly end: number;
}

const NOTHING: View = { phase: 'idle', note: '', losses: {}, accuracies: {}, end: 0 };

const added = (curves: Curves, precision: Precision, point: Point): Curves => ({
  ...curves,
  [precision]: [...(curves[precision] ?? []), point],
});

/** A loss is drawn as the mean of those near it: batches differ. */
const smooth = (points: readonly Point[] | undefined, loss: number): number =>
  points === undefined || points.length === 0 ? loss : (points.at(-1)?.y ?? loss) * 0.9 + loss * 0.1;

function next(view: View, message: FromWorker | Start): View {
  switch (message.type) {
    case 'start':
      return { ...NOTHING, phase: 'running', note: 'Fetching digits.' };
    case 'opened':
      return { ...view, note: `Training on ${message.executor}.` };
    case 'event': {
      const { precision, event } = message;
      if (event.type === 'accuracy')
        return {
          ...view,
          accuracies: added(view.accuracies, precision, { x: event.step, y: event.accuracy }),
        };
      const y = smooth(view.losses[precision], event.loss);
      return { ...view, end: event.steps, losses: added(view.losses, precision, { x: event.step, y }) };
    }
    case 'end':
      return {
        ...view,
        phase: message.outcome,
        note: message.outcome === 'complete' ? 'Trained.' : 'Stopped.',
      };
    case 'failed':
      return { ...view, phase: 'failed', note: message.message };
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export function App(): VNode {
  const [view, dispatch] = useReducer(next, NOTHING);
  const worker = useRef<Worker | null>(null);
  const send = (message: ToWorker): void => {
    worker.current?.postMessage(message);
  };
  useEffect(() => {
    const made = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    made.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      dispatch(data);
      dispatchEvent(new CustomEvent('digits', { detail: data }));
    });
    made.addEventListener('error', ({ message }) => {
      dispatch({ type: 'failed', message });
    });
    worker.current = made;
    return () => {
      made.terminate();
    };
  }, []);

  const start = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const precisions = PRECISIONS.filter((each) => data.has(each));
    if (precisions.length === 0) {
      dispatch({ type: 'failed', message: 'Choose at least one precision.' });
      return;
    }
    const number = (name: string): number => Number(data.get(name));
    const message: Start = {
      type: 'start',
      precisions,
      ...{ epochs: number('epochs'), seed: number('seed'), batch: number('batch'), digits: number('digits') },
    };
    dispatch(message);
    send(message);
  };

  const running = view.phase === 'running';
  return (
    <main data-phase={view.phase}>
      <h1>Digits, learnt in this page</h1>
      <p>
        The same small convolutional net, trained three times on 8,000 handwritten digits: in float32; in
        bfloat16, its parameters rounded stochastically; and with products in fp8, each tensor with a scale of
        its own. Every bit follows from the seed, on any adapter.
      </p>
      <form onSubmit={start}>
        <fieldset disabled={running}>
          <legend>Nets</legend>
          {PRECISIONS.map((each) => (
            <label key={each} class={each}>
              <input type="checkbox" name={each} defaultChecked /> {each}
            </label>
          ))}
        </fieldset>
        <fieldset disabled={running}>
          <legend>Training</legend>
          <NumberField name="epochs" label="Epochs" value={5} least={1} most={50} />
          <NumberField name="digits" label="Digits" value={8000} least={64} most={8000} />
          <NumberField name="batch" label="Batch" value={64} least={1} most={512} />
          <NumberField name="seed" label="Seed" value={1} least={0} most={2 ** 31} />
        </fieldset>
        <button type="submit" disabled={running}>
          Train
        </button>
        <button
          type="button"
          disabled={!running}
          onClick={() => {
            send({ type: 'stop' });
          }}
        >
          Stop
        </button>
      </form>
      <p role="status">{view.note}</p>
      <div class="charts">
        <CurvesChart
          title="Loss"
          curves={view.losses}
          end={view.end}
          range={[0, 2.5]}
          format={(y) => y.toFixed(2)}
        />
        <CurvesChart
          title="Held-out digits told right"
          curves={view.accuracies}
          end={view.end}
          range={[0.8, 1]}
          format={percent}
        />
      </div>
      <Reached view={view} />
    </main>
  );
}

function NumberField(props: {
  name: string;
  label: string;
  value: number;
  least: number;
  most: number;
}): VNode {
  const { name, label, value, least, most } = props;
  return (
    <label>
      {label} <input type="number" name={name} defaultValue={String(value)} min={least} max={most} required />
    </label>
  );
}

const reached = (points: readonly Point[] = []): string => {
  const last = points.at(-1);
  return last === undefined ? 'after the first epoch' : percent(last.y);
};

/** What every net has come to so far. */
function Reached({ view: { losses, accuracies } }: { readonly view: View }): VNode | null {
  const trained = PRECISIONS.filter((each) => losses[each] !== undefined);
  if (trained.length === 0) return null;
  return (
    <table>
      <thead>
        <tr>
          <th>Net</th>
          <th>Steps</th>
          <th>Loss</th>
          <th>Held-out digits told right</th>
        </tr>
      </thead>
      <tbody>
        {trained.map((each) => (
          <tr key={each} class={each}>
            <th scope="row">{each}</th>
            <td>{(losses[each]?.at(-1)?.x ?? 0) + 1}</td>
            <td>{losses[each]?.at(-1)?.y.toFixed(3)}</td>
            <td>{reached(accuracies[each])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
