/**
 * The digits out of the package `mnist`, in Node. It has them by class, a JSON text of each: ink divided by 255 and rounded to three
 * decimals, from which rounding gives every one of the 256 levels back.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CLASSES, SIDE, type Digits } from './data';

/** The ink of one class. `from` is where the package is looked up. */
function inkOf(digit: number, from: string): Uint8Array<ArrayBuffer> {
  const main = createRequire(join(from, 'package.json')).resolve('mnist');
  const text = readFileSync(join(main, '..', 'digits', `${digit}.json`), 'utf8');
  const { data } = JSON.parse(text) as { readonly data: readonly number[] };
  return Uint8Array.from(data, (level) => Math.round(level * 255));
}

/** All 10,000, class by class as the package has them. */
export function packageDigits(from = process.cwd()): Digits {
  const classes = Array.from({ length: CLASSES }, (_, digit) => inkOf(digit, from));
  const labels = classes.flatMap((ink, digit) => Array<number>(ink.length / (SIDE * SIDE)).fill(digit));
  const images = new Uint8Array(labels.length * SIDE * SIDE);
  let at = 0;
  for (const ink of classes) {
    images.set(ink, at);
    at += ink.length;
  }
  return { count: labels.length, images, labels: Uint8Array.from(labels) };
}
