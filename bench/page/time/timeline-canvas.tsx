/** The timeline as a picture that can be walked by keys, zoomed and dragged; what it shows and selects is its parent's. */
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Labels, useAnswer } from './asked';
import { useColours } from './colours';
import { draw, trackAt } from './draw';
import { hitAt, Pieces } from './lane';
import { usePointer } from './pointer';
import type { Detail } from './protocol';
import type { Scene } from './scene';
import { panning, pressed, selecting, zooming, fittingAll, type Sight } from './sight';
import { timeAt, zoomed } from './window';

interface TimelineCanvasProps {
  readonly title: string;
  readonly scene: Scene;
  readonly sight: Sight;
  readonly onSight: (change: (sight: Sight) => Sight) => void;
  readonly selected: Detail | undefined;
  readonly onDetail: (at: number) => Promise<Detail>;
}

/** Pixels of the names of rows, where there is much room and little. */
const GUTTERS = { wide: 112, narrow: 76 } as const;
/** Within which an instruction is meant. */
const SLACK = 4;

export function TimelineCanvas({ title, scene, sight, onSight, selected, onDetail }: TimelineCanvasProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { colours, probe } = useColours();
  const [width, setWidth] = useState(0);
  const [pointed, setPointed] = useState<{ place: number; y: number } | undefined>(undefined);
  /** Counts the times that there are more labels, which ask for a new frame. */
  const [turn, setTurn] = useState(0);
  const gutter = width < 560 ? GUTTERS.narrow : GUTTERS.wide;
  const plot = Math.max(1, width - gutter);
  const again = (): void => {
    setTurn((count) => count + 1);
  };
  const labels = useMemo(() => new Labels(onDetail, again), [onDetail, scene]);
  const pieces = useMemo(() => new Pieces(Math.floor(plot)), [plot]);
  const at = (place: number, y: number): number => {
    const row = trackAt(scene, y);
    if (row === undefined || place < 0) return -1;
    const slack = (SLACK / plot) * (sight.view.to - sight.view.from);
    return hitAt(row.lane, timeAt(sight.view, plot, place), slack);
  };
  const hovered = pointed === undefined ? -1 : at(pointed.place, pointed.y);
  const told = useAnswer(hovered < 0 ? undefined : hovered, onDetail);

  useEffect(() => {
    const target = box.current;
    if (target === null) return;
    const observer = new ResizeObserver(() => {
      setWidth(target.clientWidth);
    });
    observer.observe(target);
    return () => {
      observer.disconnect();
    };
  }, []);
  useLayoutEffect(() => {
    const surface = canvas.current;
    const context = surface?.getContext('2d');
    if (!surface || !context || colours === undefined || width === 0) return;
    const frame = requestAnimationFrame(() => {
      const sharp = devicePixelRatio;
      const [across, down] = [Math.round(width * sharp), Math.round(scene.height * sharp)];
      if (surface.width !== across) surface.width = across;
      if (surface.height !== down) surface.height = down;
      context.setTransform(sharp, 0, 0, sharp, 0, 0);
      labels.begin();
      const mine = selected?.at === sight.selected ? selected : undefined;
      surface.dataset['rectangles'] = String(
        draw({
          context,
          scene,
          sight,
          colours,
          width,
          gutter,
          hovered,
          dependencies: mine?.dependencies ?? [],
          blocker: sight.selected < 0 ? -1 : (scene.timeline.blocker[sight.selected] ?? -1),
          label: labels.of,
          pieces,
        }),
      );
      labels.end();
    });
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [scene, sight, width, colours, hovered, selected, pieces, labels, turn]);

  usePointer(box, gutter, {
    zoom: (place, factor) => {
      onSight((old) => {
        const time = timeAt(old.view, plot, Math.max(0, place));
        return { ...old, view: zoomed(old.view, time, factor, scene.timeline.total) };
      });
    },
    pan: (pixels) => {
      onSight((old) => panning(old, scene, pixels / plot));
    },
    press: (place, y) => {
      const time = Math.max(0, Math.min(scene.timeline.total, timeAt(sight.view, plot, Math.max(0, place))));
      const track = trackAt(scene, y)?.track;
      const hit = at(place, y);
      onSight((old) => {
        const moved = { ...old, cursor: time, track: track ?? old.track };
        return hit < 0 ? moved : { ...selecting(moved, scene, hit), view: old.view, cursor: time };
      });
    },
    hover: setPointed,
  });
  const buttons = [
    ['Zoom in', (old: Sight) => zooming(old, scene, 2)],
    ['Zoom out', (old: Sight) => zooming(old, scene, 0.5)],
    ['Earlier', (old: Sight) => panning(old, scene, -0.5)],
    ['Later', (old: Sight) => panning(old, scene, 0.5)],
    ['All', (old: Sight) => fittingAll(old, scene)],
  ] as const;
  return (
    <div class="timeline-picture">
      <div class="timeline-buttons" role="group" aria-label="What part of the timeline is shown">
        {buttons.map(([name, change]) => (
          <button
            key={name}
            type="button"
            onClick={() => {
              onSight(change);
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div
        id="timeline"
        ref={box}
        class="timeline-canvas"
        tabIndex={0}
        role="application"
        aria-roledescription="timeline"
        aria-label={title}
        aria-describedby="timeline-keys"
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const next = pressed(event.key, event.shiftKey, sight, scene);
          if (next === undefined) return;
          event.preventDefault();
          onSight(() => next);
        }}
      >
        <canvas
          ref={canvas}
          aria-hidden="true"
          style={{ width: `${width}px`, height: `${scene.height}px` }}
        />
        {pointed !== undefined && told !== undefined && told.at === hovered && (
          <Tooltip detail={told} place={pointed.place + gutter} y={pointed.y} width={width} />
        )}
        {probe}
      </div>
      <ul class="legend">
        {scene.rows.map((row) => (
          <li key={row.paint}>
            <span class={`timeline-key colour-${row.paint}`} aria-hidden="true" />
            {row.name}
            {row.kind === 'weights' && ', loaded meanwhile'}
            {row.kind === 'series' && ` ${row.paint === 'dma' ? 'rate' : 'in use'}, of ${row.most}`}
          </li>
        ))}
      </ul>
      <p id="timeline-keys" class="hint">
        Keys: <kbd>+</kbd> <kbd>−</kbd> zoom, <kbd>←</kbd> <kbd>→</kbd> pan, <kbd>0</kbd> or <kbd>Home</kbd>{' '}
        shows all, <kbd>↑</kbd> <kbd>↓</kbd> change the track, <kbd>,</kbd> <kbd>.</kbd> or <kbd>Page Up</kbd>{' '}
        <kbd>Page Down</kbd> go to the instruction before and the next, <kbd>Shift</kbd> with <kbd>←</kbd>{' '}
        <kbd>→</kbd> moves the cursor, <kbd>Enter</kbd> selects what is there, <kbd>Esc</kbd> nothing. A click
        selects, dragging pans, two fingers zoom, and so does the wheel after a click or with <kbd>Ctrl</kbd>.
        Where instructions are narrower than a pixel, the height of a bar is the share of the time that they
        take. Thin arrows come from what the selected instruction depends on, the thick broken one from what
        it waited for last.
      </p>
    </div>
  );
}

interface TooltipProps {
  readonly detail: Detail;
  readonly place: number;
  readonly y: number;
  readonly width: number;
}

function Tooltip({ detail: { title, lines }, place, y, width }: TooltipProps) {
  const side = place > width / 2 ? { right: `${width - place + 12}px` } : { left: `${place + 12}px` };
  return (
    <div class="timeline-tooltip" aria-hidden="true" style={{ ...side, top: `${y + 14}px` }}>
      <b>{title}</b>
      {lines.map(([name, value], index) => (
        <div key={index}>
          <span class="muted">{name}</span> {value}
        </div>
      ))}
    </div>
  );
}
