/** What a user takes along: the report as a file of three kinds. */
import { useState } from 'preact/hooks';
import { toCsv } from '../report';
import type { ReportView } from '../report/html';

const FILES = {
  json: { label: 'JSON', type: 'application/json', text: (report) => JSON.stringify(report, null, 2) },
  csv: { label: 'CSV', type: 'text/csv', text: toCsv },
  html: {
    label: 'HTML report',
    type: 'text/html',
    // Not from the layer's index: it is loaded when it is wanted.
    text: async (report) => (await import('../report/html/document')).toHtml(report),
  },
} as const satisfies Record<
  string,
  { label: string; type: string; text: (report: ReportView) => string | Promise<string> }
>;

export function Downloads({ report }: { report: ReportView }) {
  const [problem, setProblem] = useState('');
  const download = async (kind: keyof typeof FILES): Promise<void> => {
    try {
      const { type, text } = FILES[kind];
      save(`${fileName(report)}.${kind}`, new Blob([await text(report)], { type }));
      setProblem('');
    } catch (error) {
      setProblem(`The file was not made: ${error instanceof Error ? error.message : String(error)}.`);
    }
  };
  return (
    <div class="downloads" role="group" aria-label="Download the results">
      {(Object.keys(FILES) as (keyof typeof FILES)[]).map((kind) => (
        <button key={kind} type="button" id={`download-${kind}`} onClick={() => void download(kind)}>
          Download {FILES[kind].label}
        </button>
      ))}
      {problem !== '' && <p role="alert">{problem}</p>}
    </div>
  );
}

/** `systole-swiftshader-device-2026-01-31-1203`. */
export function fileName({ adapter, started }: Pick<ReportView, 'adapter' | 'started'>): string {
  const words = `systole ${adapter.name.slice(0, 40)} ${started.slice(0, 16).replace(':', '')}`;
  return words.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}

export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, REVOKE_MS);
}
/** A browser may begin to read the file well after the click. */
const REVOKE_MS = 60_000;
