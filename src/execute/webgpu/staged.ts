/**
 * A product that is encoded among other work, of operands that lie on the adapter as the kernel reads them: A K-major in the
 * format of `stationaryDtype`, and so B, rows of all matrices padded to 16 bytes. Buffers are named anew in each encoding.
 */
import type { MatmulPlan } from '../../lower';
import { rowWords } from '../../numerics';
import { USAGE, type Gpu, type Pipeline } from './gpu';
import type { Kernel } from './kernels';
import { passWords, SLICE_BYTES, sliceWords, UNIFORM_STRIDE } from './prepared';
import { MAX_WORKGROUPS, slices, TARGET_MS, type Slice } from './slices';
import { stationaryDtype } from './stationary';
import { TAIL_BINDING, type TailBuffers } from './tail';

/** Products of a batch, and whether all of them take one A or one B. */
export interface StagedLayout {
  readonly batch: number;
  readonly sharedA: boolean;
  readonly sharedB: boolean;
}

export interface StagedBuffers {
  readonly a: GPUBuffer;
  readonly b: GPUBuffer;
  readonly result: GPUBuffer;
  /** Of `scratchBytes`, unless that is 0. */
  readonly scratch: GPUBuffer | undefined;
  /** What its tail reads, writes and is told. */
  readonly tail?: TailBuffers | undefined;
}

/** Bytes that the sums of split passes take at most: other work has them afterwards. */
export const STAGED_ROOM = 2 ** 24;
/** Multiply-adds of a dispatch at most: what slow adapters finish in a second or two. */
const DISPATCH_WORK = 2 ** 34;

interface Compiled {
  readonly kernel: Kernel;
  readonly pipeline: Pipeline;
  readonly combine: Pipeline | undefined;
}

export class StagedProduct {
  readonly plan: MatmulPlan;
  readonly source: string;
  /** Bytes that it needs beside its matrices while it runs. */
  readonly scratchBytes: number;
  readonly #gpu: Gpu;
  readonly #compiled: Compiled;
  readonly #slices: readonly Slice[];
  readonly #uniforms: GPUBuffer;
  readonly #passes: GPUBuffer;
  #last: { readonly buffers: StagedBuffers; readonly group: GPUBindGroup } | undefined;

  private constructor(
    gpu: Gpu,
    plan: MatmulPlan,
    compiled: Compiled,
    cut: { readonly slices: readonly Slice[]; readonly scratchBytes: number },
    [uniforms, passes]: readonly [GPUBuffer, GPUBuffer],
  ) {
    this.plan = plan;
    this.source = compiled.kernel.source;
    this.scratchBytes = cut.scratchBytes;
    this.#gpu = gpu;
    this.#compiled = compiled;
    this.#slices = cut.slices;
    this.#uniforms = uniforms;
    this.#passes = passes;
  }

  static async create(
    gpu: Gpu,
    plan: MatmulPlan,
    compiled: Compiled,
    { batch, sharedA, sharedB }: StagedLayout,
  ): Promise<StagedProduct> {
    const { m, n, k } = plan;
    const { geometry } = compiled.kernel;
    const [aStride, bStride, outStride] = [
      rowWords(stationaryDtype(plan.a), m),
      rowWords(stationaryDtype(plan.b), n),
      rowWords(plan.out, n),
    ];
    const layout = {
      a: { offset: 0, stride: aStride, matrix: sharedA ? 0 : k * aStride, begin: 0, end: m },
      b: { offset: 0, stride: bStride, matrix: sharedB ? 0 : k * bStride, begin: 0, end: n },
      out: { offset: 0, stride: outStride, matrix: m * outStride },
      cStride: outStride,
      residualStride: 0,
    };
    const cut = cutWork(plan, compiled.kernel, batch);
    const words = new Uint32Array(cut.slices.length * (UNIFORM_STRIDE / 4));
    for (const [i, slice] of cut.slices.entries())
      words.set(sliceWords(plan, geometry, layout, slice), i * (UNIFORM_STRIDE / 4));
    const passes = passWords(plan);
    const own = async (
      label: string,
      content: Uint32Array<ArrayBuffer>,
      usage: number,
    ): Promise<GPUBuffer> => {
      const buffer = await gpu.createBuffer(
        label,
        content.byteLength,
        usage | USAGE.COPY_DST,
        'scratch',
        'any',
      );
      gpu.device.queue.writeBuffer(buffer, 0, content);
      return buffer;
    };
    return new StagedProduct(gpu, plan, compiled, cut, [
      await own('slices', words, USAGE.UNIFORM),
      await own('passes', passes, USAGE.STORAGE),
    ]);
  }

  /** Dispatches of an encoding. */
  get dispatches(): number {
    return this.#slices.length * (this.#compiled.combine === undefined ? 1 : 2);
  }

  encode(pass: GPUComputePassEncoder, buffers: StagedBuffers): void {
    const { pipeline, combine } = this.#compiled;
    const group = this.#group(buffers);
    const told = buffers.tail?.told === undefined ? [] : [buffers.tail.told.at];
    for (const [i, { workgroups }] of this.#slices.entries()) {
      pass.setPipeline(pipeline.pipeline);
      pass.setBindGroup(0, group, [i * UNIFORM_STRIDE, ...told]);
      pass.dispatchWorkgroups(workgroups, combine === undefined ? 1 : this.plan.passes.length);
      if (combine === undefined) continue;
      pass.setPipeline(combine.pipeline);
      pass.dispatchWorkgroups(workgroups);
    }
  }

  release(): void {
    this.#gpu.release(this.#uniforms);
    this.#gpu.release(this.#passes);
  }

  /** The group of these buffers, which is that of the last encoding where they are the same. */
  #group(buffers: StagedBuffers): GPUBindGroup {
    const { a, b, result, scratch, tail } = buffers;
    const last = this.#last;
    const same =
      (['a', 'b', 'result', 'scratch'] as const).every((name) => last?.buffers[name] === buffers[name]) &&
      (tail?.storage ?? []).every((buffer, i) => last?.buffers.tail?.storage[i] === buffer);
    if (same && last !== undefined) return last.group;
    const { kernel, pipeline } = this.#compiled;
    // Where a kernel has no need of scratch its binding is there all the same.
    const bound = [this.#uniforms, this.#passes, a, b, result, scratch];
    const entries = bound.flatMap((buffer, binding) => {
      if (buffer === undefined || kernel.bindings[binding] === undefined) return [];
      return [{ binding, resource: binding === 0 ? { buffer, size: SLICE_BYTES } : { buffer } }];
    });
    const added: GPUBufferBinding[] = (tail?.storage ?? []).map((buffer) => ({ buffer }));
    if (tail?.told !== undefined) added.push({ buffer: tail.told.buffer, size: tail.told.bytes });
    entries.push(...added.map((resource, i) => ({ binding: TAIL_BINDING + i, resource })));
    const group = this.#gpu.device.createBindGroup({ layout: pipeline.layout, entries });
    this.#last = { buffers, group };
    return group;
  }
}

/** Slices of bounded work: none of them stops between passes. */
function cutWork(
  plan: MatmulPlan,
  { geometry }: Kernel,
  batch: number,
): { readonly slices: readonly Slice[]; readonly scratchBytes: number } {
  const { rows, columns, scratchPerWorkgroup, split } = geometry;
  const tiles = batch * Math.ceil(plan.m / rows) * Math.ceil(plan.n / columns);
  const passWork = plan.passes.map((pass) => pass.rows * pass.interleave * rows * columns);
  const room = Math.floor(STAGED_ROOM / (plan.passes.length * scratchPerWorkgroup * 4));
  const most = split ? Math.min(Math.max(1, room), tiles, MAX_WORKGROUPS) : MAX_WORKGROUPS;
  const work = { panels: [tiles], passWork, resumable: 0, most, deepest: Infinity };
  const kept = split ? most * plan.passes.length : 0;
  return {
    slices: [...slices(work, () => DISPATCH_WORK / TARGET_MS)],
    scratchBytes: Math.max(16, kept * scratchPerWorkgroup * 4),
  };
}
