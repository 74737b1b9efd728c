/**
 * Where the author made a call. V8 hands out structured call sites, which cost about a microsecond for the one frame that is
 * wanted; elsewhere the first line of the text of the stack is read. Either way the engine itself leaves out the frames of
 * the called function and of all that it called, so that a bundle which holds kernels and this file at once works too.
 */
interface Location {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** A function that authors call. */
export type Callee = (...parameters: never[]) => unknown;

/** What V8 has of Error; the others have none of it, or the first, with text instead of call sites. */
interface StackTraces {
  readonly captureStackTrace?: (target: object, above: Callee) => void;
  prepareStackTrace?: unknown;
  stackTraceLimit?: number | undefined;
}

const firstSite = (_error: unknown, sites: readonly NodeJS.CallSite[]) => sites[0];

/** The frame that called `callee`: a call site, or the text of the stack from there. */
function frameAbove(callee: Callee): unknown {
  const traces: StackTraces = Error;
  if (traces.captureStackTrace === undefined) return undefined;
  const { prepareStackTrace, stackTraceLimit } = traces;
  const holder: { readonly stack?: unknown } = {};
  traces.prepareStackTrace = firstSite;
  traces.stackTraceLimit = 1;
  try {
    traces.captureStackTrace(holder, callee);
    return holder.stack; // formatted when it is first read: while our function is in place
  } finally {
    traces.stackTraceLimit = stackTraceLimit;
    traces.prepareStackTrace = prepareStackTrace;
  }
}

const isSite = (frame: unknown): frame is NodeJS.CallSite =>
  typeof frame === 'object' && frame !== null && 'getLineNumber' in frame;

/** Lines of a stack: `at f (FILE:LINE:COLUMN)` and `at FILE:LINE:COLUMN` of V8, `f@FILE:LINE:COLUMN` of the others. */
const FRAMES = [
  /^at .*? \((.*):(\d+):(\d+)\)$/,
  /^at (?:async )?(.*):(\d+):(\d+)$/,
  /^[^@]*@(.*):(\d+):(\d+)$/,
] as const;

/** The place in the first line of a stack that has one. */
export function parseFrame(stack: string): Location | undefined {
  for (const text of stack.split('\n')) {
    for (const frame of FRAMES) {
      const found = frame.exec(text.trim());
      if (found !== null) return { file: found[1] ?? '', line: Number(found[2]), column: Number(found[3]) };
    }
  }
  return undefined;
}

/** Where `callee`, which is running, was called; undefined where the host does not tell. */
export function callerOf(callee: Callee): Location | undefined {
  const frame = frameAbove(callee);
  if (typeof frame === 'string') return parseFrame(frame);
  if (!isSite(frame)) return undefined;
  const file = frame.getScriptNameOrSourceURL() ?? '';
  return { file, line: frame.getLineNumber() ?? 0, column: frame.getColumnNumber() ?? 0 };
}

const withoutScheme = (place: string) => (place.startsWith('file://') ? decodeURI(place.slice(7)) : place);

/** Lines of a file have fewer columns than this. */
const COLUMNS = 2 ** 24;

/** Gives places as file:line:column, one string for each place however often it is called from. */
export class Locator {
  readonly #map: (location: string) => string | undefined;
  /** By file, then by line and column: no text is made of a place that is known. */
  readonly #texts = new Map<string, Map<number, string | undefined>>();

  /** `map` leads from a place in what runs to the place in what was written, or to none. */
  constructor(map: (location: string) => string | undefined = (location) => location) {
    this.#map = map;
  }

  callerOf(callee: Callee): string | undefined {
    const found = callerOf(callee);
    if (found === undefined) return undefined;
    const { file, line, column } = found;
    let texts = this.#texts.get(file);
    if (texts === undefined) this.#texts.set(file, (texts = new Map<number, string | undefined>()));
    const place = line * COLUMNS + column;
    let text = texts.get(place);
    if (text === undefined) texts.set(place, (text = this.#map(withoutScheme(`${file}:${line}:${column}`))));
    return text;
  }
}
