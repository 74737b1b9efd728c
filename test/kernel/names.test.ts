/** Names of tensors, instructions, loops and registers never collide, whatever authors choose. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Names } from '../../src/kernel/names';

/** Names that look like those that are given out, so that collisions are likely. */
const asked = fc
  .tuple(
    fc.constantFrom('x', 'y', 'x.y'),
    fc.array(fc.constantFrom('1', '2', '3', '01', '10'), { maxLength: 3 }),
  )
  .map(([name, numbers]) => [name, ...numbers].join('.'));

test('Every name is given out once, and a name that is free is kept', () => {
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 40 }), (wanted) => {
      const names = new Names();
      const given = new Set<string>();
      for (const name of wanted) {
        const unique = names.unique(name);
        expect(given.has(unique)).toBe(false);
        expect(unique.startsWith(name)).toBe(true);
        if (!given.has(name)) expect(unique).toBe(name);
        given.add(unique);
      }
    }),
    { numRuns: 2000 },
  );
});

test('What is named alike is numbered in order, past numbers that were asked for', () => {
  const names = new Names();
  expect(['i', 'i', 'i.3', 'i', 'i', 'i.3'].map((name) => names.unique(name))).toEqual([
    'i',
    'i.1',
    'i.3',
    'i.2',
    'i.4',
    'i.3.1',
  ]);
});
