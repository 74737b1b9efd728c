/**
 * Draws what is dear to draw, a chart of many cases, at most once in a pause and in a task of its own, so that the page
 * answers between two of them however fast the cases come.
 */
import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

interface PacedProps<Value> {
  readonly value: Value;
  /** Milliseconds; different ones keep two apart. */
  readonly pauseMs: number;
  /** Draws at once: no more is to come. */
  readonly last: boolean;
  readonly draw: (value: Value) => ComponentChild;
}

/** `draw` depends on nothing but the value. */
export function Paced<Value>({ value, pauseMs, last, draw }: PacedProps<Value>) {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  latest.current = value;
  useEffect(() => {
    if (value === shown) return;
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setShown(latest.current);
    }, pauseMs);
  }, [value, shown]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  const drawn = last ? value : shown;
  return <>{useMemo(() => draw(drawn), [drawn])}</>;
}
