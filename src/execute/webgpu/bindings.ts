/**
 * Layouts and bind groups of one device, each made once: kernels whose bindings are of the same types share a layout, and a bind
 * group lives as long as the buffers that it names.
 */

export type BindingType = 'uniform' | 'read' | 'write';

/** By the numbers of the bindings; `undefined` leaves one out. */
export type BindingTypes = readonly (BindingType | undefined)[];
export type BoundBuffers = readonly (GPUBuffer | undefined)[];

const COMPUTE_STAGE = 0x4;

const LAYOUTS = {
  uniform: { type: 'uniform', hasDynamicOffset: true },
  read: { type: 'read-only-storage' },
  write: { type: 'storage' },
} as const satisfies Record<BindingType, GPUBufferBindingLayout>;

export class Bindings {
  readonly #device: GPUDevice;
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #groups = new Map<string, GPUBindGroup>();
  /** Which groups name a buffer. */
  readonly #naming = new Map<GPUBuffer, Set<string>>();
  /** Layouts and buffers by number, which tells those of the same size apart. */
  readonly #numbers = new WeakMap<object, number>();
  #count = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  layout(types: BindingTypes): GPUBindGroupLayout {
    const key = types.map((type) => type ?? '').join();
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const entries = types.flatMap((type, binding) =>
        type === undefined ? [] : [{ binding, visibility: COMPUTE_STAGE, buffer: LAYOUTS[type] }],
      );
      layout = this.#device.createBindGroupLayout({ label: key, entries });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** The group that was made of the same before. */
  known(layout: GPUBindGroupLayout, buffers: BoundBuffers, uniformBytes: number): GPUBindGroup | undefined {
    return this.#groups.get(this.#keyOf(layout, buffers, uniformBytes));
  }

  make(layout: GPUBindGroupLayout, buffers: BoundBuffers, uniformBytes: number): GPUBindGroup {
    const most = this.#device.limits.maxStorageBufferBindingSize;
    const entries = buffers.flatMap((buffer, binding) => {
      if (buffer === undefined) return [];
      const size = binding === 0 ? uniformBytes : Math.min(buffer.size, most);
      return [{ binding, resource: { buffer, size } }];
    });
    return this.#device.createBindGroup({ layout, entries });
  }

  /** Remembers a group until one of its buffers is destroyed, so of buffers of which that will be told. */
  keep(group: GPUBindGroup, layout: GPUBindGroupLayout, buffers: BoundBuffers, uniformBytes: number): void {
    const key = this.#keyOf(layout, buffers, uniformBytes);
    this.#groups.set(key, group);
    for (const buffer of buffers) {
      if (buffer === undefined) continue;
      const naming = this.#naming.get(buffer) ?? new Set();
      this.#naming.set(buffer, naming.add(key));
    }
  }

  /** Forgets the groups that name a buffer. */
  destroyed(buffer: GPUBuffer): void {
    for (const key of this.#naming.get(buffer) ?? []) this.#groups.delete(key);
    this.#naming.delete(buffer);
  }

  #keyOf(layout: GPUBindGroupLayout, buffers: BoundBuffers, uniformBytes: number): string {
    return [layout, ...buffers].map((each) => (each === undefined ? '' : this.#numberOf(each))).join() + `:${uniformBytes}`; // prettier-ignore
  }

  #numberOf(each: object): number {
    let number = this.#numbers.get(each);
    if (number === undefined) this.#numbers.set(each, (number = this.#count++));
    return number;
  }
}
