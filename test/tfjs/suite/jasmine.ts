/** Jasmine's functions as globals, which tfjs-core's specs call as they are imported: this module comes before them. */
import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';

const core = jasmineRequire.core(jasmineRequire);
/** Of a spec, in ms. */
const PATIENCE = 600_000;
core.DEFAULT_TIMEOUT_INTERVAL = PATIENCE;
export const environment = core.getEnv();
// Some specs set a shorter one for themselves: a machine that does something else too makes none of them wrong.
const patient: unknown = Object.create(core, {
  DEFAULT_TIMEOUT_INTERVAL: { get: () => PATIENCE, set: () => undefined },
});
Object.assign(globalThis, jasmineRequire.interface(core, environment), { jasmine: patient });
