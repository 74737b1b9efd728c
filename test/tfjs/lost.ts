/** What a backend must reach: each spec that passes on tfjs's own backend in the same environment passes on it too. */
import type { SuiteResult } from './suite/run';

/** The specs that passed in `wanted` and did not in `got`, each with how it ended there. */
export function lostSpecs(wanted: SuiteResult, got: SuiteResult): string[] {
  const ends = byName(got);
  return [...byName(wanted)]
    .filter(([name, { status }]) => status === 'passed' && ends.get(name)?.status !== 'passed')
    .map(([name]) => {
      const end = ends.get(name);
      return `${name}: ${end === undefined ? 'missing' : end.failure || end.status}`;
    });
}

/** Specs of the same name are told apart by their order, which is that of the imports. */
function byName({ specs }: SuiteResult): Map<string, SuiteResult['specs'][number]> {
  const seen = new Map<string, number>();
  return new Map(
    specs.map((spec) => {
      const nth = (seen.get(spec.name) ?? 0) + 1;
      seen.set(spec.name, nth);
      return [nth === 1 ? spec.name : `${spec.name} (${nth})`, spec];
    }),
  );
}
