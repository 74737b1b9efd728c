/** What is known of an adapter, as plain data for tables and JSON. */

export interface AdapterFacts {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** `software` when the adapter runs on the CPU (WebGPU's fallback adapters). */
  readonly kind: 'gpu' | 'software';
  /** Why this adapter was taken. */
  readonly reason: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Lanes per subgroup, where the adapter says. */
  readonly subgroupSizes?: readonly [number, number];
}

export function adapterFacts(adapter: GPUAdapter, reason: string): AdapterFacts {
  const { info } = adapter;
  return {
    name: info.description || info.device || info.architecture || info.vendor || 'unnamed adapter',
    vendor: info.vendor,
    architecture: info.architecture,
    kind: info.isFallbackAdapter ? 'software' : 'gpu',
    reason,
    features: [...adapter.features].sort(),
    limits: limitsOf(adapter.limits),
    ...(info.subgroupMinSize ? { subgroupSizes: [info.subgroupMinSize, info.subgroupMaxSize] as const } : {}),
  };
}

/** Limits are getters on the prototype, so spreading the object would lose them. */
function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name in limits) {
    const value: unknown = Reflect.get(limits, name);
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}
