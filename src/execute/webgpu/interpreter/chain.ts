/**
 * Chains of several kinds of instructions in one dispatch. Where short works of a few kernels follow each other on the same
 * partitions, as in a loop over a tile, a dispatch for each would take longer than what it does. A chain kernel has the texts of
 * all its kinds, and lanes run through the works as they stand.
 */
import dispatch from '../../../../shaders/interpreter/dispatch.wgsl';
import frame from '../../../../shaders/interpreter/kernel.wgsl';
import { render } from '../template';
import { extentTemplate, LANES, type Kernel, type KernelParts } from './kernel';
import type { Extent } from './layout';
import type { Batch } from './schedule';
import type { Work } from './work';

/** Most kinds in a chain: each has its text compiled, and is gone through for an element when another is due. */
const MOST_KINDS = 6;
/** Batches that must follow each other for a chain to be worth its compilation. */
const LEAST_BATCHES = 16;
/** A batch of more works has enough to do as a dispatch of its own. */
const MOST_WORKS = 8;

export interface Chain {
  readonly kernel: Kernel;
  /** In order, and which kind each is. */
  readonly works: readonly { readonly work: Work; readonly kind: number }[];
}

export type Step = Batch | Chain;

export const isChain = (step: Step): step is Chain => !('chained' in step);

/** Chain kernels, by the kernels that they are made of. */
export class Chains {
  readonly #byKernels = new Map<string, Kernel>();

  /** The same works in the same order, with chains in the place of batches where that is worth it. */
  link(batches: readonly Batch[]): readonly Step[] {
    const steps: Step[] = [];
    for (let at = 0; at < batches.length;) {
      const kinds: Kernel[] = [];
      const end = chainEnd(batches, at, kinds);
      if (end - at >= LEAST_BATCHES && kinds.length > 1) {
        steps.push(this.#chain(batches.slice(at, end), kinds));
        at = end;
      } else {
        const next = Math.max(end, at + 1);
        steps.push(...batches.slice(at, next));
        at = next;
      }
    }
    return steps;
  }

  #chain(batches: readonly Batch[], found: readonly Kernel[]): Chain {
    // In the order of their keys, so that chains of the same kinds share a kernel.
    const kinds = found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const works = batches.flatMap(({ kernel, works: each }) => {
      const kind = kinds.indexOf(kernel);
      return each.map((work) => ({ work, kind }));
    });
    return { kernel: this.#kernelOf(kinds), works };
  }

  #kernelOf(kinds: readonly Kernel[]): Kernel {
    const key = kinds.map((kernel) => kernel.key).join(' + ');
    let kernel = this.#byKernels.get(key);
    if (kernel === undefined) {
      const [{ extent } = {}] = kinds;
      if (extent === undefined) throw new Error('Invariant violation: a chain of nothing');
      const wgsl = (): string =>
        chainWgsl(
          kinds.flatMap(({ parts }) => (parts === undefined ? [] : [parts()])),
          extent,
        );
      kernel = { key: `chain of ${key}`, words: 0, lanes: LANES, bindings: 'lanes', extent, wgsl };
      this.#byKernels.set(key, kernel);
    }
    return kernel;
  }
}

/** The batch behind those from `at` on that may be one chain; their kernels are added to `kinds`. */
function chainEnd(batches: readonly Batch[], at: number, kinds: Kernel[]): number {
  const start = batches[at]?.start;
  let end = at;
  for (; end < batches.length; end++) {
    const batch = batches[end];
    if (start === undefined || batch?.start !== start || batch.works.length > MOST_WORKS) break;
    const { kernel } = batch;
    if (kernel.parts === undefined) break;
    if (kinds.includes(kernel)) continue;
    if (kinds.length === MOST_KINDS) break;
    kinds.push(kernel);
  }
  return end;
}

/** The WGSL of a chain: what kinds share stands once, what is their own under names of their own. */
export function chainWgsl(kinds: readonly KernelParts[], extent: Extent): string {
  const shared = new Map<string, string>();
  const own = kinds.map((parts, kind) => {
    const others = [...declarations(parts.shared)].filter(([name, text]) => {
      const isOwn = parts.operands.some((operand) => name.startsWith(`${operand}_`));
      if (isOwn || (shared.get(name) ?? text) !== text) return true;
      shared.set(name, text);
      return false;
    });
    const all = [...declarations(parts.own), ...others];
    const names = new RegExp(`\\b(?:${all.map(([name]) => name).join('|')})\\b`, 'g');
    return all.map(([, text]) => text.replace(names, (name) => `kind${kind}_${name}`)).join('\n');
  });
  const known = extentTemplate(extent);
  const settings = {
    ...{ ...known, LANES, WORDS: 0, VARIANTS: kinds.length },
    ...{ ATOMIC: 0, SCRATCH: 0, STATS: 0 },
  };
  return [render(dispatch, known), render(frame, settings), ...own, ...shared.values()].join('\n');
}

const DECLARATION = /^(?:fn|const|struct|alias|var(?:<[^>]*>)?)\s+(\w+)/;

/** The declarations of a text by their names, in order; they begin at the beginning of a line. */
function declarations(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    current = DECLARATION.exec(line)?.[1] ?? current;
    if (current !== undefined && !/^\/\//.test(line)) {
      found.set(current, `${found.get(current) ?? ''}${line}\n`);
    }
  }
  return found;
}
