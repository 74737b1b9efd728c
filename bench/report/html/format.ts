/** Numbers and names as people read them. */

export { megabytes, significant } from '../format';

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Words as a sentence of their own. */
export function sentence(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
}

export function extents({ m, n, k }: { readonly m: number; readonly n: number; readonly k: number }): string {
  return `${m} × ${n} × ${k}`;
}

/** At most `most` characters: the middle goes, because a case's name begins with the model and ends with the dtypes. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (most - 1 - head))}`;
}
