/**
 * What a visit leaves for the next: the theme, the settings, the last report. Storage may be refused, full or filled by
 * someone else: nothing depends on it, and what is read is checked like a link, or dropped.
 */
import { SYSTOLE } from '../environment';
import type { ReportView } from '../report/html';

/** `localStorage`, or undefined where even asking for it throws. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem'>;

const KEYS = { theme: 'systole.theme', settings: 'systole.settings', report: 'systole.report' } as const;

/** Characters of a report that are kept at most; beyond it, it is left to the downloads. */
const LARGEST = 400_000;

interface Kept {
  /** Reports of other versions are dropped. */
  readonly of: string;
  readonly view: ReportView;
}

const VERSION = `${SYSTOLE.version} ${SYSTOLE.revision}`;

export class Keeper {
  readonly #shelf: () => Shelf;
  readonly #onRefused: () => void;

  /** @param shelf may throw, as `window.localStorage` does; `onRefused` is called whenever it does, or is full. */
  constructor(shelf: () => Shelf, onRefused: () => void) {
    this.#shelf = shelf;
    this.#onRefused = onRefused;
  }

  read(key: keyof typeof KEYS): string {
    try {
      return this.#shelf().getItem(KEYS[key]) ?? '';
    } catch {
      this.#onRefused();
      return '';
    }
  }

  write(key: keyof typeof KEYS, text: string): void {
    try {
      this.#shelf().setItem(KEYS[key], text);
    } catch {
      this.#onRefused(); // or full: the page does without
    }
  }

  keepReport(view: ReportView): void {
    const text = JSON.stringify({ of: VERSION, view } satisfies Kept);
    if (text.length <= LARGEST) this.write('report', text);
  }

  /** Null where there is none, or none of this version. Its content is not checked: it is shown where it can be. */
  report(): ReportView | null {
    try {
      const kept = JSON.parse(this.read('report')) as Partial<Kept> | null;
      return kept?.of === VERSION && kept.view !== undefined ? kept.view : null;
    } catch {
      return null;
    }
  }
}
