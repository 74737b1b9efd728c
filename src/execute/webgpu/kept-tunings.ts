/**
 * What a search for tunings found, kept for the next time under what it holds for: adapter, driver, host, and the code that was
 * measured. A kept document is validated like any input, its tunings must be members of the family as it is now, and kernels made
 * from it are proved before their first use as all are. Nothing depends on it: without one, the safe tuning runs.
 */
import { UserError, type Dtype } from '../../numerics';
import { fusedKernel, TEMPLATES, type KernelSpec } from './kernels';
import type { WebGpuMatmul } from './matmul';
import {
  candidatesFor,
  FIRST_TUNING,
  forEachClass,
  TUNED_CLASSES,
  type Candidate,
  type Choice,
  type Discarded,
  type Tuning,
  type TuningClass,
  type Tunings,
} from './tuning';

/** Where a host keeps texts, by names of letters, digits and hyphens. Each call rejects with the reason when it cannot be done. */
export interface TuningStore {
  /** Name and version of what runs the adapter here, and how many processors there are: the host's part of the key. */
  readonly host: string;
  /** Undefined where there is none. */
  read(name: string): Promise<string | undefined>;
  /** Whole or not at all. */
  write(name: string, text: string): Promise<void>;
  /** How many there were. */
  forget(): Promise<number>;
}

/** @throws UserError for what is none. */
export function checkStore(store: unknown): void {
  const has = (name: string): boolean =>
    typeof store === 'object' && store !== null && typeof Reflect.get(store, name) === 'function';
  if (!['read', 'write', 'forget'].every(has))
    throw new UserError('tunings must be a TuningStore, as browserTunings() or fileTunings() gives.');
}

/** What tunings hold for. */
export interface TuningKey {
  readonly adapter: string;
  readonly driver: string;
  readonly host: string;
  /** The version of the way candidates are measured, and a hash of the text that their kernels are made from. */
  readonly code: string;
}

type Tuned = Pick<WebGpuMatmul, 'gpu' | 'subgroupLanes' | 'probe' | 'adopt'>;

/** To be raised when candidates are measured in another way; a change of the kernels shows by itself. */
const MEASURE_VERSION = 2;
const FORMAT = 'systole tunings';
/** Characters; a document of every class has some thousands. */
const LARGEST = 1_000_000;
/** Bytes that so many characters take at most: what is larger need not be read. */
export const MOST_TUNING_BYTES = 4 * LARGEST;

export function tuningKey(
  { gpu: { device }, subgroupLanes }: Pick<Tuned, 'gpu' | 'subgroupLanes'>,
  host: string,
): TuningKey {
  const { vendor, architecture, device: name, description } = device.adapterInfo;
  const f16 = device.features.has('shader-f16') ? ['shader-f16'] : [];
  return {
    adapter: [vendor, architecture, name, `${subgroupLanes} lanes`, ...f16].filter(Boolean).join(', '),
    driver: description || 'not told',
    host,
    code: codeVersion(),
  };
}

/** One document for each adapter: what another version left is found, told, and written over. */
const nameOf = ({ adapter }: TuningKey): string => `tunings-${hashOf([adapter])}`;

/**
 * Takes what was kept for this adapter; true where there is something. What is kept but cannot be used is told in one line.
 */
export async function takeKept(
  matmul: Tuned,
  store: TuningStore,
  onNote: (line: string) => void,
): Promise<boolean> {
  const key = tuningKey(matmul, store.host);
  try {
    const text = await store.read(nameOf(key));
    if (text === undefined) return false;
    matmul.adopt(readTunings(text, key, matmul.subgroupLanes));
    return true;
  } catch (error) {
    onNote(`Kept tunings are ignored: ${reasonOf(error)}`);
    return false;
  }
}

/** Keeps what a search found; true when it is kept. Where that cannot be, it is told in one line. */
export async function keepFound(
  matmul: Tuned,
  store: TuningStore,
  onNote: (line: string) => void,
): Promise<boolean> {
  const key = tuningKey(matmul, store.host);
  try {
    await store.write(nameOf(key), tuningsText(key, matmul.probe.tunings));
    return true;
  } catch (error) {
    onNote(`Tunings are not kept: ${reasonOf(error)}`);
    return false;
  }
}

/**
 * Takes the kernels that are kept for this adapter, or has them measured by `search`, and keeps what it finds.
 *
 * @param anew measures them even so.
 */
export async function keptOrFound(
  matmul: Tuned,
  store: TuningStore,
  onNote: (line: string) => void,
  search: () => Promise<unknown>,
  anew = false,
): Promise<'kept' | 'measured'> {
  if (!anew && (await takeKept(matmul, store, onNote))) return 'kept';
  await search();
  await keepFound(matmul, store, onNote);
  return 'measured';
}

/** A document of tunings, to be kept or given to others. */
export const tuningsText = (key: TuningKey, tunings: Tunings): string =>
  `${JSON.stringify({ format: FORMAT, ...key, tunings }, null, 1)}\n`;

/** Parts of the key in words, in the order in which they are compared. */
const KEY = {
  adapter: 'another adapter',
  driver: 'another version of the driver',
  code: 'another version of systole',
  host: 'another host or version of it',
} as const satisfies Record<keyof TuningKey, string>;
const KEY_PARTS = Object.keys(KEY) as readonly (keyof TuningKey)[];

/**
 * @param anyHost takes those of another host too, as when a user asks for it.
 * @throws UserError for a text that is no document of tunings, or holds for something else.
 */
export function readTunings(
  text: string,
  key: TuningKey,
  subgroupLanes: number,
  { anyHost = false }: { readonly anyHost?: boolean } = {},
): Tunings {
  if (text.length > LARGEST) throw new UserError(`they have more than ${LARGEST} characters.`);
  const document = recordOf('the text', parsed(text));
  if (document['format'] !== FORMAT) throw new UserError(`format must be "${FORMAT}".`);
  for (const part of KEY_PARTS) {
    const given = document[part];
    if (typeof given !== 'string') throw new UserError(`${part} must be a string.`);
    if (given !== key[part] && !(anyHost && part === 'host'))
      throw new UserError(`they are of ${KEY[part]}: ${shown(given)}, where this is ${shown(key[part])}.`);
  }
  const classes = recordOf('tunings', document['tunings']);
  return forEachClass((name) => choiceOf(name, classes[name], subgroupLanes));
}

function choiceOf(name: TuningClass, value: unknown, subgroupLanes: number): Choice {
  const family = candidatesFor(name, subgroupLanes);
  const { tuning, candidates, discarded } = recordOf(`tunings.${name}`, value);
  const member = (given: unknown): Tuning => {
    const found = family.find((each) => sameTuning(each, given));
    if (found === undefined)
      throw new UserError(`tunings.${name} has a kernel that is none of this adapter's candidates.`);
    return found;
  };
  const measured = listOf(`tunings.${name}.candidates`, candidates).map((each): Candidate => {
    const { tuning, compileMs, gflops } = recordOf(`a candidate of ${name}`, each);
    return { tuning: member(tuning), compileMs: measure(compileMs), gflops: measure(gflops) };
  });
  const winner = member(tuning);
  if (!measured.some((each) => each.tuning === winner))
    throw new UserError(`tunings.${name}.tuning is none of those that were measured.`);
  return {
    tuning: winner,
    candidates: measured,
    discarded: listOf(`tunings.${name}.discarded`, discarded).map((each): Discarded => {
      const { tuning, why } = recordOf(`a discarded candidate of ${name}`, each);
      if (typeof why !== 'string') throw new UserError('why must be a string.');
      return { tuning: member(tuning), why: shown(why) };
    }),
  };
}

function sameTuning(tuning: Tuning, given: unknown): boolean {
  const fields = recordOf('a tuning', given);
  const own = Object.entries(tuning);
  return Object.keys(fields).length === own.length && own.every(([name, value]) => fields[name] === value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError('they are no JSON.');
  }
}

function recordOf(what: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(`${what} must be an object.`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(what: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new UserError(`${what} must be a list.`);
  return value as readonly unknown[];
}

function measure(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new UserError('compileMs and gflops must be numbers of at least 0.');
}

/** One line that a terminal can be given. */
const shown = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ').slice(0, 300);

const reasonOf = (error: unknown): string => shown(error instanceof Error ? error.message : String(error));

/** Kernels of a plain product, which have every part of the template that tunings change. */
const spec = (dtype: Dtype): KernelSpec => ({
  a: dtype,
  b: dtype,
  out: 'float32',
  rounding: 'nearest-even',
  saturate: false,
  decodeA: 'general',
  decodeB: 'general',
  accumulate: false,
  doubleRow: false,
  groups: false,
  barrier: 'none',
  epilogue: {},
  arithmetic: 'native',
});

/** The templates, the family, and a kernel of each width with all that surrounds it: rendering each candidate would take a while. */
function codeVersion(): string {
  const kernels = [TUNED_CLASSES.narrow, TUNED_CLASSES.bytes, TUNED_CLASSES.wide].map(
    ({ dtype }) => fusedKernel(spec(dtype), FIRST_TUNING).source,
  );
  const texts = [...TEMPLATES, JSON.stringify(TUNED_CLASSES), ...kernels];
  return `${MEASURE_VERSION}-${hashOf(texts)}`;
}

/** FNV-1a of 32 bits, in hexadecimal: it tells versions apart, and guards against nobody. */
function hashOf(texts: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
