/** What a run found, while it goes on and after: the verdict, wrong tiles, table, charts, what was left out, the machine. */
import { useMemo } from 'preact/hooks';
import {
  CaseTable,
  Facts,
  HowToRead,
  isMeasured,
  LeftOut,
  Notes,
  PeakShareChart,
  Roofline,
  sortCases,
  ThroughputChart,
  Verdict,
  WrongTileView,
  type ColumnName,
  type ReportView,
} from '../report/html';
import { sentence } from '../report/html/format';
import { Paced } from './paced';
import { reportOf, type Run, type RunView } from './run-view';
import { Downloads } from './share';
import { CopyLink } from './copy-link';
import { parseLink, writeLink } from './link';
import type { PageState } from './state';
import { ENDINGS } from './words';

interface ResultsProps {
  readonly run: Run;
  readonly sorting: PageState['sorting'];
  readonly onSort: (by: ColumnName) => void;
}

export function Results({ run, sorting, onSort }: ResultsProps) {
  const { view, ending, message, restored } = run;
  const { cases, leftOut } = view;
  const report = reportOf(view);
  const note = ending && ENDINGS[ending](message);
  return (
    <section id="results" aria-labelledby="results-title">
      <h2 id="results-title">
        Results{restored && <small> of {dateOf(view.started)}, kept from your last visit</small>}
      </h2>
      {(ending !== null || cases.length > 0) && <Verdict {...view} />}
      {note && (
        <p id="ending" class="notice">
          {note}
        </p>
      )}
      {(view.disturbances ?? []).map((each) => (
        <p key={each} id="disturbed" class="notice bad">
          {sentence(each)}
        </p>
      ))}
      {report && (ending !== null || cases.length > 0) && <TakeAlong report={report} />}
      {useMemo(() => wrongResults(cases), [cases])}
      {useMemo(
        () =>
          cases.length > 0 && (
            <CaseTable
              cases={sorting ? sortCases(cases, sorting) : cases}
              caption="Checked, then timed; a number whose check failed is withheld."
              sorting={{ ...(sorting ?? UNSORTED), onSort }}
            />
          ),
        [cases, sorting, onSort],
      )}
      {cases.length > 0 && (
        <>
          <Notes cases={cases} />
          {(ending !== null || cases.some(isMeasured)) && (
            <div class="charts" id="charts">
              <Paced value={cases} last={ending !== null} pauseMs={PAUSES.throughput} draw={drawThroughput} />
              <Paced value={cases} last={ending !== null} pauseMs={PAUSES.share} draw={drawShare} />
              <Paced value={view} last={ending !== null} pauseMs={PAUSES.roofline} draw={drawRoofline} />
            </div>
          )}
        </>
      )}
      {leftOut.length > 0 && (
        <>
          <h3>Left out</h3>
          <Paced value={leftOut} last={ending !== null} pauseMs={PAUSES.leftOut} draw={drawLeftOut} />
        </>
      )}
      {report && (
        <>
          <h3>Machine</h3>
          <Facts {...report} />
          <details class="how">
            <summary>How to read this</summary>
            <HowToRead />
          </details>
        </>
      )}
    </section>
  );
}

function TakeAlong({ report }: { report: ReportView }) {
  const link = report.settings.arguments.join('');
  const settings = useMemo(() => parseLink(link).settings, [link]);
  return (
    <>
      <Downloads report={report} />
      <CopyLink
        id="copy-run-link"
        label="Copy link to these settings"
        what="Link with these settings"
        of={settings}
        write={() => writeLink(settings)}
      />
    </>
  );
}

/** Milliseconds between two drawings. */
const PAUSES = { throughput: 700, share: 800, roofline: 900, leftOut: 600 } as const;

const drawThroughput = (cases: RunView['cases']) => <ThroughputChart cases={cases} />;
const drawShare = (cases: RunView['cases']) => <PeakShareChart cases={cases} />;
const drawRoofline = ({ cases, peaks }: RunView) => <Roofline cases={cases} peaks={peaks} />;
const drawLeftOut = (leftOut: RunView['leftOut']) => <LeftOut leftOut={leftOut} />;

/** As it ran. */
const UNSORTED = { by: null, descending: false } as const;

function wrongResults(cases: Run['view']['cases']) {
  const wrong = cases.filter(({ check }) => !check.passed);
  return (
    wrong.length > 0 && (
      <div id="wrong">
        <h3>Wrong results</h3>
        {wrong.map((result) => (
          <WrongTileView key={result.name} result={result} />
        ))}
      </div>
    )
  );
}

function dateOf(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
