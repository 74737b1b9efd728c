/** The devices that the suite runs on: in Node every adapter of this machine, in a browser the one that it offers. */
import { vi } from 'vitest';
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

/**
 * Has a device compile other texts than it is given, until the function that it returns is called: `change` gives the text of a
 * kernel, or throws where it is to be refused.
 */
export function changeKernels(
  device: GPUDevice,
  change: (code: string, label: string) => string,
): () => void {
  const compile = device.createShaderModule.bind(device);
  const spy = vi
    .spyOn(device, 'createShaderModule')
    .mockImplementation(({ code, label = '', ...rest }) =>
      compile({ ...rest, label, code: change(code, label) }),
    );
  return () => {
    spy.mockRestore();
  };
}

/** A text in which something stands that has to be there, with something else in its place. */
export function replaced(code: string, wanted: string, other: string): string {
  if (!code.includes(wanted)) throw new Error(`The kernel has no "${wanted}".`);
  return code.replaceAll(wanted, other);
}
