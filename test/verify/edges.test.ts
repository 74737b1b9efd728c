/** Edges that authors add: which can be kept, and the circles they make. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProgram } from '../../src/program';
import type { Program } from '../../src/program';
import { verifyProgram } from '../../src/verify';

/** A Program of memsets to one tile, each with its edges; loops are `[id, body]`. */
type Node =
  readonly [id: string, after: readonly string[]] | readonly [id: string, body: readonly Node[], loop: true];

function linesOf(nodes: readonly Node[]): string[] {
  return nodes.flatMap((node) => {
    if (node.length === 3) return [`${node[0]} fori $${node[0]} = 0 to 2 step 1 {`, ...linesOf(node[1]), '}'];
    const [id, after] = node;
    return [
      `${id} vector memset t p0:4 [1,8] = code 0${after.length > 0 ? `; after ${after.join(', ')}` : ''}`,
    ];
  });
}

const programOf = (...nodes: readonly Node[]): Program =>
  parseProgram(
    ['program trn2', 'sbuf t float32 partitions 0:4 elements 8 address 0', ...linesOf(nodes)].join('\n'),
  );

const found = (...nodes: readonly Node[]) =>
  verifyProgram(programOf(...nodes)).findings.map(({ code, operand, received }) =>
    [code, ...(operand === undefined ? [] : [operand]), received].join(' '),
  );

describe('an edge', () => {
  test('leads to an instruction of the same body, earlier or later, or of a body around it', () => {
    expect(found(['a', ['b']], ['b', []], ['c', ['a', 'b']])).toEqual([]);
    expect(
      found(
        ['a', []],
        [
          'l',
          [
            ['b', ['a']],
            ['m', [['c', ['a', 'b']]], true],
          ],
          true,
        ],
      ),
    ).toEqual([]);
  });

  test('leads to no instruction that is missing, nor to a loop, nor to itself', () => {
    expect(found(['a', ['a', 'x', 'l']], ['l', [['b', []]], true])).toEqual([
      'SYS108 after[0] "a", which is the instruction itself',
      'SYS108 after[1] "x", which no instruction is called',
      'SYS108 after[2] "l", which is a loop',
    ]);
  });

  test('leads neither into a loop nor from one loop into another', () => {
    expect(found(['l', [['b', []]], true], ['a', ['b']])).toEqual([
      'SYS108 after[0] "b" in loop "l", in which this instruction is not',
    ]);
    expect(found(['l', [['b', []]], true], ['m', [['c', ['b']]], true])).toEqual([
      'SYS108 after[0] "b" in loop "l", in which this instruction is not',
    ]);
    expect(
      found([
        'l',
        [
          ['m', [['c', []]], true],
          ['b', ['c']],
        ],
        true,
      ]),
    ).toEqual(['SYS108 after[0] "c" in loop "m", in which this instruction is not']);
  });
});

describe('edges in a circle', () => {
  test('are named, each circle where it is entered', () => {
    expect(found(['a', ['b']], ['b', ['c']], ['c', ['a']], ['d', ['e']], ['e', ['d', 'a']])).toEqual([
      'SYS109 a after b, b after c, c after a',
      'SYS109 d after e, e after d',
    ]);
    expect(
      found([
        'l',
        [
          ['a', ['b']],
          ['b', ['a']],
        ],
        true,
      ]),
    ).toEqual(['SYS109 a after b, b after a']);
  });

  test('are shortened when there are many', () => {
    const ring = Array.from({ length: 100 }, (_, index): Node => [`n${index}`, [`n${(index + 1) % 100}`]]);
    expect(found(...ring)).toEqual([
      'SYS109 n0 after n1, n1 after n2, n2 after n3, n3 after n4, n4 after n5, n5 after n6, n6 after n7, n7 after n8 and 92 more, back to n0',
    ]);
  });

  test('a chain as long as a Program is none', () => {
    const chain = Array.from({ length: 50_000 }, (_, index): Node => [
      `n${index}`,
      index > 0 ? [`n${index - 1}`] : [],
    ]);
    expect(found(...chain)).toEqual([]);
    expect(found(...[...chain].reverse())).toEqual([]);
  });

  test('are told just when no order keeps all edges', () => {
    const graph = fc
      .integer({ min: 1, max: 8 })
      .chain((size) =>
        fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }),
      );
    fc.assert(
      fc.property(graph, (given) => {
        const edges = given.map((all, index) => all.filter((producer) => producer !== index));
        // Takes away whatever waits for nothing that is left, again and again.
        let left = edges.map((_, index) => index);
        for (let before = Infinity; left.length < before;) {
          before = left.length;
          left = left.filter((index) => edges[index]?.some((producer) => left.includes(producer)));
        }
        const codes = found(...edges.map((all, index): Node => [`n${index}`, all.map((each) => `n${each}`)]));
        expect(codes.length > 0).toBe(left.length > 0);
      }),
      { numRuns: 500 },
    );
  });
});
