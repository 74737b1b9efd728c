/** The devices that the suite runs on: in Node every adapter of this machine, in a browser the one that it offers. */
import { openBrowserDevice, type Host } from '../../../src/host';
import { IN_BROWSER } from '../runs';

// Not a static import: a browser has no modules of Node.
const { listAdapters, openDevice } = IN_BROWSER
  ? { listAdapters: browserAdapters, openDevice: () => openBrowserDevice() }
  : await import('../../../src/host/node');

async function browserAdapters() {
  const host = await openBrowserDevice();
  host.close();
  return [host.facts];
}

export const ADAPTERS: readonly string[] = (await listAdapters()).map(({ name }) => name);

export const open = (name: string): Promise<Host> => openDevice({ adapter: name });
