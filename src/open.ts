/** `open` of a browser, in a page or a worker; with a device of the caller's, of any host. */
import { openBrowserDevice, type BrowserHostOptions } from './host';
import { openCore, type NeuronCore, type OpenOptions } from './library';

/** @throws UserError where there is no WebGPU, no adapter or no device: it says what to do. */
export function open(options: OpenOptions & BrowserHostOptions = {}): Promise<NeuronCore> {
  return openCore(options, ['powerPreference', 'forceFallbackAdapter'], openBrowserDevice);
}
