/** The timeline as text: what each track has. */
import { durationText, momentText, percentText } from './quantities';
import { trackRows, type Scene } from './scene';

export function TracksTable({ scene }: { scene: Scene }) {
  const { total } = scene.timeline;
  return (
    <details class="timeline-table">
      <summary>The tracks as a table</summary>
      <div class="wide" tabIndex={0} role="region" aria-label="Tracks of the timeline">
        <table id="timeline-tracks">
          <thead>
            <tr>
              {['track', 'instructions', 'busy', 'of the time', 'first start', 'last end'].map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {trackRows(scene).map(({ name, lane }) => {
              const busy = lane.busy.at(-1) ?? 0;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{lane.ids.length}</td>
                  <td>{durationText(busy)}</td>
                  <td>{percentText(total === 0 ? 0 : busy / total)}</td>
                  <td>{momentText(lane.starts[0] ?? 0)}</td>
                  <td>{momentText(lane.reach.at(-1) ?? 0)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </details>
  );
}
