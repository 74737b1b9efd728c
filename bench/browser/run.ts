/** A benchmark run by the page in a headless browser, from settings to report: what `systole bench --browser` does. */
import { UserError } from '../../src/numerics';
import type { OnEvent } from '../events';
import { nodeEnvironment } from '../node/environment';
import { writeLink } from '../page/link';
import type { FromWorker } from '../page/protocol';
import type { Report } from '../report';
import type { CaseResult } from '../result';
import type { BenchSettings } from '../settings';
import { Stopped } from '../stop';
import { launchChromium, type ChromiumAdapter } from './chromium';
import { serveDriven } from './driver';
import { openFirefox } from './firefox';
import { pageFolder } from './server';

export const BROWSERS = ['chromium', 'firefox'] as const;
export type BrowserName = (typeof BROWSERS)[number];

export interface BrowserBenchRequest {
  readonly settings: BenchSettings;
  readonly browser: BrowserName;
  /** `swiftshader`, or `default` for whatever the browser offers. */
  readonly adapter?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnEvent | undefined;
  /** The built page; the one of this package when left out. */
  readonly folder?: string;
}

/** A page that is open in a browser. */
interface Opened {
  /** Resolves with the reason when the page is gone before it was closed. */
  readonly gone: Promise<string>;
  readonly close: () => Promise<void>;
  /** Why this adapter, where a page cannot know. */
  readonly reason?: string | undefined;
}

type Open = (url: string, adapter: string | undefined) => Promise<Opened>;

/** @throws UserError when no browser is there, or for an adapter that there is not. */
export async function openChromium(url: string, adapter: string | undefined): Promise<Opened> {
  const { browser, close, software } = await launchChromium({ adapter: chromiumAdapter(adapter) });
  const page = await browser.newPage();
  const gone = new Promise<string>((resolve) => {
    page.once('crash', () => {
      resolve('the page crashed');
    });
    browser.once('disconnected', () => {
      resolve('the browser ended');
    });
  });
  await page.goto(url);
  return { gone, close, reason: software };
}

const OPEN = {
  chromium: openChromium,
  firefox: async (url, adapter) => {
    if (adapter !== undefined)
      throw new UserError('Firefox chooses the adapter itself: leave --adapter out.');
    const { ended, close } = await openFirefox(url);
    return {
      gone: ended.then((said) => `Firefox ended${said && `: ${said.trim()}`}`),
      close,
      reason: undefined,
    };
  },
} satisfies Record<BrowserName, Open>;

/**
 * @throws UserError for what the user can mend: no browser, no adapter, a setting that the page refuses; `Stopped` when the
 * run ended before its first case; PageError, with what was measured until then, when the page breaks.
 */
export async function benchmarkInBrowser(request: BrowserBenchRequest): Promise<Report> {
  const { settings, browser, adapter, onEvent, signal = new AbortController().signal } = request;
  const obtained: CaseResult[] = [];
  const ending = new Ending(() => summary(obtained));
  const page = await serveDriven(request.folder ?? pageFolder(), 'index.html', {
    stop: signal,
    onFault: (message) => {
      ending.breakOff(`the page had an error: ${message}`);
    },
    onMessage: (content) => {
      const message = content as FromWorker;
      if (message.type !== 'event') {
        ending.reach(message);
        return;
      }
      if (!signal.aborted) ending.wait(null);
      if (message.event.type === 'result') obtained.push(message.event.result);
      onEvent?.(message.event);
    },
  });
  const stopping = (): void => {
    ending.wait('stop');
  };
  signal.addEventListener('abort', stopping, { once: true });
  try {
    const opened = await OPEN[browser](`${page.url}index.html#${writeLink(settings)}`, adapter);
    void opened.gone.then((why) => {
      ending.breakOff(why);
    });
    ending.wait(signal.aborted ? 'stop' : 'start');
    try {
      const reason = settings.device === 'webgpu' ? opened.reason : undefined;
      return reportOf(await ending.reached, obtained, reason);
    } finally {
      await opened.close();
    }
  } finally {
    signal.removeEventListener('abort', stopping);
    ending.wait(null);
    await page.close();
  }
}

/** The page broke, or said that its run did. */
export class PageError extends Error {
  override readonly name = 'PageError';
}

type FinalMessage = Exclude<FromWorker, { type: 'event' }>;

function reportOf(
  message: FinalMessage,
  obtained: readonly CaseResult[],
  reason: string | undefined,
): Report {
  switch (message.type) {
    case 'report': {
      // A page is not told the processor, it ran on this one; nor the flags of its browser.
      const { report } = message;
      return {
        ...report,
        environment: { ...report.environment, cpu: nodeEnvironment().cpu },
        adapter: { ...report.adapter, ...(reason !== undefined && { reason }) },
      };
    }
    case 'stopped':
      // Without a report, what was measured is in the message.
      throw obtained.length === 0
        ? new Stopped(message.outcome, message.message)
        : new PageError(`${message.message}${summary(obtained)}`);
    case 'refused':
      throw new UserError(message.message);
    case 'failed':
      throw new PageError(`${message.message}${summary(obtained)}`);
  }
}

/** What was measured before the page broke. */
function summary(cases: readonly CaseResult[]): string {
  if (cases.length === 0) return '; nothing had been measured yet';
  const lines = cases.map(
    ({ name, gflops }) => `${name}: ${gflops === null ? 'check FAILED' : `${gflops.toPrecision(3)} GFLOP/s`}`,
  );
  return `; until then it measured\n${lines.join('\n')}`;
}

/** What a page has a limited time for: its first message, and its report once it was told to stop. */
const PATIENCE = {
  start: { ms: 60_000, what: 'the page told nothing' },
  stop: { ms: 30_000, what: 'the page did not stop' },
} as const;

/** How a run ends: with a message of the page, or because the page breaks or is waited for in vain. */
class Ending {
  readonly reached: Promise<FinalMessage>;
  readonly #obtained: () => string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resolve: (message: FinalMessage) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  /** @param obtained ends the message of an error. */
  constructor(obtained: () => string) {
    this.#obtained = obtained;
    this.reached = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.reached.catch(() => undefined); // the browser may not have opened when the page breaks
  }

  reach(message: FinalMessage): void {
    this.#resolve(message);
  }

  breakOff(why: string): void {
    this.#reject(new PageError(`${why}${this.#obtained()}`));
  }

  /** Waits for one thing at a time; null for any time. */
  wait(thing: keyof typeof PATIENCE | null): void {
    clearTimeout(this.#timer);
    if (thing === null) return;
    const { ms, what } = PATIENCE[thing];
    this.#timer = setTimeout(() => {
      this.breakOff(`${what} within ${ms / 1000} s`);
    }, ms);
  }
}

function chromiumAdapter(name: string | undefined): ChromiumAdapter | undefined {
  if (name === undefined || name === 'swiftshader' || name === 'default') return name;
  throw new UserError(
    `In Chromium --adapter is swiftshader, or default for whatever the browser offers; received "${name}".`,
  );
}
