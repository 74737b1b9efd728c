/** What of jasmine-core 3 the suite uses; its whole declarations would make `describe` and `expect` globals of every file. */
declare module 'jasmine-core/lib/jasmine-core/jasmine.js' {
  interface FailedExpectation {
    readonly message: string;
  }

  export interface JasmineSpec {
    readonly fullName: string;
    readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
    readonly failedExpectations: readonly FailedExpectation[];
  }

  export interface JasmineReporter {
    specDone(spec: JasmineSpec): void;
    suiteDone(suite: {
      readonly fullName: string;
      readonly failedExpectations: readonly FailedExpectation[];
    }): void;
    jasmineDone(whole: { readonly failedExpectations: readonly FailedExpectation[] }): void;
  }

  export interface JasmineEnvironment {
    configure(settings: { random: boolean; specFilter: (spec: { getFullName(): string }) => boolean }): void;
    addReporter(reporter: JasmineReporter): void;
    execute(runnables: null, done: () => void): void;
  }

  interface JasmineCore {
    /** Milliseconds. */
    DEFAULT_TIMEOUT_INTERVAL: number;
    getEnv(): JasmineEnvironment;
  }

  interface JasmineRequire {
    core(required: JasmineRequire): JasmineCore;
    interface(core: JasmineCore, environment: JasmineEnvironment): object;
  }

  const required: JasmineRequire;
  export default required;
}
