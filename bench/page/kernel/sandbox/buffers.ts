/**
 * Bounds what typed arrays and buffers of a kernel may take together. They lie outside of the heap, which engines bound by themselves,
 * and could fill the machine. What makes one goes through the constructors here: methods that allocate ask the `constructor` of
 * what they are called on (ECMA-262, TypedArraySpeciesCreate), and those that do not ask are taken away.
 */

/** Bytes, of all that were made: none is given back. */
export const MOST_BYTES = 2 ** 28;

/** Methods and functions that allocate past the constructors. */
const PAST = [
  ...['transfer', 'transferToFixedLength', 'resize', 'toReversed', 'toSorted', 'with'],
  ...['fromBase64', 'fromHex'],
] as const;

const NAMES = /^(?:ArrayBuffer|(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array)$/;

type Made = ArrayBuffer | NodeJS.TypedArray;
type Constructor = (new (...values: unknown[]) => Made) & { readonly prototype: object };

// A kernel may change what these are looked up in.
const { apply, construct } = Reflect;
const bytesOfBuffer = getterOf(ArrayBuffer.prototype);
const bytesOfArray = getterOf(Object.getPrototypeOf(Uint8Array.prototype) as object);

function getterOf(prototype: object): () => number {
  const getter: unknown = Reflect.get(Object.getOwnPropertyDescriptor(prototype, 'byteLength') ?? {}, 'get');
  if (typeof getter !== 'function') throw new Error('Invariant violation: no byteLength');
  return getter as () => number;
}

/** Undefined for what is no buffer. */
function sizeOfBuffer(value: unknown): number | undefined {
  try {
    return apply(bytesOfBuffer, value, []);
  } catch {
    return undefined;
  }
}

/** @param global an object whose constructors of buffers and typed arrays are replaced by bounded ones. */
export function boundBuffers(global: object, most = MOST_BYTES): void {
  let bytes = 0;
  /** A view of a buffer takes nothing more. */
  const count = (made: Made, from: unknown): Made => {
    if (sizeOfBuffer(from) === undefined) bytes += sizeOfBuffer(made) ?? apply(bytesOfArray, made, []);
    if (bytes <= most) return made;
    throw new RangeError(`typed arrays of a kernel take at most ${most} bytes together`);
  };
  for (const name of Object.getOwnPropertyNames(global).filter((each) => NAMES.test(each))) {
    const original = Reflect.get(global, name) as Constructor;
    const { prototype } = original;
    const shared: unknown = Object.getPrototypeOf(prototype);
    for (const holder of [original, prototype, shared]) {
      if (typeof holder !== 'object' && typeof holder !== 'function') continue;
      if (holder === null || holder === Object.prototype) continue;
      for (const past of PAST) Reflect.deleteProperty(holder, past);
    }
    const value = new Proxy(original, {
      construct: (target, values: unknown[], newTarget) =>
        count(construct(target, values, newTarget) as Made, values[0]),
    });
    for (const [holder, key] of [
      [global, name],
      [prototype, 'constructor'],
    ] as const) {
      Object.defineProperty(holder, key, { value, writable: true, configurable: true });
    }
  }
}
