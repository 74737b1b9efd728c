/**
 * JSON in which no object has a key twice. JSON.parse keeps the last of equal keys, so that two readers of a file may see different
 * tensors under one name; the format forbids them.
 */
import { UserError } from '../../numerics';

/** The place after the string that opens at `from`: after the first quote with an even number of backslashes before it. */
function afterString(text: string, from: number): number {
  for (let at = from + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
}

const BLANK = /\s*/y;

/** The first key that an object of a valid text has twice. Not recursive: a hostile text may be nested as deep as it is long. */
export function repeatedKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length;) {
    const character = text[at];
    if (character !== '"') {
      if (character === '{' || character === '[') open.push(new Set());
      else if (character === '}' || character === ']') open.pop();
      at++;
      continue;
    }
    const end = afterString(text, at);
    BLANK.lastIndex = end;
    BLANK.test(text);
    if (text[BLANK.lastIndex] === ':') {
      const key = String(JSON.parse(text.slice(at, end)));
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
    at = end;
  }
  return undefined;
}

/** @throws UserError where it is no JSON, or an object has a key twice. */
export function parseUnambiguous(what: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${what} is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const repeated = repeatedKey(text);
  if (repeated === undefined) return value;
  throw new UserError(
    `${what} has the key ${JSON.stringify(repeated.slice(0, 80))} twice in one object: readers would differ on which counts.`,
  );
}
