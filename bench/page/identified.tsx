/** An identification for the eye: the verdict, what explains the product, the first difference, and where differences lie. */
import type { Explanation, Identification, WrittenElement } from '../identify';
import { Fact } from '../report/html/fact';
import { counted, extents } from '../report/html/format';

const VERDICTS = {
  explained: 'Explained: one hypothesis gives every element that was compared.',
  'explained-equally': 'Explained equally well by several: this data cannot tell them apart.',
  immune: 'Every sum is exact here, so that no order of additions can show.',
  unexplained: 'None of these: no hypothesis gives every element.',
} as const satisfies Record<Identification['verdict'], string>;

/** Explanations shown; the text names more. */
const SHOWN = 4;

export function Identified({ identification, text }: { identification: Identification; text: string }) {
  const { verdict, explanations, best, systolic, float64, shape, notes, tried, seconds } = identification;
  return (
    <>
      <p class={`verdict ${verdict === 'unexplained' ? 'bad' : 'good'}`}>
        <strong>{VERDICTS[verdict]}</strong>
      </p>
      {explanations.slice(0, SHOWN).map((each) => (
        <Hypothesis key={each.title} {...each} />
      ))}
      {verdict === 'unexplained' && best && <Hypothesis {...best} closest />}
      <div class="pictures">
        {systolic.tiles.rows * systolic.tiles.columns > 1 && <TileMap systolic={systolic} />}
        <dl class="facts">
          <Fact name="product">
            {extents(shape)} {systolic.tiles.rows * systolic.tiles.columns === 1 && <small>one tile</small>}
          </Fact>
          <Fact name={`against ${systolic.chip}`}>
            {systolic.differing === 0
              ? 'no difference'
              : `${counted(systolic.differing, 'element differs', 'elements differ')} of ${systolic.compared}`}
          </Fact>
          {systolic.first && <FirstDifference {...systolic.first} />}
          <Fact name="largest error against float64">
            {Number.isNaN(float64.maxAbs) ? 'no finite element' : float64.maxAbs.toExponential(2)}
            {float64.notFinite > 0 && (
              <small>{counted(float64.notFinite, 'element')} not finite, left out</small>
            )}
          </Fact>
          <Fact name="hypotheses tried">
            {tried} <small>in {seconds.toFixed(1)} s</small>
          </Fact>
        </dl>
      </div>
      {notes.length > 0 && (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <details>
        <summary>All of it as text</summary>
        <pre tabIndex={0}>{text}</pre>
      </details>
    </>
  );
}

interface HypothesisProps extends Explanation {
  /** It explains most elements, but not all. */
  readonly closest?: boolean;
  readonly exception?: WrittenElement | null;
}

function Hypothesis({ title, meaning, matching, compared, closest = false, exception }: HypothesisProps) {
  return (
    <div class="hypothesis">
      <h3>{closest ? `Closest: ${title}` : title}</h3>
      <p>{meaning.join(' ')}</p>
      <p class="hint">
        {matching === compared
          ? `All ${compared} elements compared.`
          : `${matching} of ${compared} elements, all but ${compared - matching}.`}
        {exception &&
          ` The first that it does not explain is at m ${exception.m}, n ${exception.n}: expected ${writtenText(exception.expected)}, C has ${writtenText(exception.actual)}.`}
      </p>
    </div>
  );
}

function writtenText({ value, code }: WrittenElement['expected']): string {
  return `${value} (${code})`;
}

function FirstDifference({ m, n, expected, actual }: WrittenElement) {
  return (
    <>
      <Fact name="first difference">{`m ${m}, n ${n}`}</Fact>
      <Fact name="expected">
        {expected.value} <code>{expected.code}</code>
      </Fact>
      <Fact name="C has">
        {actual.value} <code>{actual.code}</code>
      </Fact>
    </>
  );
}

const WIDTH = 300;
const MOST_HEIGHT = 240;
const LEAST_HEIGHT = 24;
/** Cells along a side beyond which they would be thinner than can be seen. */
const MOST_CELLS = 48;

/** Tiles of the output, the darker the more of their elements differ from the chip's order. */
function TileMap({ systolic: { tiles } }: Pick<Identification, 'systolic'>) {
  const rows = Math.min(tiles.rows, MOST_CELLS);
  const columns = Math.min(tiles.columns, MOST_CELLS);
  const height = WIDTH * ((tiles.rows * tiles.m) / (tiles.columns * tiles.n));
  const cell = {
    width: WIDTH / columns,
    height: Math.min(MOST_HEIGHT, Math.max(LEAST_HEIGHT, height)) / rows,
  };
  const counts = cellCounts(tiles, rows, columns);
  const most = Math.max(1, ...counts.map((count) => count ?? 0));
  const wrong = tiles.differing.filter((count) => count !== null && count > 0).length;
  const title = `Where C differs from the order of the chip: ${counted(wrong, 'tile')} of ${tiles.rows * tiles.columns}`;
  return (
    <div class="picture">
      <svg viewBox={`-1 -1 ${WIDTH + 2} ${cell.height * rows + 2}`} role="img">
        <title>{title}</title>
        <rect class="frame" x="0" y="0" width={WIDTH} height={cell.height * rows} />
        {counts.map((count, index) =>
          count === 0 ? null : (
            <rect
              key={index}
              class={count === null ? 'unknown' : 'wrong'}
              fill-opacity={count === null ? 1 : 0.25 + (0.75 * count) / most}
              x={(index % columns) * cell.width}
              y={Math.floor(index / columns) * cell.height}
              {...cell}
            />
          ),
        )}
      </svg>
      <p>
        {title}, tiles of {tiles.m} × {tiles.n}.
      </p>
    </div>
  );
}

/** Differing elements in each cell of a coarser grid; null where nothing of it was compared. */
export function cellCounts(
  { rows, columns, differing }: Identification['systolic']['tiles'],
  cellRows: number,
  cellColumns: number,
): (number | null)[] {
  const counts = new Array<number | null>(cellRows * cellColumns).fill(null);
  differing.forEach((count, index) => {
    if (count === null) return;
    const row = Math.floor((Math.floor(index / columns) * cellRows) / rows);
    const column = Math.floor(((index % columns) * cellColumns) / columns);
    const cell = row * cellColumns + column;
    counts[cell] = (counts[cell] ?? 0) + count;
  });
  return counts;
}
