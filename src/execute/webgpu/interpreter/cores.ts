/**
 * The cores of a run. All of them take the same steps, each on memories of its own; where what an instruction does depends on codes
 * that differ between them, they do it apart. Which elements were ever written is kept once for cores that wrote the same.
 */
import { CHIPS, type ChipName } from '../../../chip';
import { UserError, type CodeArray } from '../../../numerics';
import type { Initialised } from './initialised';

export type CoreList = readonly number[];

/** Cores that have written the same elements so far. */
export interface Party {
  readonly cores: CoreList;
  readonly initialised: Initialised;
}

/** Cores for which what was peeked at holds the same codes: of each operand, its codes. */
export interface Alike {
  readonly cores: CoreList;
  readonly peeked: readonly CodeArray[];
}

/** Cores would have to take different ways, which those that run together cannot. */
export class CoresDifferError extends UserError {
  override readonly name: string = 'CoresDifferError';
}

const coresText = (cores: CoreList): string => `${cores.length === 1 ? 'core' : 'cores'} ${cores.join(', ')}`;

/** @throws UserError when a chip has not so many cores. */
export function checkCores(chip: ChipName, count: number): void {
  const { cores } = CHIPS[chip];
  if (count >= 1 && count <= cores) return;
  throw new UserError(
    `A Program runs on 1 to ${cores} cores of ${chip}, received inputs for ${count}. Give each core its inputs, and run what is left afterwards.`,
  );
}

/** What only one core says is said of it; what all of them say goes without. @throws what `action` throws, with the cores named. */
export function onCores<T>(all: CoreList, cores: CoreList, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw cores.length < all.length ? ofCores(cores, error) : error;
  }
}

/** An error of the user's, with the cores named that met it. */
export const ofCores = (cores: CoreList, error: unknown): unknown =>
  error instanceof UserError
    ? new UserError(`On ${coresText(cores)}: ${error.message}`, { cause: error })
    : error;

/** Cores by the codes that they hold: `peeked` has those of each operand, core after core. */
export function alikeOf(all: CoreList, peeked: readonly (readonly CodeArray[])[]): readonly Alike[] {
  const found: { cores: number[]; peeked: readonly CodeArray[] }[] = [];
  for (const core of all) {
    const own = peeked.flatMap((each) => each[core] ?? []);
    const same = found.find((other) => other.peeked.every((codes, at) => isEqual(codes, own[at])));
    if (same === undefined) found.push({ cores: [core], peeked: own });
    else same.cores.push(core);
  }
  return found;
}

const isEqual = (a: CodeArray, b: CodeArray | undefined): boolean =>
  a.length === b?.length && a.every((code, at) => code === b[at]);

/** Parties that go on writing differently: each core of one is in the same list. */
export function parted(parties: readonly Party[], lists: readonly CoreList[]): readonly Party[] {
  return parties.flatMap(({ cores, initialised }) => {
    const parts = lists
      .map((list) => cores.filter((core) => list.includes(core)))
      .filter((part) => part.length > 0);
    return parts.map((part, at) => ({
      cores: part,
      initialised: at === 0 ? initialised : initialised.copy(),
    }));
  });
}
