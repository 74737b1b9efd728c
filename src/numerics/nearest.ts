/** What a misspelt name was probably meant to be. */

/** Levenshtein's edit distance. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const substitution = (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** The first of the names that are nearest, if fewer edits than a third of the longer name lead to it. */
export function nearestName(wanted: string, names: Iterable<string>): string | undefined {
  const [first] = [...names]
    // As many edits as the lengths differ by are needed at least; `wanted` may be of any length.
    .filter((name) => 3 * Math.abs(name.length - wanted.length) < Math.max(name.length, wanted.length))
    .map((name) => ({
      name,
      distance: editDistance(wanted, name) / Math.max(wanted.length, name.length),
    }))
    .sort((left, right) => left.distance - right.distance);
  return first && first.distance < 1 / 3 ? first.name : undefined;
}
