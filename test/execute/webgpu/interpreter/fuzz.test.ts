/** Random Programs, others each time, on every adapter: `npm run fuzz` runs more of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHIP_NAMES } from '../../../../src/chip';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import type { Host } from '../../../../src/host';
import { onInterpreter, onReference } from '../../../fuzz/agreement';
import { fuzz, textOf } from '../../../fuzz/fuzz';
import { runs } from '../../runs';
import { ADAPTERS, open } from '../devices';

const PROGRAMS = runs(40);
const SHRINK_MS = 30_000;

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  let interpreter: WebGpuInterpreter;
  beforeAll(async () => {
    host = await open(name);
    interpreter = await WebGpuInterpreter.create(host.device);
  });
  afterAll(() => {
    expect(interpreter.liveBytes).toBe(0);
    host.close();
  });

  test.each(CHIP_NAMES)('agrees with the reference on random Programs for %s', async (chip) => {
    const seed = Math.floor(Math.random() * 2 ** 30);
    const request = { chip, programs: PROGRAMS, seed, shrinkMs: SHRINK_MS };
    const { disagreement } = await fuzz(onReference, onInterpreter(interpreter), request);
    if (disagreement === undefined) return;
    const { difference, made, path } = disagreement;
    const again = `npm run fuzz -- --chips ${chip} --seed ${seed} --path ${path} --adapter "${name}"`;
    throw new Error(`${difference}\n\n${textOf(made)}\n\nAgain: ${again}`);
  });
});
