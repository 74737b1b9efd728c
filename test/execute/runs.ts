/** How often properties are tried: a browser repeats a part of what Node has tried on the same code. */

export const IN_BROWSER = 'document' in globalThis;

const BROWSER_SHARE = 1 / 4;

/** Runs of a property, given the number in Node. */
export const runs = (inNode: number): number => (IN_BROWSER ? Math.ceil(inNode * BROWSER_SHARE) : inNode);

/** Rounds of a property on an adapter, which the variable RUNS changes in Node to try it for longer. */
export const rounds = (usual: number): number => (IN_BROWSER ? usual : Number(process.env['RUNS'] ?? usual));
