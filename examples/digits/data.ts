/**
 * Handwritten digits for examples: 10,000 of MNIST (Yann LeCun and Corinna Cortes; CC BY-SA 3.0) as the package `mnist` has them (MIT), which is a
 * dependency of development only. In memory and in the file that a page fetches they are bytes: images [count, 28, 28], labels [count].
 */
import { stochasticDraws, UserError } from '../../src/numerics';
import { openSafetensors, writeSafetensors, type SafetensorsSource } from '../../src/tensor/safetensors';

type Bytes = Uint8Array<ArrayBuffer>;

export const SIDE = 28;
const PIXELS = SIDE * SIDE;
export const CLASSES = 10;
/** What `splitDigits` leaves for training; the rest is held out. */
export const TRAINED = 8000;

export interface Digits {
  readonly count: number;
  /** Ink of 0 to 255, row-major, one image after another. */
  readonly images: Bytes;
  /** The digit of each image. */
  readonly labels: Bytes;
}

/** The numbers below `count` in an order that seed and epoch choose: Fisher and Yates, each choice biased by less than count / 2^32. */
export function shuffled(count: number, seed: number, epoch = 0): Uint32Array<ArrayBuffer> {
  const order = Uint32Array.from({ length: count }, (_, at) => at);
  const draws = stochasticDraws({ seed, launch: epoch, instance: 0, element: 0 }, count);
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(((draws[last] ?? NaN) * (last + 1)) / 2 ** 32);
    [order[last], order[chosen]] = [order[chosen] ?? NaN, order[last] ?? NaN];
  }
  return order;
}

/** The digits at these places, in this order. */
export function pickDigits({ images, labels }: Digits, places: Uint32Array): Digits {
  const picked = {
    count: places.length,
    images: new Uint8Array(places.length * PIXELS),
    labels: new Uint8Array(places.length),
  };
  for (const [at, place] of places.entries()) {
    picked.images.set(images.subarray(place * PIXELS, (place + 1) * PIXELS), at * PIXELS);
    picked.labels[at] = labels[place] ?? NaN;
  }
  return picked;
}

/** 8,000 to train on and 2,000 held out: the same ones always, whatever a run's seed, so that runs can be compared. */
export function splitDigits(digits: Digits): { readonly train: Digits; readonly heldOut: Digits } {
  const order = shuffled(digits.count, 0);
  return {
    train: pickDigits(digits, order.subarray(0, TRAINED)),
    heldOut: pickDigits(digits, order.subarray(TRAINED)),
  };
}

/** The file that a page fetches. */
export function writeDigits({ count, images, labels }: Digits): AsyncGenerator<Bytes, void, undefined> {
  return writeSafetensors([
    { name: 'images', dtype: 'uint8', shape: [count, SIDE, SIDE], codes: images },
    { name: 'labels', dtype: 'uint8', shape: [count], codes: labels },
  ]);
}

/** @throws UserError for a file of something else. */
export async function readDigits(source: SafetensorsSource): Promise<Digits> {
  const file = await openSafetensors(source);
  const bytes = async (name: string, ...extents: readonly number[]) => {
    const { shape, codes } = await file.read(name);
    if (!(codes instanceof Uint8Array) || shape.slice(1).join() !== extents.join()) {
      throw new UserError(
        `Digits are bytes of 28 x 28 and a byte each as label; "${name}" has the shape [${shape.join(', ')}].`,
      );
    }
    return codes;
  };
  const images = await bytes('images', SIDE, SIDE);
  const labels = await bytes('labels');
  const wrong = labels.find((label) => label >= CLASSES);
  if (wrong !== undefined || images.length !== labels.length * PIXELS) {
    throw new UserError(
      `Every image has a label of 0 to 9; received ${images.length / PIXELS} images, ${labels.length} labels${wrong === undefined ? '' : `, one of them ${wrong}`}.`,
    );
  }
  return { count: labels.length, images, labels };
}

/** For a page: the file lies where scripts/build.js puts it. @throws UserError where it does not. */
export async function fetchDigits(url: string | URL): Promise<Digits> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new UserError(
      `The digits are not at ${String(url)} (${response.status}): node scripts/build.js puts them beside the page.`,
    );
  }
  return readDigits(await response.blob());
}
