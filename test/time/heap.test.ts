/** The queue of events: in order of time, and of equal times in order of being put in. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/time/heap';

test('events come out in order of time, equal ones in the order in which they went in', () => {
  // Few times, so that many are equal; true takes one out in between.
  const step = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new EventQueue(1);
      const waiting: { readonly time: number; readonly item: number }[] = [];
      const takeOne = () => {
        waiting.sort((a, b) => a.time - b.time || a.item - b.item);
        const first = waiting.shift();
        expect(queue.time).toBe(first?.time ?? NaN);
        expect(queue.pop()).toBe(first?.item ?? -1);
      };
      steps.forEach((time, item) => {
        if (time === undefined) takeOne();
        else {
          queue.push(time, item);
          waiting.push({ time, item });
        }
        expect(queue.size).toBe(waiting.length);
      });
      while (waiting.length > 0) takeOne();
      expect(queue.pop()).toBe(-1);
    }),
  );
});
