/** What a user takes along: the report as a file of three kinds, and a link that asks for the same settings. */
import { useState } from 'preact/hooks';
import { toCsv } from '../report';
import type { ReportView } from '../report/html';
import type { BenchSettings } from '../settings';
import { writeLink } from './link';

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

/** The address bar shows the settings from then on. */
export function showLink(settings: BenchSettings): void {
  history.replaceState(null, '', urlOf(settings));
}

function urlOf(settings: BenchSettings): string {
  const url = new URL(location.href);
  url.hash = writeLink(settings);
  return url.href;
}

const NONE = { url: '', copied: false, settings: null };

interface CopyLinkProps {
  readonly id: string;
  readonly label: string;
  readonly settings: BenchSettings | null;
}

export function CopyLink({ id, label, settings }: CopyLinkProps) {
  const [link, setLink] = useState<{ url: string; copied: boolean; settings: BenchSettings | null }>(NONE);
  const copy = async (): Promise<void> => {
    if (settings === null) return;
    const url = urlOf(settings);
    const copied = await copyText(url);
    setLink({ url, copied, settings });
  };
  const shown = link.settings === settings ? link : NONE; // an edit makes it another link
  return (
    <div class="copy-link">
      <button type="button" id={id} aria-disabled={settings === null} onClick={() => void copy()}>
        {label}
      </button>
      <span role="status">{shown.url === '' ? '' : shown.copied ? 'Copied:' : 'Copy it from here:'}</span>
      {shown.url !== '' && (
        <input
          id={`${id}-text`}
          type="text"
          readOnly
          aria-label="Link with these settings"
          value={shown.url}
        />
      )}
    </div>
  );
}

/** The clipboard may be missing or refused. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
