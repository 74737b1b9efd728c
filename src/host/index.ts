/** Where a WebGPU device comes from, for any host: Node's own part is `./node`, which a browser bundle must not import. */
export { openBrowserDevice, type BrowserHostOptions } from './browser';
export { adapterFacts, type AdapterFacts } from './facts';
export { requestDevice } from './device';
export { idle } from './idle';
export { browserTunings } from './tunings-browser';
export type { Host } from './types';
