/** Some libraries start as many threads as there are processors, or half as many, and know no other setting. */
export async function showingProcessors<T>(count: number, work: () => Promise<T>): Promise<T> {
  if (!('navigator' in globalThis)) return work();
  Object.defineProperty(navigator, 'hardwareConcurrency', { configurable: true, value: count });
  try {
    return await work();
  } finally {
    Reflect.deleteProperty(navigator, 'hardwareConcurrency'); // the real one is inherited
  }
}
