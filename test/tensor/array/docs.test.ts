import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as np from '../../../src/tensor/array';

const text = readFileSync('docs/arrays.md', 'utf8');

test('docs/arrays.md lists the functions that there are', () => {
  const list = text.slice(text.indexOf('## Functions'), text.indexOf('`at(x, ...index)`'));
  const named = [...list.matchAll(/`([^`]+)`/g)].flatMap(([, names = '']) => names.split(/\s+/));
  expect(named.filter((name) => !(name in np))).toEqual([]);
  const others = ['openArrays', 'openArraysOn', 'describe', 'flatten', 'promote']; // no functions of arrays
  const own = Object.entries(np).filter(
    ([name, value]) => typeof value === 'function' && /^[a-z]/.test(name),
  );
  expect(own.map(([name]) => name).filter((name) => !named.includes(name) && !others.includes(name))).toEqual(
    [],
  );
});

test('its promotion table is that of the code', () => {
  const table = text.slice(text.indexOf('## Which format'), text.indexOf('`dtype` in the options'));
  const examples = [...table.matchAll(/([a-z]+[\w]*), ([a-z]+[\w]*): ([a-z]+[\w]*)/g)].filter(
    ([, , b]) => b !== 'and',
  );
  expect(examples.length).toBeGreaterThan(6);
  for (const [, a, b, both] of examples)
    expect(np.promote('add', a as 'int8', b as 'int8'), `${a ?? ''}, ${b ?? ''}`).toBe(both);
});
