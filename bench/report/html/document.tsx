/**
 * The report as one file to keep: it loads nothing and runs nothing, says all in HTML and SVG, and holds its own data as
 * JSON in the element `systole-report`.
 */
import { renderToStaticMarkup } from 'preact-render-to-string';
import { CaseTable } from './case-table';
import { Facts } from './facts';
import { HowToRead } from './how-to-read';
import { LeftOut } from './left-out';
import { Notes } from './notes';
import { PeakShareChart } from './peak-share';
import css from './report.css';
import { Roofline } from './roofline';
import { ThroughputChart } from './throughput';
import { summary, Verdict } from './verdict';
import { withheld, type ReportView } from './view';
import { WrongTileView } from './wrong-tile';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A whole HTML document, of a run that is not finished too. Numbers of cases whose check failed are not in it, nor in its JSON. */
export function toHtml(report: ReportView): string {
  const shown = { ...report, cases: report.cases.map(withheld) };
  return `<!doctype html>\n${renderToStaticMarkup(<Page report={shown} />)}\n`;
}

function Page({ report }: { report: ReportView }) {
  const { cases, leftOut, peaks, adapter } = report;
  const wrong = cases.filter(({ check }) => !check.passed);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content={POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`systole: matmul on ${adapter.name}`}</title>
        <style dangerouslySetInnerHTML={{ __html: css }} />
      </head>
      <body>
        <main class="report">
          <header>
            <p class="brand">systole {report.systole.version}</p>
            <h1>Matmul, checked and timed on {adapter.name}</h1>
            <Verdict {...report} />
          </header>
          {wrong.length > 0 && (
            <section>
              <h2>Wrong results</h2>
              {wrong.map((result) => (
                <WrongTileView key={result.name} result={result} />
              ))}
            </section>
          )}
          <section>
            <h2>Machine</h2>
            <Facts {...report} />
          </section>
          {cases.length > 0 && (
            <section>
              <h2>Charts</h2>
              <div class="charts">
                <ThroughputChart cases={cases} />
                <PeakShareChart cases={cases} />
                <Roofline cases={cases} peaks={peaks} />
              </div>
            </section>
          )}
          <section>
            <h2>Cases</h2>
            <CaseTable cases={cases} caption={summary(cases.length, wrong.length)} />
            <Notes {...report} />
          </section>
          {leftOut.length > 0 && (
            <section>
              <h2>Left out</h2>
              <LeftOut leftOut={leftOut} />
            </section>
          )}
          <section>
            <h2>How to read this</h2>
            <HowToRead />
          </section>
        </main>
        <script
          type="application/json"
          id="systole-report"
          dangerouslySetInnerHTML={{ __html: inert(JSON.stringify(report)) }}
        />
      </body>
    </html>
  );
}

/** JSON that no parser of HTML sees an end tag or a comment in. */
function inert(json: string): string {
  return json.replaceAll('<', '\\u003c');
}
