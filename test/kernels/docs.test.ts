/** Every kernel of the library has its section in the docs, where its entry says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LIBRARY } from '../../src/kernels/library';

/** As Markdown's readers make it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-');

const text = readFileSync('docs/kernels.md', 'utf8');
const sections = new Map(
  text.split(/^## /m).map((section) => {
    const [heading = ''] = section.split('\n', 1);
    return [`docs/kernels.md#${anchorOf(heading)}`, section];
  }),
);

test.each(LIBRARY.map(({ name, doc }) => [name, doc] as const))('%s is in %s', (name, doc) => {
  expect(sections.get(doc)).toContain(`\`${name}\``);
});
