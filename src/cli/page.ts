/** `systole page`: serves the built page on this machine, until Ctrl-C. */
import type { Command } from 'commander';
import { pageFolder, PortError, servePage, type ServedPage } from '../../bench/browser/server';
import { UserError } from '../numerics';

const DEFAULT_PORT = 8080;
/** How many ports after the default one are tried. */
const TRIES = 20;

/** Addresses that stand for all of this machine, of which browsers trust only localhost. */
const EVERYWHERE = ['0.0.0.0', '::'];

interface PageOptions {
  readonly port?: number;
  readonly host: string;
}

export function addPage(program: Command): void {
  program
    .command('page')
    .description('serve the benchmark’s page on this machine; open the address that it prints in Chrome')
    .option(
      '--port <number>',
      `port to listen on (default: ${DEFAULT_PORT}, or the next one that is free)`,
      portNumber,
    )
    .option('--host <address>', 'address to listen on; WebGPU works on others over https only', '127.0.0.1')
    .action(runPage);
}

async function runPage({ port, host }: PageOptions): Promise<void> {
  const page = await (port === undefined ? onFreePort(host) : servePage(pageFolder(), { port, host }));
  const { port: listening } = new URL(page.url);
  const url = EVERYWHERE.includes(host) ? `http://localhost:${listening}/` : page.url;
  console.log(`systole's page: ${url}   (Ctrl-C ends it)`);
  if (EVERYWHERE.includes(host)) console.log('Other machines reach it too, but WebGPU only over https.');
  const end = (): void => {
    void page.close();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

async function onFreePort(host: string): Promise<ServedPage> {
  for (let port = DEFAULT_PORT; ; port++) {
    try {
      return await servePage(pageFolder(), { port, host });
    } catch (error) {
      if (!(error instanceof PortError && error.taken) || port === DEFAULT_PORT + TRIES) throw error;
      console.error(`port ${port} is taken by another program`);
    }
  }
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new UserError(`--port is a number from 0 (any free one) to 65535, got "${text}".`);
}
