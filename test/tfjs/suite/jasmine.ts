/** Jasmine's functions as globals, which tfjs-core's specs call as they are imported: this module comes before them. */
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';

const core = jasmineRequire.core(jasmineRequire);
core.DEFAULT_TIMEOUT_INTERVAL = 60_000; // of a spec, on a machine that does something else too
export const environment = core.getEnv();
Object.assign(globalThis, jasmineRequire.interface(core, environment));
