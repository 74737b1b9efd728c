/** The part of a timeline that is in sight: arithmetic of zooming and panning. Times are ns, places are pixels from its left edge. */

export interface Window {
  readonly from: number;
  readonly to: number;
}

/** ns that are in sight at least. */
const LEAST = 1;

/** All of a timeline, with a little room behind its end. */
export function fitting(total: number): Window {
  return { from: 0, to: Math.max(LEAST, total * 1.01) };
}

/** As long as asked for, as far as the timeline goes, and inside it. */
export function clamped({ from, to }: Window, total: number): Window {
  const all = fitting(total);
  const length = Math.min(Math.max(to - from, LEAST), all.to);
  const first = Math.min(Math.max(from, 0), all.to - length);
  return { from: first, to: first + length };
}

/** `factor` above 1 shows less of it; the time stays where it is, as far as the ends allow. */
export function zoomed({ from, to }: Window, time: number, factor: number, total: number): Window {
  const length = Math.min(Math.max((to - from) / factor, LEAST), fitting(total).to);
  const share = (time - from) / (to - from);
  const first = time - share * length;
  return clamped({ from: first, to: first + length }, total);
}

/** By a share of what is in sight, towards the end where that is positive. */
export function panned({ from, to }: Window, share: number, total: number): Window {
  const by = share * (to - from);
  return clamped({ from: from + by, to: to + by }, total);
}

/** Moved, and made no shorter than it must be, so that a time is in sight; what takes time is shown with some of what is around it. */
export function showing(view: Window, start: number, until: number, total: number): Window {
  const length = view.to - view.from;
  if (start >= view.from && until <= view.to) return view;
  if (until - start > length) return clamped({ from: start - length / 10, to: start + 0.9 * length }, total);
  const middle = (start + until) / 2;
  return clamped({ from: middle - length / 2, to: middle + length / 2 }, total);
}

export function timeAt({ from, to }: Window, width: number, x: number): number {
  return from + (x / width) * (to - from);
}

export function placeOf({ from, to }: Window, width: number, time: number): number {
  return ((time - from) / (to - from)) * width;
}
