/** The beginning of a value as JSON, for messages: of any size and depth, since what was received may be anything. */

/** Characters that are shown. */
const SHOWN = 60;
/** Lists and objects within one another that are shown. */
const DEPTH = 4;

export function excerpt(value: unknown): string {
  if (value === undefined) return 'nothing';
  let text = '';
  for (const piece of pieces(value, DEPTH)) {
    text += piece;
    if (text.length > SHOWN) return `${text.slice(0, SHOWN)}…`;
  }
  return text;
}

function* pieces(value: unknown, depth: number): Generator<string> {
  if (typeof value === 'string') yield quoted(value);
  else if (typeof value === 'number') yield Object.is(value, -0) ? '0' : String(value);
  else if (value === undefined || value === null)
    yield 'null'; // as JSON has what a list lacks
  else if (typeof value === 'boolean') yield String(value);
  else if (typeof value !== 'object') yield typeof value;
  else if (depth === 0) yield '…';
  else if (Array.isArray(value)) {
    yield '[';
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      if (index > 0) yield ',';
      yield* pieces(item, depth - 1);
    }
    yield ']';
  } else {
    yield '{';
    let separator = '';
    for (const [name, field] of Object.entries(value)) {
      yield `${separator}${quoted(name)}:`;
      separator = ',';
      yield* pieces(field, depth - 1);
    }
    yield '}';
  }
}

/** No longer than what can be shown. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN + 1));
}
