/** The comparison as a table for each field and shape: rates, errors, and how many times as fast ours was in each round. */
import { shortName } from '../../src/numerics';
import {
  againstFastest,
  titleOf,
  type ContestantResult,
  type FieldReport,
  type PeersReport,
  type Ratio,
  type ShapeResult,
} from '../peers/report';
import { extents, percent, significant } from '../report/html/format';

export function PeersTable({ fields, environment, systole }: PeersReport) {
  return (
    <>
      <p class="muted">
        systole {systole.version} ({systole.revision}), {environment.runtime} on {environment.platform},{' '}
        {environment.cores} cores
      </p>
      {fields.map((each) => (
        <Field key={each.field} {...each} />
      ))}
    </>
  );
}

function Field({ field, adapter, problem, shapes, leftOut }: FieldReport) {
  return (
    <section aria-label={titleOf({ field })}>
      <h2>{titleOf({ field })}</h2>
      {adapter && (
        <p class="muted">
          {adapter.name} ({adapter.kind}; {adapter.reason})
        </p>
      )}
      {problem !== undefined && <p class="notice">Not run: {problem}</p>}
      {shapes.map((each) => (
        <ShapeTable key={extents(each.shape)} {...each} />
      ))}
      {leftOut.length > 0 && (
        <>
          <h3>Left out</h3>
          <ul class="notes">
            {leftOut.map(({ name, version, dtype, shape, reason }) => (
              <li key={`${name} ${dtype} ${reason}`}>
                {name} {version} ({shortName(dtype)}){shape && ` at ${extents(shape)}`}: {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function ShapeTable(result: ShapeResult) {
  const { shape, contestants, ratios } = result;
  const fastest = againstFastest(result);
  const ours = [...new Set(ratios.map((ratio) => ratio.ours))];
  return (
    <>
      <h3>{extents(shape)}</h3>
      {fastest[0] && (
        <p>
          Against the fastest peer, {fastest[0].peer}: ours in{' '}
          {fastest.map((ratio) => `${shortName(ratio.ours)} ${ratio.median.toFixed(2)} times`).join(', in ')}{' '}
          as fast.
        </p>
      )}
      <div class="scroll" role="region" aria-label={extents(shape)} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">library</th>
              <th scope="col">dtype</th>
              <th scope="col" class="number">
                GFLOP/s
              </th>
              {ours.map((dtype) => (
                <th scope="col" key={dtype}>
                  ours in {shortName(dtype)}, times as fast
                </th>
              ))}
              <th scope="col" class="number">
                ms
              </th>
              <th scope="col" class="number">
                rounds
              </th>
              <th scope="col" class="number">
                largest error
              </th>
              <th scope="col" class="number">
                of its bound
              </th>
            </tr>
          </thead>
          <tbody>
            {contestants.map((each) => (
              <Row
                key={`${each.name} ${each.dtype}`}
                {...each}
                ratios={ours.map((dtype) =>
                  ratios.find((ratio) => !each.ours && ratio.ours === dtype && ratio.peer === each.name),
                )}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row({
  name,
  version,
  variant,
  dtype,
  gflops,
  ms,
  check,
  ratios,
}: ContestantResult & { ratios: readonly (Ratio | undefined)[] }) {
  const { passed, maxError, worstShareOfBound } = check;
  return (
    <tr class={passed ? undefined : 'failed'}>
      <th scope="row">
        {name} <small>{[version, variant].filter(Boolean).join(', ')}</small>
      </th>
      <td>{shortName(dtype)}</td>
      <td class="number">{gflops === null ? '-' : significant(gflops)}</td>
      {ratios.map((ratio, index) => (
        <td key={index}>{ratio && <RatioText {...ratio} />}</td>
      ))}
      <td class="number">{ms === null ? '-' : significant(ms.median)}</td>
      <td class="number">{ms?.count ?? 0}</td>
      <td class="number">{maxError === null ? 'not finite' : maxError.toExponential(1)}</td>
      <td class="number">
        {worstShareOfBound !== null && percent(worstShareOfBound)}
        {!passed && ' WRONG'}
      </td>
    </tr>
  );
}

/** Median, and the middle half of the rounds. */
function RatioText({ median, spread, count }: Ratio) {
  return (
    <>
      <b>{median.toFixed(2)}</b>{' '}
      {count > 1 && (
        <span class="muted">
          ({spread.lowerQuartile.toFixed(2)} to {spread.upperQuartile.toFixed(2)})
        </span>
      )}
    </>
  );
}
