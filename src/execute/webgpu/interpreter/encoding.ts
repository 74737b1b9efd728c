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
  /** Words of the uniform block: first, run, chunk, first chunk, zero, words of HBM of each core. */
  readonly settings: readonly number[];
  readonly workgroups: readonly [number, number, number];
  /** As of its works, on all cores that do them. */
  readonly cost: number;
}

/** Who does the works: so many cores, each with so many words of HBM. */
export interface Crew {
  readonly cores: number;
  readonly hbmWords: number;
}

export interface Encoded {
  readonly descriptors: Uint32Array<ArrayBuffer>;
  readonly dispatches: readonly Dispatch[];
  /** Works, and the word of their first lane on the first core. */
  readonly reporting: readonly { readonly work: Work; readonly slot: number }[];
  readonly reportWords: number;
}

/** Descriptors and dispatches of batches and chains. Works are reported in the order in which they were scheduled. */
export function encode(steps: readonly Step[], crew: Crew): Encoded {
  const { cores } = crew;
  const everyone = 2 ** cores - 1;
  const reporting: { work: Work; slot: number }[] = [];
  let reportWords = (cores * STATS_BYTES) / 4;
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
      reportWords += cores * work.lanes * REPORT_WORDS;
    }
    descriptors[at + 2] = work.cores?.reduce((bits, core) => bits | (1 << core), 0) ?? everyone;
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
      for (const dispatch of dispatchesOfChain(step, first, crew)) dispatches.push(dispatch);
      continue;
    }
    step.works.forEach(put);
    step.works.forEach(({ table }, index) => {
      if (table === undefined) return;
      descriptors[first + index * step.kernel.words + HEADER_WORDS + table.at] = at;
      descriptors.set(table.words, at);
      at += table.words.length;
    });
    for (const dispatch of dispatchesOf(step, first, crew)) dispatches.push(dispatch);
  }
  return { descriptors, dispatches, reporting, reportWords };
}

/** On all cores that do it. */
const costOn = (work: Work, { cores }: Crew): number => costOf(work) * (work.cores?.length ?? cores);

const wordsOf = ({ kernel, table }: Work) => kernel.words + (table?.words.length ?? 0);

function* dispatchesOfChain({ kernel, works }: Chain, first: number, crew: Crew): Generator<Dispatch> {
  const { cores, hbmWords } = crew;
  for (let from = 0, to = 0; from < works.length; from = to) {
    let cost = 0;
    let lanes = 0;
    for (; to < works.length; to++) {
      const work = works[to]?.work;
      if (work === undefined) break;
      const own = costOn(work, crew);
      if (to > from && cost + own > DISPATCH_COST) break;
      cost += own;
      lanes = Math.max(lanes, work.lanes);
    }
    const workgroups = [Math.ceil(lanes / kernel.lanes), 1, cores] as const;
    const settings = [first + 2 * from, to - from, 0xffffffff, 0, 0, hbmWords];
    yield { kernel, settings, workgroups, cost };
  }
}

function* dispatchesOf({ kernel, works, chained }: Batch, first: number, crew: Crew): Generator<Dispatch> {
  const { cores, hbmWords } = crew;
  const most = Math.floor(MOST_WORKGROUPS / cores);
  let from = 0;
  while (from < works.length) {
    let cost = 0;
    let lanes = 0;
    let elements = 0;
    let splits = !chained;
    let to = from;
    for (; to < works.length && to - from < most; to++) {
      const work = works[to];
      if (work === undefined) break;
      const own = costOn(work, crew);
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
      const workgroups = [x, 1, cores * (chained ? 1 : count)] as const;
      yield { kernel, settings: [settings, run, 0xffffffff, 0, 0, hbmWords], workgroups, cost };
    } else {
      const chunks = Math.ceil(elements / CHUNK);
      const atOnce = Math.max(1, Math.floor((DISPATCH_COST / cost) * chunks));
      for (let chunk = 0; chunk < chunks; chunk += atOnce) {
        const y = Math.min(atOnce, chunks - chunk, MOST_WORKGROUPS);
        const workgroups = [x, y, cores * count] as const;
        const own = { settings: [settings, 1, CHUNK, chunk, 0, hbmWords], cost: (cost * y) / chunks };
        yield { kernel, workgroups, ...own };
      }
    }
    from = to;
  }
}
