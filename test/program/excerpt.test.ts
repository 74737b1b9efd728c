/** What was received, as messages show it: like JSON, and short whatever it is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { UserError } from '../../src/numerics';
import { fromJSON } from '../../src/program';
import { object, size, wrong } from '../../src/program/check';
import { excerpt } from '../../src/program/excerpt';

it('is JSON where that is short', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const json = JSON.stringify(value);
      if (json.length <= 60) expect(excerpt(value)).toBe(json);
      expect(excerpt(value).length).toBeLessThanOrEqual(61);
    }),
  );
});

it('is short of what is deep or huge', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 100_000; depth++) deep = [deep];
  expect(excerpt(deep)).toBe('[[[[…]]]]');
  expect(wrong('x', 'a list', { deep }).message).toBe('x must be a list, received {"deep":[[[…]]]}.');
  expect(excerpt('a'.repeat(1e7))).toHaveLength(61);
  expect(() => fromJSON(deep)).toThrow(UserError);
  expect(() => object<{ a: number }>({ a: size })({ ['b'.repeat(1e6)]: 1 }, 'x')).toThrow(
    /^x has no field "b{59}…\.$/,
  );
});
