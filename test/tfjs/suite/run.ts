/** Runs the specs that were imported, and tells how each of them ended. */
import type { JasmineReporter } from 'jasmine-core/lib/jasmine-core/jasmine.js';
import { environment } from './jasmine';
import { withoutBackend } from './test-backend';

export interface SpecResult {
  /** Without the backend's. Several specs may have the same one. */
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
  /** Empty unless it failed. */
  readonly failure: string;
}

export interface SuiteResult {
  readonly specs: readonly SpecResult[];
  /** What failed outside of every spec: before or after a suite, or an error that nobody caught. */
  readonly problems: readonly string[];
}

/** @param part Specs without it in their names are excluded. */
export function run(part = ''): Promise<SuiteResult> {
  const specs: SpecResult[] = [];
  const problems: string[] = [];
  const told = (failed: readonly { readonly message: string }[]): string =>
    failed.map(({ message }) => message).join('\n');
  return new Promise((resolve) => {
    const reporter: JasmineReporter = {
      specDone({ fullName, status, failedExpectations }) {
        specs.push({ name: withoutBackend(fullName), status, failure: told(failedExpectations) });
      },
      suiteDone({ fullName, failedExpectations }) {
        if (failedExpectations.length > 0) problems.push(`${fullName}: ${told(failedExpectations)}`);
      },
      jasmineDone({ failedExpectations }) {
        if (failedExpectations.length > 0) problems.push(told(failedExpectations));
      },
    };
    // tfjs-core's specs ask for whole stacks, which takes longer than they do themselves once many fail.
    Error.stackTraceLimit = 10;
    environment.configure({
      random: false,
      specFilter: (spec) => withoutBackend(spec.getFullName()).includes(part),
    });
    environment.addReporter(reporter);
    environment.execute(null, () => {
      resolve({ specs, problems });
    });
  });
}
