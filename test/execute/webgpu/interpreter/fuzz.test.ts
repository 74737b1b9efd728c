/** Random Programs, others each time, on every adapter: `npm run fuzz` runs more of them. */
import { test } from 'vitest';
import { CHIP_NAMES } from '../../../../src/chip';
import { onInterpreter, onReference } from '../../../fuzz/agreement';
import { fuzz, textOf } from '../../../fuzz/fuzz';
import { runs } from '../../runs';
import { onEveryAdapter } from './adapters';

const PROGRAMS = runs(40);
const SHRINK_MS = 30_000;

onEveryAdapter((on) => {
  test.each(CHIP_NAMES)('agrees with the reference on random Programs for %s', async (chip) => {
    const seed = Math.floor(Math.random() * 2 ** 30);
    const request = { chip, programs: PROGRAMS, seed, shrinkMs: SHRINK_MS };
    const { disagreement } = await fuzz(onReference, onInterpreter(on.interpreter), request);
    if (disagreement === undefined) return;
    const { difference, made, path } = disagreement;
    const again = `npm run fuzz -- --chips ${chip} --seed ${seed} --path ${path} --adapter "${on.name}"`;
    throw new Error(`${difference}\n\n${textOf(made)}\n\nAgain: ${again}`);
  });
});
