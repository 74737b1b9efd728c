/** A tab hidden during a timing: the timing is thrown away, taken again once the tab is visible, and counted. */
import { expect, it } from 'vitest';
import { PageAttention, undisturbed } from '../../bench/attention';
import { measure } from '../../bench/timing';

it('takes a sample again that was disturbed, after waiting for the tab', async () => {
  let clock = 0;
  const attention = new PageAttention(() => clock);
  let runs = 0;
  const runMany = (count: number): Promise<number> => {
    runs++;
    if (runs === 4) {
      attention.set(true);
      setTimeout(() => {
        clock += 5000;
        attention.set(false);
      });
      return Promise.resolve(9999); // as slow as a hidden tab may be
    }
    return Promise.resolve(20 * count);
  };
  const timing = await measure(runMany, { limitMs: 60_000, quantumMs: 1e-6, attention });
  expect(timing.discarded).toBe(1);
  expect(timing.spread.max).toBe(20);
  expect(attention.hiddenMs).toBe(5000);
});

it('does not begin while the tab is hidden, and a stop ends the wait with its own reason', async () => {
  const attention = new PageAttention(() => 0);
  attention.set(true);
  let begun = false;
  const stop = new AbortController();
  const waiting = undisturbed(attention, stop.signal, () => {
    begun = true;
    return Promise.resolve();
  });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(begun).toBe(false);
  attention.set(false);
  expect(begun).toBe(false);
});

it('counts one hiding however often it is told', () => {
  let clock = 10;
  const attention = new PageAttention(() => clock);
  attention.set(true);
  attention.set(true);
  clock = 25;
  expect(attention).toMatchObject({ hidings: 1, hiddenMs: 15 });
  attention.set(false);
  clock = 100;
  attention.set(false);
  expect(attention).toMatchObject({ hidings: 1, hiddenMs: 15 });
});
