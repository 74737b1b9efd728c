/** Pointers over the timeline: the wheel zooms where it is, one pointer drags or presses, two pinch. Places are pixels from the left edge of the plot. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Gestures {
  /** Shows less where the factor is above 1; what is at the place stays there. */
  readonly zoom: (place: number, factor: number) => void;
  /** Pixels that the content moves to the left. */
  readonly pan: (pixels: number) => void;
  readonly press: (place: number, y: number) => void;
  /** Undefined where no pointer is over it. */
  readonly hover: (at: { readonly place: number; readonly y: number } | undefined) => void;
}

/** Pixels that a press may move and is no drag yet. */
const STILL = 4;
/** The factor of a pixel of the wheel. */
const WHEEL = 1.0022;

interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The wheel is the page's until the element has the focus, or with Ctrl held, so that scrolling past is not caught. */
export function usePointer(element: RefObject<HTMLElement | null>, gutter: number, gestures: Gestures): void {
  const latest = useRef(gestures);
  latest.current = gestures;
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const ending = new AbortController();
    const { signal } = ending;
    const down = new Map<number, Spot>();
    let moved = 0;
    const spotOf = ({ clientX, clientY }: MouseEvent): Spot => {
      const { left, top } = target.getBoundingClientRect();
      return { x: clientX - left - gutter, y: clientY - top };
    };
    target.addEventListener(
      'wheel',
      (event) => {
        if (!event.ctrlKey && document.activeElement !== target) return;
        event.preventDefault();
        const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
        if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) latest.current.pan(event.deltaX * pixels);
        else latest.current.zoom(spotOf(event).x, WHEEL ** (-event.deltaY * pixels));
      },
      { passive: false, signal },
    );
    target.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0) return;
        target.setPointerCapture(event.pointerId);
        down.set(event.pointerId, spotOf(event));
        moved = down.size > 1 ? Infinity : 0;
      },
      { signal },
    );
    target.addEventListener(
      'pointermove',
      (event) => {
        const spot = spotOf(event);
        const before = down.get(event.pointerId);
        if (before === undefined) {
          latest.current.hover({ place: spot.x, y: spot.y });
          return;
        }
        const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
        moved += Math.abs(spot.x - before.x) + Math.abs(spot.y - before.y);
        if (other === undefined && moved <= STILL) return;
        down.set(event.pointerId, spot);
        latest.current.hover(undefined);
        if (other === undefined) {
          latest.current.pan(before.x - spot.x);
          return;
        }
        const distance = (of: Spot): number => Math.max(8, Math.hypot(of.x - other.x, of.y - other.y));
        latest.current.zoom((spot.x + other.x) / 2, distance(spot) / distance(before));
        latest.current.pan((before.x - spot.x) / 2);
      },
      { signal },
    );
    target.addEventListener(
      'pointerup',
      (event) => {
        if (down.delete(event.pointerId) && moved <= STILL) {
          const { x, y } = spotOf(event);
          latest.current.press(x, y);
        }
      },
      { signal },
    );
    target.addEventListener('pointercancel', ({ pointerId }) => down.delete(pointerId), { signal });
    target.addEventListener(
      'pointerleave',
      () => {
        latest.current.hover(undefined);
      },
      { signal },
    );
    return () => {
      ending.abort();
    };
  }, [gutter]);
}
