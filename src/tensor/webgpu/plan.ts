/**
 * A plan: what is started to compute graphs of one structure, with kernels that are compiled and memory that is laid out. Buffers
 * of what is between are taken again as soon as nothing needs them.
 */
import type { ChipName } from '../../chip';
import type { Gpu, Pipeline } from '../../execute/webgpu/gpu';
import type { WebGpuMatmul } from '../../execute/webgpu';
import type { StagedProduct } from '../../execute/webgpu/staged';
import type { Arithmetic } from '../../execute/webgpu/interpreter/functions';
import { planMatmul } from '../../lower';
import { render } from '../../execute/webgpu/template';
import sortBlock from '../../../shaders/tensor/sort_block.wgsl';
import sortMerge from '../../../shaders/tensor/sort_merge.wgsl';
import { REDUCE_BLOCK } from '../graph';
import { elementwise } from './elementwise';
import { checkKernel, LANES, ROW, scan, scatter, type KernelText } from './kernel';
import type { Lowered } from './lower';
import { schedule, type Limits, type Step } from './schedule';
import { tailOf } from './tail';
import { wordsOf, type Value } from './value';

/** Memory of a run: of a leaf, of the flags, of an output, or for a while. */
export type Slot =
  | { readonly kind: 'leaf'; readonly index: number }
  | { readonly kind: 'flags' }
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'scratch'; readonly index: number };

export interface Dispatch {
  readonly kind: 'dispatch';
  readonly pipeline: Pipeline;
  /** By binding, from 1 on. */
  readonly slots: readonly Slot[];
  /** Of the uniform words. */
  readonly told: number;
  readonly toldBytes: number;
  readonly workgroups: readonly [number, number];
  /** The bind group of the last run, and the buffers that it names. */
  last: { readonly buffers: readonly GPUBuffer[]; readonly group: GPUBindGroup } | undefined;
}

/** A product of A, B and their result, with scratch; and what its tail reads, writes and is told. */
export interface ProductStep {
  readonly kind: 'product';
  readonly product: StagedProduct;
  readonly slots: readonly [Slot, Slot, Slot, Slot];
  readonly tail: readonly Slot[];
  readonly told: number;
  readonly toldBytes: number;
}

export interface Plan {
  readonly steps: readonly (Dispatch | ProductStep)[];
  /** Bytes of the values that are new in a run, and of scratch. */
  readonly outputBytes: readonly number[];
  readonly scratchBytes: readonly number[];
  readonly flags: number;
  /** Where each output lies. */
  readonly outputs: readonly Slot[];
  /** What kernels are told, and which words are codes of fills. */
  readonly told: Uint32Array<ArrayBuffer>;
  readonly fills: readonly { readonly word: number; readonly fill: number }[];
  readonly uniforms: GPUBuffer;
  readonly sources: readonly string[];
  /** Of `told`, as last written. */
  written: boolean;
}

const UNIFORM = 0x40;
const COPY_DST = 0x8;
const STRIDE = 64;

export interface Adapter {
  readonly gpu: Gpu;
  readonly matmul: WebGpuMatmul;
  readonly chip: ChipName;
  readonly arithmetic: Arithmetic;
  readonly limits: Limits;
}

interface Draft {
  readonly kind: 'kernel';
  readonly name: string;
  readonly source: string;
  readonly bindings: KernelText['bindings'];
  readonly memory: readonly (Value | Scratch | 'flags')[];
  readonly told: readonly number[];
  readonly fills: readonly number[];
  readonly lanes: number;
}

interface ProductDraft {
  readonly kind: 'product';
  readonly product: StagedProduct;
  /** A, B, the result, scratch, and of the tail. */
  readonly memory: readonly (Value | Scratch)[];
  readonly told: readonly number[];
  readonly fills: readonly number[];
}

/** Memory that is no value: what a sort needs beside. */
class Scratch {
  readonly words: number;
  constructor(words: number) {
    this.words = words;
  }
}

export async function makePlan({ outputs, checks }: Lowered, adapter: Adapter): Promise<Plan> {
  const { gpu, arithmetic, limits } = adapter;
  const { steps, isStored } = schedule(outputs, checks, limits);
  const drafted = steps.map(async (step): Promise<readonly (Draft | ProductDraft)[]> =>
    step.kind === 'matmul'
      ? productDrafts(step, adapter, { arithmetic, isStored })
      : draftsOf(step, { arithmetic, isStored }),
  );
  const drafts = (await Promise.all(drafted)).flat();
  const pipelines = await Promise.all(
    drafts.map(async (each) =>
      each.kind === 'product' ? undefined : gpu.createPipeline(each.name, each.source, each.bindings),
    ),
  );
  const layout = layOut(drafts, outputs);
  const told: number[] = [];
  const fills: { word: number; fill: number }[] = [];
  const planned = drafts.map((draft, i): Dispatch | ProductStep => {
    const slots = draft.memory.map((each) => layout.slotOf(each));
    const begin = told.length;
    told.push(...draft.told);
    for (const fill of draft.fills) {
      fills.push({ word: told.length, fill });
      told.push(0);
    }
    const bytes = Math.ceil((told.length - begin) / 4) * 16;
    while (told.length % STRIDE > 0) told.push(0);
    const words = { told: begin * 4, toldBytes: bytes };
    if (draft.kind === 'product')
      return {
        kind: 'product',
        product: draft.product,
        slots: four(slots),
        tail: slots.slice(4),
        ...words,
      };
    const pipeline = pipelines[i];
    if (pipeline === undefined) throw new Error('Invariant violation: a kernel lacks its pipeline');
    const groups = Math.ceil(draft.lanes / LANES);
    const across = Math.min(groups, ROW / LANES);
    return {
      kind: 'dispatch',
      pipeline,
      slots,
      ...words,
      workgroups: [across, Math.ceil(groups / across)],
      last: undefined,
    };
  });
  return {
    steps: planned,
    outputBytes: layout.outputBytes,
    scratchBytes: layout.scratchBytes,
    flags: checks.length,
    outputs: outputs.map((value) => layout.slotOf(value)),
    told: Uint32Array.from(told),
    fills,
    uniforms: gpu.device.createBuffer({
      label: 'told',
      size: Math.max(told.length * 4, 256),
      usage: UNIFORM | COPY_DST,
    }),
    sources: drafts.map((each) => (each.kind === 'product' ? each.product.source : each.source)),
    written: false,
  };
}

type Context = { readonly arithmetic: Arithmetic; readonly isStored: (value: Value) => boolean };

function four(slots: readonly Slot[]): readonly [Slot, Slot, Slot, Slot] {
  const [a, b, c, d] = slots;
  if (a === undefined || b === undefined || c === undefined || d === undefined)
    throw new Error('Invariant violation: a product without memory');
  return [a, b, c, d];
}

async function productDrafts(
  { value, ends }: Extract<Step, { readonly kind: 'matmul' }>,
  { matmul, chip }: Adapter,
  context: Context,
): Promise<readonly ProductDraft[]> {
  const { op, shape, dtype } = value;
  if (op.kind !== 'matmul') throw new Error('Invariant violation: no product');
  const { m, n, k, a, b, rounding, saturate, seed } = op;
  const [left, right] = [value.input(0), value.input(1)];
  const batch = shape[0] ?? 1;
  const plan = planMatmul({
    ...{ m, n, k, a, b, out: dtype, chip, rounding, saturate },
    aLayout: op.aLayout,
    seed: rounding === 'stochastic' ? seed : 0,
  });
  const layout = { batch, sharedA: op.sharedA, sharedB: op.sharedB };
  const tail = ends.length === 0 ? undefined : tailOf(value, ends, context);
  const product = await matmul.stage(plan, layout, tail);
  const scratch = new Scratch(product.scratchBytes / 4);
  const { reads = [], writes = [], fills = [] } = tail ?? {};
  const memory = [left, right, ends[0] ?? value, scratch, ...reads, ...writes];
  return [{ kind: 'product', product, memory, told: [], fills }];
}

type KernelStep = Exclude<Step, { readonly kind: 'matmul' }>;

function draftsOf(step: KernelStep, context: Context): readonly Draft[] {
  if (step.kind === 'check') return [draft(checkKernel(step.check, step.flag, context))];
  if (step.kind === 'elements') return sized(step.roots[0], () => [draft(elementwise(step.roots, context))]);
  const { value } = step;
  const kernels = {
    scan: () => [draft(scan(value, context))],
    scatter: () => [draft(scatter(value, context))],
    sort: () => sortDrafts(value),
  };
  return sized(value, kernels[step.kind]);
}

/** Of nothing there is nothing to compute. */
const sized = (value: Value | undefined, drafts: () => readonly Draft[]): readonly Draft[] =>
  value === undefined || value.size === 0 ? [] : drafts();

const draft = ({ name, source, bindings, reads, writes, check, fills, lanes, size }: KernelText): Draft => ({
  kind: 'kernel',
  name,
  source,
  bindings,
  memory: [...reads, ...writes, ...(check === undefined ? [] : (['flags'] as const))],
  told: [0, lanes, size, 0],
  fills,
  lanes,
});

/** Blocks by counting, then merges of twice as much each time. */
function sortDrafts(value: Value): readonly Draft[] {
  const { size, shape } = value;
  const length = shape.at(-1) ?? 1;
  const runs = Math.ceil(length / REDUCE_BLOCK);
  const merges = Math.ceil(Math.log2(runs));
  const words = [new Scratch(size), new Scratch(size)];
  const places: readonly (Value | Scratch)[] =
    merges === 0 ? [value] : merges % 2 === 0 ? [value, new Scratch(size)] : [new Scratch(size), value];
  const at = <T>(list: readonly T[], index: number): T => {
    const found = list[index % list.length];
    if (found === undefined) throw new Error('Invariant violation: a sort without memory');
    return found;
  };
  const values = { LANES, ROW, BLOCK: REDUCE_BLOCK };
  const common = { kind: 'kernel', fills: [], lanes: size } as const;
  return [
    {
      ...common,
      name: 'sort of blocks',
      source: render(sortBlock, values),
      bindings: ['uniform', 'read', 'write', 'write'],
      memory: [value.input(0), at(words, 0), at(places, 0)],
      told: [0, size, length, 0],
    },
    ...Array.from({ length: merges }, (_, i): Draft => ({
      ...common,
      name: 'merge',
      source: render(sortMerge, values),
      bindings: ['uniform', 'read', 'read', 'write', 'write'],
      memory: [at(words, i), at(places, i), at(words, i + 1), at(places, i + 1)],
      told: [0, size, length, REDUCE_BLOCK * 2 ** i],
    })),
  ];
}

interface Layout {
  readonly slotOf: (memory: Value | Scratch | 'flags') => Slot;
  readonly outputBytes: readonly number[];
  readonly scratchBytes: readonly number[];
}

/** A scatter lies where the copy is that it goes into. */
const homeOf = (value: Value): Value => (value.op.kind === 'scatter' ? homeOf(value.input(0)) : value);

function layOut(drafts: readonly (Draft | ProductDraft)[], outputs: readonly Value[]): Layout {
  const slots = new Map<Value | Scratch, Slot>();
  const outputBytes: number[] = [];
  const kept = new Set<Value | Scratch>();
  for (const output of outputs) {
    const home = homeOf(output);
    if (home.op.kind === 'leaf' || kept.has(home)) continue;
    kept.add(home);
    slots.set(home, { kind: 'output', index: outputBytes.length });
    outputBytes.push(output.size === 0 ? 0 : wordsOf(home) * 4);
  }
  const ends = new Map<Value | Scratch, number>();
  const homes = drafts.map(({ memory }) =>
    memory.flatMap((each): readonly (Value | Scratch)[] =>
      each === 'flags' ? [] : [each instanceof Scratch ? each : homeOf(each)],
    ),
  );
  for (const [i, list] of homes.entries()) for (const each of list) ends.set(each, i);
  const scratchBytes: number[] = [];
  const free: number[] = [];
  for (const [i, list] of homes.entries()) {
    for (const each of new Set(list)) {
      if (slots.has(each)) continue;
      if (!(each instanceof Scratch) && each.op.kind === 'leaf') {
        slots.set(each, { kind: 'leaf', index: each.op.index });
        continue;
      }
      const bytes = (each instanceof Scratch ? each.words : wordsOf(each)) * 4;
      // The smallest that fits.
      const fits = (index: number): boolean => (scratchBytes[index] ?? 0) >= bytes;
      const best = free.filter(fits).toSorted((a, b) => (scratchBytes[a] ?? 0) - (scratchBytes[b] ?? 0))[0];
      const index = best ?? scratchBytes.length;
      if (best === undefined) scratchBytes.push(bytes);
      else free.splice(free.indexOf(best), 1);
      slots.set(each, { kind: 'scratch', index });
    }
    for (const each of new Set(list)) {
      const slot = slots.get(each);
      if (slot?.kind === 'scratch' && ends.get(each) === i) free.push(slot.index);
    }
  }
  return {
    outputBytes,
    scratchBytes,
    slotOf: (memory) => {
      if (memory === 'flags') return { kind: 'flags' };
      const home = memory instanceof Scratch ? memory : homeOf(memory);
      const slot = slots.get(home);
      if (slot !== undefined) return slot;
      if (!(home instanceof Scratch) && home.op.kind === 'leaf')
        return { kind: 'leaf', index: home.op.index };
      throw new Error('Invariant violation: a value without memory');
    },
  };
}
