/** Jasmine's functions as globals, which tfjs-core's specs call as they are imported: this module comes before them. */
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';

const core = jasmineRequire.core(jasmineRequire);
/** Of a spec, in ms. Some set a shorter one for themselves; a machine that does something else too makes no spec a wrong one. */
const PATIENCE = 600_000;
Object.defineProperty(core, 'DEFAULT_TIMEOUT_INTERVAL', { get: () => PATIENCE, set: () => undefined });
export const environment = core.getEnv();
Object.assign(globalThis, jasmineRequire.interface(core, environment));
