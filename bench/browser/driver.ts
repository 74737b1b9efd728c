/**
 * The page as a program drives it: served with one more script, which presses the page's button, posts what the page tells
 * back to the server, and presses stop. It needs nothing of the browser but that it opens an address.
 */
import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { listen, pageListener, type ServedPage } from './server';

export interface Driven {
  /** A message that the page dispatched as a `systole` event. */
  readonly onMessage: (message: unknown) => void;
  /** What went wrong in the page itself: an error that nobody caught, a refusal by its content security policy. */
  readonly onFault: (message: string) => void;
  /** Aborted: the page's stop button is pressed. */
  readonly stop: AbortSignal;
}

/** @param name of the page in the folder, as `index.html`. */
export function serveDriven(folder: string, name: string, driven: Driven): Promise<ServedPage> {
  const html = readFileSync(join(folder, name), 'utf8').replace(
    '</head>',
    '<script src="driver/script.js"></script></head>',
  );
  const routes: Readonly<Record<string, RequestListener | undefined>> = {
    [`/${name}`]: (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
    },
    '/driver/script.js': (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(`(${drive.toString()})();`);
    },
    '/driver/message': receiver(driven.onMessage),
    '/driver/fault': receiver((message) => {
      driven.onFault(String(message));
    }),
    // Answered when the page is to stop.
    '/driver/stop': (_, response) => {
      const answer = (): void => {
        response.writeHead(204).end();
      };
      if (driven.stop.aborted) answer();
      else driven.stop.addEventListener('abort', answer, { once: true });
    },
  };
  const page = pageListener(folder);
  return listen((request, response) => {
    const route = routes[request.url?.replace(/[?#].*/, '') ?? ''];
    (route ?? page)(request, response);
  });
}

function receiver(take: (message: unknown) => void) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
    });
    request.on('end', () => {
      response.writeHead(204).end();
      take(JSON.parse(Buffer.concat(chunks).toString()));
    });
  };
}

/** Runs in the page, as text: it may use nothing of this file. Posts go one after the other, so that they arrive in order. */
function drive(): void {
  let posted: Promise<unknown> = Promise.resolve();
  const post = (kind: string, content: unknown): void => {
    posted = posted
      .then(() => fetch(`driver/${kind}`, { method: 'POST', body: JSON.stringify(content) }))
      .catch(() => undefined);
  };
  const press = (id: string): void => {
    const button = document.getElementById(id);
    if (button === null) post('fault', `the page has no button #${id}`);
    else button.click();
  };
  addEventListener('systole', (event) => {
    post('message', (event as CustomEvent).detail);
  });
  addEventListener('error', ({ message }) => {
    post('fault', message);
  });
  addEventListener('unhandledrejection', ({ reason }) => {
    post('fault', String(reason));
  });
  addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective }) => {
    post('fault', `the content security policy refused ${blockedURI} (${effectiveDirective})`);
  });
  addEventListener('load', () => {
    press('run');
    fetch('driver/stop').then(
      () => {
        press('stop');
      },
      () => undefined,
    );
  });
}
