/** Slicing: every workgroup takes every pass once and in order, and no slice is longer than its target by the rate known. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Rate, slices, TARGET_MS } from '../../../src/execute/webgpu/slices';

const works = fc.record({
  panels: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
  passWork: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 20 }),
  resumable: fc.integer({ min: 0, max: 20 }),
  most: fc.integer({ min: 1, max: 400 }),
  deepest: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constant(Infinity)),
});

test('slices cover every workgroup and pass once, in order, and keep to the target where they can', () => {
  fc.assert(
    fc.property(works, fc.integer({ min: 1, max: 10_000_000 }), (work, rate) => {
      const done = work.panels.map((count) => new Array<number>(count).fill(0));
      const largest = Math.max(...work.passWork);
      for (const slice of slices(work, () => rate)) {
        const { panel, firstWorkgroup, workgroups, passBegin, passEnd } = slice;
        for (let index = firstWorkgroup; index < firstWorkgroup + workgroups; index++) {
          expect(done[panel]?.[index]).toBe(passBegin);
          done[panel]?.fill(passEnd, index, index + 1);
        }
        const took =
          work.passWork.slice(passBegin, passEnd).reduce((sum, each) => sum + each, 0) * workgroups;
        if (work.resumable > 0) expect(passEnd - passBegin).toBeLessThanOrEqual(work.deepest);
        if (work.resumable > 0)
          expect(took).toBeLessThanOrEqual(Math.max(TARGET_MS * rate, largest * workgroups));
        if (passBegin === 0 && passEnd === work.passWork.length)
          expect(workgroups).toBeLessThanOrEqual(Math.max(work.most, work.resumable));
        if (passBegin > 0) expect(workgroups).toBeLessThanOrEqual(work.resumable);
      }
      for (const panel of done) expect(panel.every((passes) => passes === work.passWork.length)).toBe(true);
    }),
  );
});

test('what is noticed late does not count as slow, and what is noticed together teaches nothing', () => {
  const rate = new Rate(1000, 100);
  rate.learn(1e5, 100.5); // all but half a millisecond of it may be the wait
  expect(rate.perMs).toBe(4000);
  rate.learn(1e5, 0.1);
  expect(rate.perMs).toBe(4000);
  rate.learn(1e6, 600);
  expect(rate.perMs).toBe(2000);
});

test('the rate grows at most fourfold at a time and falls at once', () => {
  const rate = new Rate(1e5);
  rate.learn(1e9, 1);
  expect(rate.perMs).toBe(4e5);
  rate.learn(2e5, 1);
  expect(rate.perMs).toBe(2e5);
});
