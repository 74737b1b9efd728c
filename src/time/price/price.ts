/** A price: what an hour of a core, a chip or an instance costs. It is the user's to give, or one of the dated examples. */
import type { ChipName } from '../../chip';
import { nearestName, UserError } from '../../numerics';
import { exampleOf, sourceOf } from './examples';
import { INSTANCE_NAMES, INSTANCES, isInstance, type InstanceName } from './instances';
import { MOST_PRICE, numberText, requireAbove0 } from './numbers';

export const PRICED = ['core', 'chip', 'instance'] as const;

export type Priced = (typeof PRICED)[number];

export interface Price {
  /** Above 0. */
  readonly usdPerHour: number;
  readonly per: Priced;
  /** Which instance; of a price per instance it says how many chips are paid for. */
  readonly instance?: InstanceName | undefined;
  /** Where it comes from, with its date; the user's own when left out. */
  readonly source?: string | undefined;
}

/** @throws UserError for a price that is none, or of an instance with other chips. */
export function requirePrice(price: Price, chip: ChipName): void {
  requireAbove0('price, in USD per hour,', price.usdPerHour, MOST_PRICE);
  if (price.instance === undefined) return;
  const { chip: own } = INSTANCES[price.instance];
  if (own === chip) return;
  throw new UserError(
    `price must be of an instance with ${chip}, received one of ${price.instance}, which has ${own}.`,
  );
}

export function priceText({ usdPerHour, per, instance, source }: Price): string {
  const what = per === 'instance' ? (instance ?? 'an instance') : `a ${per}`;
  return `An hour of ${what} costs $${numberText(usdPerHour)}: ${source ?? 'the price that was given'}.`;
}

const FORMS =
  'USD per hour as in 0.28/core, 2.235/chip or 21.5/trn1.32xlarge, or an instance whose example price is to be taken, as trn1.32xlarge';

/**
 * `AMOUNT/core`, `AMOUNT/chip`, `AMOUNT/instance`, `AMOUNT/INSTANCE`, or the name of an instance that has an example price.
 *
 * @throws UserError for another text.
 */
export function parsePrice(text: string): Price {
  const slash = text.indexOf('/');
  if (slash < 0) return exampleFor(text.trim());
  const amount = text.slice(0, slash).trim();
  const what = text.slice(slash + 1).trim();
  const usdPerHour = amount === '' ? NaN : Number(amount);
  if (!(usdPerHour > 0 && usdPerHour < Infinity)) {
    throw new UserError(`A price must be above 0, ${FORMS}; received "${text}".`);
  }
  const per = PRICED.find((each) => each === what);
  if (per !== undefined) return { usdPerHour, per };
  if (isInstance(what)) return { usdPerHour, per: 'instance', instance: what };
  throw new UserError(
    `A price is of a ${PRICED.join(', ')} or ${INSTANCE_NAMES.join(', ')}, received "${what}"${meant(what, [...PRICED, ...INSTANCE_NAMES])}.`,
  );
}

const meant = (word: string, known: readonly string[]): string => {
  const nearest = nearestName(word, known);
  return nearest === undefined ? '' : `; the nearest is ${nearest}`;
};

function exampleFor(name: string): Price {
  const example = exampleOf(name);
  if (example !== undefined && isInstance(name)) {
    return { usdPerHour: example.perHour, per: 'instance', instance: name, source: sourceOf(example) };
  }
  if (isInstance(name)) {
    throw new UserError(`There is no example price of ${name}: give one, as in 100/${name}.`);
  }
  throw new UserError(`A price is ${FORMS}; received "${name}"${meant(name, INSTANCE_NAMES)}.`);
}
