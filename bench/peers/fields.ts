/**
 * The fields of the comparison: WebGPU against WebGPU, WASM against WASM with as many threads. Each runs in a process or a worker of
 * its own, because libraries choose backend and threads once, for all that they do afterwards; contestants of one field take turns.
 * `restMs` passes before a turn: on two threads whoever followed onnxruntime at once was slower than in any other place.
 */
export const FIELDS = {
  webgpu: { title: 'WebGPU', device: 'webgpu', threads: 1, restMs: 0 },
  wasm: { title: 'WASM, one thread', device: 'wasm', threads: 1, restMs: 0 },
  'wasm-threads': { title: 'WASM, two threads', device: 'wasm', threads: 2, restMs: 300 },
} as const satisfies Record<
  string,
  {
    readonly title: string;
    readonly device: 'webgpu' | 'wasm';
    readonly threads: number;
    readonly restMs: number;
  }
>;

export type FieldName = keyof typeof FIELDS;

const NAMES = Object.keys(FIELDS) as FieldName[];

/** Those of a device; all of them when it is left out. */
export const fieldsOf = (device?: 'webgpu' | 'wasm'): readonly FieldName[] =>
  NAMES.filter((name) => device === undefined || FIELDS[name].device === device);

export const isField = (text: string): text is FieldName => Object.hasOwn(FIELDS, text);
