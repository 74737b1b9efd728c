/** Moves the cursor through what is in sight, until it is at the end of it or is stopped; in few steps for those who want little motion. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** Milliseconds that it takes, and steps where motion is unwanted. */
const DURATION = 12_000;
const FEW = 12;

export interface Play {
  readonly playing: boolean;
  readonly toggle: () => void;
}

/** `move` gets the share of what is in sight that the cursor has come to. */
export function usePlay(move: (share: number) => void): Play {
  const [playing, setPlaying] = useState(false);
  const latest = useRef(move);
  latest.current = move;
  useEffect(() => {
    if (!playing) return;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const begun = performance.now();
    let frame = 0;
    let shown = -1;
    const next = (): void => {
      const passed = Math.min(1, (performance.now() - begun) / DURATION);
      const share = calm ? Math.floor(passed * FEW) / FEW : passed;
      if (share !== shown) latest.current(share);
      shown = share;
      if (passed < 1) frame = requestAnimationFrame(next);
      else setPlaying(false);
    };
    frame = requestAnimationFrame(next);
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [playing]);
  return {
    playing,
    toggle: () => {
      setPlaying(!playing);
    },
  };
}
