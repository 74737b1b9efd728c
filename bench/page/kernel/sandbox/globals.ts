/**
 * Takes from a worker what a kernel has no use of. The frame's policy forbids the network and its origin has no storage
 * in any case; without the names, a kernel that tries is told so at its own line, and what a browser adds is not there either.
 */

/** ECMAScript's own globals (ECMA-262, chapter 19), but for WebAssembly's relatives: shared memory and waiting. */
export const KEPT: ReadonlySet<string> = new Set([
  ...['globalThis', 'Infinity', 'NaN', 'undefined', 'eval', 'isFinite', 'isNaN', 'parseFloat', 'parseInt'],
  ...['decodeURI', 'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'escape', 'unescape'],
  ...[
    'Object',
    'Function',
    'Boolean',
    'Symbol',
    'Number',
    'BigInt',
    'String',
    'RegExp',
    'Date',
    'Math',
    'JSON',
  ],
  ...['Error', 'AggregateError', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError'],
  ...['URIError', 'SuppressedError', 'Array', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Iterator'],
  ...['ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array'],
  ...['Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array', 'Float16Array', 'Float32Array'],
  ...['Float64Array', 'Promise', 'Proxy', 'Reflect', 'FinalizationRegistry', 'Intl'],
]);

/**
 * Removes every other property of the global object and of its prototypes, up to that of all objects.
 *
 * @returns names that could not be removed.
 */
export function strip(global: object): readonly string[] {
  const left: string[] = [];
  for (let holder = global; holder !== Object.prototype;) {
    const next: unknown = Object.getPrototypeOf(holder);
    for (const key of Reflect.ownKeys(holder)) {
      if (typeof key === 'symbol' || KEPT.has(key)) continue;
      if (!Reflect.deleteProperty(holder, key)) left.push(key);
    }
    if (typeof next !== 'object' || next === null) break;
    holder = next;
  }
  return left;
}
