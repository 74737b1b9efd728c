/** A run that goes on: how far it is, and what it is doing. */
import { useEffect, useState } from 'preact/hooks';
import type { Run } from './run-view';
import { stageText } from './words';

export function Progress({ run, stopping }: { run: Run; stopping: boolean }) {
  const seconds = useSeconds(run.pressedAt);
  const { budgetSeconds } = run.view.settings;
  const doneShare = run.stage ? run.stage.done / run.stage.total : 0;
  const share = Math.max(doneShare, Math.min(seconds / budgetSeconds, 0.99));
  return (
    <div class="progress">
      <progress id="progress" max={1} value={share} aria-label="Progress of the run" />
      <p id="stage">
        <span>{stopping ? 'stopping' : stageText(run)}</span>
        <span class="clock">
          {seconds} s of {budgetSeconds} s
        </span>
      </p>
    </div>
  );
}

/** Whole seconds since a time on the clock of `performance.now()`. */
function useSeconds(since: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(performance.now());
    }, 1000);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return Math.max(0, Math.floor((now - since) / 1000));
}
