/** The timeline on the page: the picture, what is selected in it, and beside it the tiles and the memories at the cursor's time. */
import { useMemo, useState } from 'preact/hooks';
import { adoptSheet } from '../sheet';
import { useAnswer } from './asked';
import { MemoryMaps } from './memory-maps';
import { PassGrid } from './pass-grid';
import type { Detail, Timed } from './protocol';
import { momentText } from './quantities';
import type { Residents } from './residents';
import { sceneOf } from './scene';
import { usePlay } from './play';
import { firstSight, selecting, type Sight } from './sight';
import text from './timeline.css';
import { TimelineCanvas } from './timeline-canvas';
import { TracksTable } from './tracks-table';
import { timeAt } from './window';

adoptSheet(text);

interface TimelineViewProps {
  readonly timed: Timed;
  readonly onDetail: (at: number) => Promise<Detail>;
  readonly onMemory: (time: number) => Promise<Residents>;
}

/** Of the slider of time: of what is in sight. */
const STEPS = 1000;

export function TimelineView({ timed, onDetail, onMemory }: TimelineViewProps) {
  const scene = useMemo(() => sceneOf(timed.timeline), [timed]);
  const [held, setHeld] = useState(() => ({ scene, sight: firstSight(scene) }));
  /** What was in sight of another timeline is of no use. */
  const sightIn = (of: typeof held): Sight => (of.scene === scene ? of.sight : firstSight(scene));
  const sight = sightIn(held);
  const setSight = (change: (sight: Sight) => Sight): void => {
    setHeld((old) => ({ scene, sight: change(sightIn(old)) }));
  };
  const selected = useAnswer(sight.selected < 0 ? undefined : sight.selected, onDetail);
  const { total } = scene.timeline;
  const { cursor, view } = sight;
  const moment = momentText(cursor, (view.to - view.from) / STEPS);
  /** What of the sight is of the timeline: there is room behind its end. */
  const length = Math.max(0, Math.min(view.to, total) - view.from);
  const { playing, toggle } = usePlay((share) => {
    setSight((old) => ({ ...old, cursor: Math.min(total, timeAt(old.view, 1, share)) }));
  });
  return (
    <section class="timeline" aria-label="Timeline">
      <h3>Timeline</h3>
      <TimelineCanvas
        title={`Timeline of ${timed.title}`}
        scene={scene}
        sight={sight}
        onSight={setSight}
        selected={selected}
        onDetail={onDetail}
      />
      <p id="timeline-selected" role="status" class={selected === undefined ? 'hint' : undefined}>
        {selected?.sentence ?? 'No instruction is selected.'}
      </p>
      {selected !== undefined && (
        <dl class="timeline-detail" aria-label="The selected instruction">
          {selected.lines.map(([name, value], index) => (
            <div key={index}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <TracksTable scene={scene} />
      <h3>At the cursor</h3>
      <button id="timeline-play" type="button" onClick={toggle}>
        {playing ? 'Stop' : 'Play what is in sight'}
      </button>
      <label class="timeline-cursor">
        <span>
          Time of the cursor: <b>{moment}</b>
        </span>
        <input
          id="timeline-cursor"
          type="range"
          min={0}
          max={STEPS}
          step={1}
          value={length === 0 ? 0 : Math.round(((cursor - view.from) / length) * STEPS)}
          aria-valuetext={moment}
          onInput={({ currentTarget: { value } }) => {
            setSight((old) => ({
              ...old,
              cursor: Math.min(total, view.from + (Number(value) / STEPS) * length),
            }));
          }}
        />
      </label>
      <div class="timeline-beside">
        {timed.grid && (
          <PassGrid
            grid={timed.grid}
            timeline={scene.timeline}
            time={cursor}
            moment={moment}
            onSelect={(at) => {
              setSight((old) => selecting(old, scene, at));
            }}
          />
        )}
        <MemoryMaps chip={timed.chip} time={cursor} onMemory={onMemory} />
      </div>
    </section>
  );
}
