/** JSON text that somebody wrote by hand: a mistake of syntax is told with its line and column, which not every engine's parser does. */
import { UserError } from '../../src/numerics';

/**
 * What a text says, without the mark that some editors begin UTF-8 files with.
 *
 * @throws UserError for a mistake of syntax.
 */
export function parsedJSON(text: string, what: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new UserError(`${what} is no JSON: ${syntaxProblem(json)}.`);
  }
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next: `first` is a value or the end of a list or an object that holds nothing yet. */
type Expected = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'separator';

const WORDS = {
  value: 'a value',
  'first value': 'a value or ]',
  name: 'a name in double quotes',
  'first name': 'a name in double quotes or }',
  colon: 'a colon',
  separator: 'a comma or the end of the list or object',
} as const satisfies Record<Expected, string>;

/** The first place at which the text is no JSON, found by following it token by token. */
function syntaxProblem(text: string): string {
  const open: ('[' | '{')[] = [];
  let [at, expected]: [number, Expected] = [0, 'value'];
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
  };
  for (;;) {
    at += match(SPACE).length;
    if (expected === 'separator' && open.length === 0)
      return at < text.length ? `${placeOf(text, at)} it goes on after its end` : 'it cannot be read';
    const next = text[at];
    const inside = open.at(-1);
    if (expected === 'separator' && next === ',') expected = inside === '{' ? 'name' : 'value';
    else if (next === ']' && inside === '[' && (expected === 'separator' || expected === 'first value')) {
      open.pop();
      expected = 'separator';
    } else if (next === '}' && inside === '{' && (expected === 'separator' || expected === 'first name')) {
      open.pop();
      expected = 'separator';
    } else if (expected === 'colon' && next === ':') expected = 'value';
    else if ((expected === 'value' || expected === 'first value') && (next === '[' || next === '{')) {
      open.push(next);
      expected = next === '[' ? 'first value' : 'first name';
    } else {
      const scalar: string = expected === 'separator' || expected === 'colon' ? '' : match(SCALAR);
      const isName: boolean = expected === 'name' || expected === 'first name';
      if (scalar === '' || (isName && !scalar.startsWith('"')))
        return `${placeOf(text, at)} ${WORDS[expected]} must come, ${received(text, at)}`;
      at += scalar.length;
      expected = isName ? 'colon' : 'separator';
      continue;
    }
    at++;
  }
}

function received(text: string, at: number): string {
  if (at >= text.length) return 'and the text ends';
  return `received ${JSON.stringify(text.slice(at, at + 12))}`;
}

function placeOf(text: string, at: number): string {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  return `line ${line}, column ${at - before.lastIndexOf('\n')}:`;
}
