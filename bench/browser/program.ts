/** A Program run by a page in a headless Chromium (bench/page/driven): what `systole run --browser` does. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { UserError, type CodeArray } from '../../src/numerics';
import { hbmTensors, toJSON, type Program } from '../../src/program';
import {
  bytesOfCodes,
  codesOfBytes,
  DRIVER,
  type DrivenRequest,
  type FromDriven,
  type TimedRan,
} from '../page/driven/protocol';
import type { ExecutorName } from '../page/kernel/settings';
import { openChromium, PageError } from './run';
import { listen, pageFolder, pageListener } from './server';

export interface BrowserRunRequest {
  readonly program: Program;
  /** Codes of the HBM inputs, by name, dense and row-major. */
  readonly inputs: Readonly<Record<string, CodeArray>>;
  readonly executor: ExecutorName;
  /** Most steps. */
  readonly budget: number;
  /** `swiftshader`, or `default` for whatever the browser offers; a real GPU where there is one when left out. */
  readonly adapter?: string | undefined;
  /** Aborted: the browser is closed. */
  readonly signal: AbortSignal;
  readonly onSteps: (steps: number) => void;
  /** The built page; the one of this package when left out. */
  readonly folder?: string;
}

/**
 * Undefined when it was stopped.
 *
 * @throws UserError for what the user can mend: no browser, no adapter, an input that does not fit; PageError when the page breaks.
 */
export async function runProgramInBrowser(request: BrowserRunRequest): Promise<TimedRan | undefined> {
  const { signal, adapter, folder = pageFolder() } = request;
  const outputs: Record<string, CodeArray> = {};
  const ending = endingOf(request, outputs);
  const page = pageListener(folder);
  const server = await listen((incoming, response) => {
    const path = incoming.url?.replace(/[?#].*/, '').slice(1) ?? '';
    (ending.routes.get(path) ?? page)(incoming, response);
  });
  try {
    signal.throwIfAborted();
    const opened = await openChromium(`${server.url}program.html`, adapter);
    void opened.gone.then(ending.breakOff);
    ending.wait();
    const stop = (): void => {
      ending.resolve(undefined);
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop(); // while the browser opened
    try {
      const ran = await ending.reached;
      return ran && { ...ran, outputs: ran.failure === undefined ? outputs : undefined };
    } finally {
      signal.removeEventListener('abort', stop);
      ending.waitNoMore();
      await opened.close();
    }
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    await server.close();
  }
}

interface Ending {
  readonly routes: ReadonlyMap<string, RequestListener>;
  readonly reached: Promise<Omit<TimedRan, 'outputs'> | undefined>;
  readonly resolve: (ran: Omit<TimedRan, 'outputs'> | undefined) => void;
  readonly breakOff: (why: string) => void;
  /** For the page to ask for the Program. */
  readonly wait: () => void;
  readonly waitNoMore: () => void;
}

/** Milliseconds that a page may take to ask for the Program. */
const PATIENCE_MS = 60_000;

/** What the page is given and gives, and how it ends. */
function endingOf(request: BrowserRunRequest, outputs: Record<string, CodeArray>): Ending {
  const { program, inputs, executor, budget, onSteps } = request;
  let resolve: Ending['resolve'] = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const reached = new Promise<Omit<TimedRan, 'outputs'> | undefined>((fulfil, refuse) => {
    [resolve, reject] = [fulfil, refuse];
  });
  reached.catch(() => undefined); // the browser may not have opened when the page breaks
  const take = (message: FromDriven): void => {
    if (message.type === 'progress') onSteps(message.steps);
    else if (message.type === 'ended') resolve(message.ran);
    else reject(message.type === 'refused' ? new UserError(message.message) : new PageError(message.message));
  };
  const breakOff = (why: string): void => {
    reject(new PageError(why));
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waiting = true;
  const wait = (): void => {
    if (!waiting) return; // it asked while it opened
    timer = setTimeout(() => {
      breakOff(`the page told nothing within ${PATIENCE_MS / 1000} s`);
    }, PATIENCE_MS);
  };
  const waitNoMore = (): void => {
    waiting = false;
    clearTimeout(timer);
  };
  const asked: DrivenRequest = { program: toJSON(program), executor, budget };
  const send = sender('application/json', JSON.stringify(asked));
  const routes = new Map<string, RequestListener>([
    [
      DRIVER.request,
      (incoming, response) => {
        waitNoMore();
        send(incoming, response);
      },
    ],
    [
      DRIVER.message,
      receiver((body) => {
        take(JSON.parse(body.toString()) as FromDriven);
      }),
    ],
  ]);
  for (const [name, codes] of Object.entries(inputs)) {
    routes.set(DRIVER.input(name), sender('application/octet-stream', bytesOfCodes(codes)));
  }
  for (const { name, dtype } of hbmTensors(program, 'output')) {
    routes.set(
      DRIVER.output(name),
      receiver((body) => {
        outputs[name] = codesOfBytes(dtype, body);
      }),
    );
  }
  return { routes, reached, resolve, breakOff, wait, waitNoMore };
}

const sender =
  (type: string, body: string | Uint8Array) =>
  (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'Content-Type': type }).end(body);
  };

const receiver =
  (take: (body: Buffer) => void) =>
  (incoming: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
    });
    incoming.on('end', () => {
      response.writeHead(204).end();
      take(Buffer.concat(chunks));
    });
  };
