/** A verdict on a tiling for the eye, the keyboard and the ear: what was checked, the grid of tiles, the first wrong tile. */
import { areaText } from '../../src/verify/tiling';
import { Fact } from '../report/html/fact';
import { counted } from '../report/html/format';
import { Inside } from '../report/html/wrong-tile';
import { CHECKS, type TilingCheck, type TilingVerdict, type WrongTile } from '../tiling';
import { save } from './share';
import { TileGrid } from './tile-grid';

const STATES = {
  right: 'right',
  wrong: 'WRONG',
  'left-out': 'left out',
} as const satisfies Record<TilingCheck['state'], string>;

/** Sentences of one check that are shown before the rest is folded away. */
const SHOWN = 4;

export function TilingVerdictView({ verdict, text }: { verdict: TilingVerdict; text: string }) {
  const { right, checks, canonical, firstWrong } = verdict;
  return (
    <>
      <p class={`verdict ${right ? 'good' : 'bad'}`}>
        <strong>{right ? 'The tiling is right.' : 'The tiling is wrong.'}</strong>
      </p>
      <ul class="checked">
        {checks.map((check) => (
          <Check key={check.name} check={check} />
        ))}
      </ul>
      <p class="hint">{canonical.text}</p>
      <TileGrid grid={verdict.grid} first={firstWrong} />
      {firstWrong && <FirstWrong wrong={firstWrong} verdict={verdict} />}
      <div class="downloads">
        <button
          id="tiling-download"
          type="button"
          onClick={() => {
            const blob = new Blob([JSON.stringify(verdict, null, 2)], { type: 'application/json' });
            save(fileName(verdict), blob);
          }}
        >
          Download the verdict (JSON)
        </button>
      </div>
      <details>
        <summary>All of it as text</summary>
        <pre tabIndex={0}>{text}</pre>
      </details>
    </>
  );
}

function fileName({ product: { m, n, k, chip } }: TilingVerdict): string {
  return `systole-tiling-${m}x${n}x${k}-${chip}.json`;
}

function Check({ check: { name, state, text, details, more } }: { check: TilingCheck }) {
  const rest = details.slice(SHOWN);
  const unlisted = more > 0 ? ` and ${more} that are not listed` : '';
  return (
    <li class={state}>
      <b>{STATES[state]}</b>
      <div>
        <strong>{CHECKS[name]}</strong>: {text}.
        {details.length > 0 && (
          <ul>
            {details.slice(0, SHOWN).map((detail) => (
              <li key={detail}>{detail}</li>
            ))}
          </ul>
        )}
        {rest.length > 0 && (
          <details>
            <summary>
              {rest.length} more{unlisted}
            </summary>
            <ul>
              {rest.map((detail) => (
                <li key={detail}>{detail}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}

function FirstWrong({ wrong, verdict }: { wrong: WrongTile; verdict: TilingVerdict }) {
  const { row, column, m, n, first, mismatches, operands, pass, writtenBy, why, executor, regions } = wrong;
  const { grid, instructions } = verdict;
  const window = { m0: m[0], m1: m[1], n0: n[0], n1: n[1] };
  return (
    <figure class="wrong-tile" id="tiling-wrong">
      <figcaption>
        <b>
          The first wrong tile is at row {row}, column {column} of the {grid.of}.
        </b>{' '}
        {why}
      </figcaption>
      <div class="pictures">
        {first && <Inside tile={{ window, mismatches: mismatches ?? 0, firstWrong: first, regions }} />}
        <dl class="facts">
          <Fact name="tile">{areaText(wrong)}</Fact>
          {first && (
            <>
              <Fact name="wrong in it">{counted(mismatches ?? 0, 'element')}</Fact>
              <Fact name="first wrong element">{`m ${first.m}, n ${first.n}`}</Fact>
              <Fact name="expected">
                {first.expected.value} <code>{first.expected.code}</code>
              </Fact>
              <Fact name="received">
                {first.received ? (
                  <>
                    <span class="bad">{first.received.value}</span> <code>{first.received.code}</code>
                  </>
                ) : (
                  <span class="bad">nothing</span>
                )}
              </Fact>
              <Fact name="operands">
                {operands} {executor === 'webgpu' && <small>on the adapter</small>}
              </Fact>
            </>
          )}
          {pass && (
            <Fact name="pass">
              {pass.index}, {pass.box} {pass.instruction !== null && <code>{pass.instruction}</code>}
            </Fact>
          )}
          {instructions !== null && executor === 'reference' && (
            <Fact name="stored by">
              {writtenBy ? <code>{`${writtenBy.opcode} ${writtenBy.id}`}</code> : 'no instruction'}
            </Fact>
          )}
        </dl>
      </div>
    </figure>
  );
}
