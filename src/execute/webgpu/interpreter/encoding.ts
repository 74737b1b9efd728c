/** Batches and chains as the adapter gets them: words of descriptors, and dispatches that each take well under 100 ms. */
import { isChain, type Chain, type Step } from './chain';
import { HEADER_WORDS, type Kernel } from './kernel';
import { STATS_BYTES } from './layout';
import { costOf, type Batch } from './schedule';
import { REPORT_WORDS, type Work } from './work';

/** Most elements, or multiply-adds / 8, of one dispatch: some 50 ms of the dearest function on two cores. */
export const DISPATCH_COST = 2 ** 18;
/** Elements of each lane from which on it is cut, and of a chunk. */
const CHUNK = 256;
const MOST_WORKGROUPS = 65535;

export interface Dispatch {
  readonly kernel: Kernel;
  /** Words of the uniform block: first, run, chunk, first chunk, zero. */
  readonly settings: readonly number[];
  readonly workgroups: readonly [number, number, number];
  /** As of its works. */
  readonly cost: number;
}

export interface Encoded {
  readonly descriptors: Uint32Array<ArrayBuffer>;
  readonly dispatches: readonly Dispatch[];
  readonly reporting: readonly { readonly work: Work; readonly slot: number }[];
  readonly reportWords: number;
}

/** Descriptors and dispatches of batches and chains. Works are reported in the order in which they were scheduled. */
export function encode(steps: readonly Step[]): Encoded {
  const reporting: { work: Work; slot: number }[] = [];
  let reportWords = STATS_BYTES / 4;
  let size = 0;
  for (const step of steps) {
    if (isChain(step)) for (const { work } of step.works) size += wordsOf(work) + 2;
    else for (const work of step.works) size += wordsOf(work);
  }
  const descriptors = new Uint32Array(Math.max(4, size));
  const dispatches: Dispatch[] = [];
  let at = 0;
  const put = (work: Work): void => {
    descriptors[at] = work.lanes;
    if (work.reported !== undefined) {
      descriptors[at + 1] = reportWords;
      reporting.push({ work, slot: reportWords });
      reportWords += work.lanes * REPORT_WORDS;
    }
    descriptors.set(work.words, at + HEADER_WORDS);
    at += work.kernel.words;
  };
  for (const step of steps) {
    const first = at;
    if (isChain(step)) {
      at += 2 * step.works.length;
      step.works.forEach(({ work, kind }, index) => {
        descriptors[first + 2 * index] = kind;
        descriptors[first + 2 * index + 1] = at;
        put(work);
      });
      for (const dispatch of dispatchesOfChain(step, first)) dispatches.push(dispatch);
      continue;
    }
    step.works.forEach(put);
    step.works.forEach(({ table }, index) => {
      if (table === undefined) return;
      descriptors[first + index * step.kernel.words + HEADER_WORDS + table.at] = at;
      descriptors.set(table.words, at);
      at += table.words.length;
    });
    for (const dispatch of dispatchesOf(step, first)) dispatches.push(dispatch);
  }
  return { descriptors, dispatches, reporting, reportWords };
}

const wordsOf = ({ kernel, table }: Work) => kernel.words + (table?.words.length ?? 0);

function* dispatchesOfChain({ kernel, works }: Chain, first: number): Generator<Dispatch> {
  for (let from = 0, to = 0; from < works.length; from = to) {
    let cost = 0;
    let lanes = 0;
    for (; to < works.length; to++) {
      const work = works[to]?.work;
      if (work === undefined || (to > from && cost + costOf(work) > DISPATCH_COST)) break;
      cost += costOf(work);
      lanes = Math.max(lanes, work.lanes);
    }
    const workgroups = [Math.ceil(lanes / kernel.lanes), 1, 1] as const;
    yield { kernel, settings: [first + 2 * from, to - from, 0xffffffff, 0, 0], workgroups, cost };
  }
}

function* dispatchesOf({ kernel, works, chained }: Batch, first: number): Generator<Dispatch> {
  let from = 0;
  while (from < works.length) {
    let cost = 0;
    let lanes = 0;
    let elements = 0;
    let splits = !chained;
    let to = from;
    for (; to < works.length && to - from < MOST_WORKGROUPS; to++) {
      const work = works[to];
      if (work === undefined) break;
      const own = costOf(work);
      if (to > from && cost + own > DISPATCH_COST) break;
      cost += own;
      lanes = Math.max(lanes, work.lanes);
      elements = Math.max(elements, work.elements);
      splits &&= work.splits;
    }
    const settings = first + from * kernel.words;
    const count = to - from;
    const x = Math.ceil(lanes / kernel.lanes);
    if (!splits || elements <= CHUNK) {
      const run = chained ? count : 1;
      const workgroups = [x, 1, chained ? 1 : count] as const;
      yield { kernel, settings: [settings, run, 0xffffffff, 0, 0], workgroups, cost };
    } else {
      const chunks = Math.ceil(elements / CHUNK);
      const atOnce = Math.max(1, Math.floor((DISPATCH_COST / cost) * chunks));
      for (let chunk = 0; chunk < chunks; chunk += atOnce) {
        const y = Math.min(atOnce, chunks - chunk, MOST_WORKGROUPS);
        const workgroups = [x, y, count] as const;
        yield { kernel, settings: [settings, 1, CHUNK, chunk, 0], workgroups, cost: (cost * y) / chunks };
      }
    }
    from = to;
  }
}
