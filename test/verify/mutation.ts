/** What a seeded fault of the verifier's tests is. */
import type { Program } from '../../src/program';
import type { Pick } from './edit';

export interface Mutation {
  readonly what: string;
  /** The verifier finds it without a run, wherever it is seeded. */
  readonly verifier: boolean;
  readonly mutate: (program: Program, pick: Pick) => Program | undefined;
}
