/**
 * The built page over HTTP on this machine. Cross-origin isolated, as SharedArrayBuffer and precise clocks ask for; nothing is
 * cached, so that a reload shows the latest build.
 */
import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { UserError } from '../../src/numerics';

export interface ServeOptions {
  /** 0, which is meant when left out: any free one. */
  readonly port?: number;
  /** This machine alone when left out. */
  readonly host?: string;
}

export interface ServedPage {
  /** With a slash at its end. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

const HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** The built page: beside the bundle of the command line, or below the sources (scripts/build.js). */
export function pageFolder(): string {
  const [bundled, built] = ['page', '../../dist/page'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  ) as [string, string];
  return existsSync(bundled) ? bundled : built;
}

/** @throws UserError when the folder has no page, or the address cannot be listened on. */
export async function servePage(folder: string, options: ServeOptions = {}): Promise<ServedPage> {
  return listen(pageListener(folder), options);
}

/** @throws UserError when the folder has no page. */
export function pageListener(folder: string): RequestListener {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new UserError(`There is no page in ${folder}: build it with "npm run build" first.`);
  }
  const serve = sirv(folder, { dev: true });
  return (request, response) => {
    serve(request, response, () => {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
    });
  };
}

export function listen(
  handler: RequestListener,
  { port = 0, host = '127.0.0.1' }: ServeOptions = {},
): Promise<ServedPage> {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    handler(request, response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new PortError(error.code === 'EADDRINUSE', refusal(error, host, port)));
    });
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === 'string')
        throw new Error('Invariant violation: a TCP server listens on no port');
      resolve({
        url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`,
        close: () =>
          new Promise((closed) => {
            server.close(() => {
              closed();
            });
            server.closeAllConnections(); // browsers keep theirs open
          }),
      });
    });
  });
}

/** `taken`: another program listens on the port. */
export class PortError extends UserError {
  readonly taken: boolean;

  constructor(taken: boolean, message: string) {
    super(message);
    this.taken = taken;
  }
}

function refusal({ code = '', message }: NodeJS.ErrnoException, host: string, port: number): string {
  const foreign = `This machine has no address "${host}": give one of its own with --host, as 127.0.0.1 or 0.0.0.0.`;
  const known: Readonly<Record<string, string | undefined>> = {
    EADDRINUSE: `Port ${port} of ${host} is taken by another program: give another one with --port.`,
    EACCES: `Port ${port} needs rights that this user does not have: give one of 1024 or more with --port.`,
    EADDRNOTAVAIL: foreign,
    ENOTFOUND: foreign,
  };
  return known[code] ?? `Cannot listen on port ${port} of ${host}: ${message}`;
}
