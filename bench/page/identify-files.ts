/** Where dropped files go: to the field they were dropped on, or where their names say, or where there is room. Nothing is lost without a word. */
import { OPERANDS, type Operand } from './identify-protocol';

export const LETTERS = Object.keys(OPERANDS) as Operand[];
export const ACCEPTED = '.npy,.safetensors';

export type Files = Readonly<Partial<Record<Operand, File>>>;

export interface Placed {
  readonly files: Files;
  /** A sentence for each file that found no place. */
  readonly problems: readonly string[];
}

/**
 * One file dropped on a field replaces what is there. Others go where their names say (`a.npy`, `B.safetensors`), the rest where
 * no file is yet.
 */
export function placed(files: Files, dropped: readonly File[], field?: Operand): Placed {
  if (dropped.length === 0) return { files, problems: ['What was dropped is no file.'] };
  const problems: string[] = [];
  const fresh: Partial<Record<Operand, File>> = {};
  const readable = dropped.filter((file) => {
    const known = ACCEPTED.split(',').some((ending) => file.name.toLowerCase().endsWith(ending));
    if (!known) problems.push(`${nameOf(file)} was not taken: .npy or .safetensors is required.`);
    return known;
  });
  const others = readable.filter((file) => {
    const letter = dropped.length === 1 && field !== undefined ? field : letterOf(file);
    if (letter === undefined || fresh[letter] !== undefined) return true;
    fresh[letter] = file;
    return false;
  });
  for (const file of others) {
    const free = LETTERS.find((letter) => (fresh[letter] ?? files[letter]) === undefined);
    if (free !== undefined) fresh[free] = file;
    else problems.push(`${nameOf(file)} found no free field: drop it alone on the one that it is for.`);
  }
  return { files: { ...files, ...fresh }, problems };
}

function letterOf({ name }: File): Operand | undefined {
  return LETTERS.find((letter) => new RegExp(`^${letter}(?![a-z])`, 'i').test(name));
}

/** A stranger's name, short enough for a message. */
export function nameOf({ name }: File): string {
  return name.length > 60 ? `${name.slice(0, 40)}…${name.slice(-16)}` : name;
}
