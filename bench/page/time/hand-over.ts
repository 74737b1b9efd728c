/** A Program on its way from the kernel editor to the section that times it, which may not have been loaded yet. */
import type { GivenProgram } from './settings';

type Taker = (program: GivenProgram) => void;

let waiting: GivenProgram | null = null;
let taker: Taker | null = null;
let opener: (() => void) | null = null;

/** Of the section: how it is opened. */
export function onHandOver(open: () => void): () => void {
  opener = open;
  return () => {
    if (opener === open) opener = null;
  };
}

/** Of the form: takes each Program, one that already waits at once. */
export function takePrograms(take: Taker): () => void {
  taker = take;
  if (waiting !== null) {
    const program = waiting;
    waiting = null;
    take(program);
  }
  return () => {
    if (taker === take) taker = null;
  };
}

export function handOver(program: GivenProgram): void {
  opener?.();
  if (taker === null) waiting = program;
  else taker(program);
}
