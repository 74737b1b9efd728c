/** Edges that authors add: depends_on of what an instruction's call returns, and no_reorder. */
import { describe, expect, test } from 'vitest';
import type { Issued, Nc } from '../../src/kernel';
import { isLoop, parseProgram, printProgram } from '../../src/program';
import type { ProgramNode } from '../../src/program';
import { verifyProgram } from '../../src/verify';
import { CALLS, callUntyped, tile } from './calls';
import { refusalOf, ruleOf, traced, type Body } from './tracing';

/** Ids of instructions with their edges, those of loops within them. */
const edgesIn = (nodes: readonly ProgramNode[]): Record<string, unknown> =>
  Object.fromEntries(nodes.map((node) => [node.id, isLoop(node) ? edgesIn(node.body) : node.after]));

const edgesBy = (body: Body<void>) => edgesIn(traced(body).program.instructions);

const set = (nc: Nc, name: string): Issued => nc.memset(tile(nc), { value: 0, name });

describe('depends_on', () => {
  test('adds edges, in one call or in several, each once, to earlier and later instructions', () => {
    const found = edgesBy((nc) => {
      const [a, b, c, d] = [set(nc, 'a'), set(nc, 'b'), set(nc, 'c'), set(nc, 'd')];
      c.depends_on(b, a);
      d.depends_on(b).depends_on(a).depends_on(b);
      a.depends_on(b);
      b.depends_on();
    });
    expect(found).toEqual({ a: ['b'], b: undefined, c: ['b', 'a'], d: ['b', 'a'] });
  });

  test('is of what every instruction returns, and names it by its id', () => {
    for (const opcode of Object.keys(CALLS) as (keyof typeof CALLS)[]) {
      const chip = { chip: 'trn3' } as const;
      const { program, given } = traced((nc) => {
        const first = set(nc, 'first');
        const [dst, options] = CALLS[opcode](nc);
        const issued = callUntyped(nc, opcode, dst, { ...options, name: 'first' }) as Issued;
        return issued.depends_on(first).id;
      }, chip);
      expect(given).toBe('first.1');
      expect(program.instructions.at(-1)).toMatchObject({ opcode, id: 'first.1', after: ['first'] });
    }
  });

  test('leads from a loop’s body to what is around it, which the verifier takes, and not out of it', () => {
    const { program } = traced((nc) => {
      const t = tile(nc);
      const outer = nc.memset(t, { value: 0, name: 'outer' });
      let inner: Issued | undefined;
      nc.fori_loop(0, 2, () => {
        inner = nc.memset(t, { value: 1, name: 'inner' }).depends_on(outer);
      });
      if (inner !== undefined) nc.memset(t, { value: 1, name: 'last' }).depends_on(inner);
    });
    expect(verifyProgram(program).findings).toMatchObject([
      { code: 'SYS108', instruction: 'last', operand: 'after[0]' },
    ]);
  });

  test('survives the text of the Program', () => {
    const { program } = traced((nc) => {
      const first = set(nc, 'a');
      set(nc, 'b').depends_on(first);
    });
    expect(printProgram(program)).toContain('= code 0; after a @ ');
    expect(parseProgram(printProgram(program))).toEqual(program);
  });

  test('refuses itself, what is no instruction, and those of other kernels, at the place of the call', () => {
    const wrong = (of: (first: Issued) => unknown) =>
      ruleOf((nc) => {
        const first = set(nc, 'a');
        first.depends_on(of(first) as Issued);
      });
    expect(wrong((first) => first)).toBe('"a" cannot depend on itself.');
    for (const [value, received] of [
      ['a', 'string'],
      [null, 'null'],
      [undefined, 'undefined'],
    ] as const) {
      expect(wrong(() => value)).toBe(
        `depends_on takes instructions, as calls like nc.dma_copy(...) return them, received ${received}.`,
      );
    }
    const other = traced((nc) => set(nc, 'b')).given;
    expect(wrong(() => other)).toBe('depends_on takes instructions of its kernel, received "b" of another.');
    const refused = refusalOf((nc) => {
      const first = set(nc, 'a');
      first.depends_on(first);
    });
    expect(refused).toMatchObject({
      call: 'depends_on',
      at: expect.stringContaining('edges.test.ts:') as string,
    });
  });

  test('is over when the kernel is traced', () => {
    const issued = traced((nc) => set(nc, 'a')).given;
    expect(() => issued.depends_on()).toThrow('the kernel is traced already');
  });
});

describe('no_reorder', () => {
  test('lets each instruction come after the one before, also in functions that are called', () => {
    const found = edgesBy((nc) => {
      set(nc, 'before');
      nc.no_reorder(() => {
        set(nc, 'a');
        nc.register(3, 'r');
        for (const name of ['b', 'c']) set(nc, name);
      });
      set(nc, 'after');
      nc.no_reorder(() => {
        set(nc, 'd');
      });
    });
    expect(Object.entries(found)).toEqual([
      ['before', undefined],
      ['a', undefined],
      ['i', ['a']],
      ['b', ['i']],
      ['c', ['b']],
      ['after', undefined],
      ['d', undefined],
    ]);
  });

  test('within another goes on with its order, and takes more edges', () => {
    const found = edgesBy((nc) => {
      const first = set(nc, 'a');
      nc.no_reorder(() => {
        set(nc, 'b');
        nc.no_reorder(() => set(nc, 'c'));
        set(nc, 'd').depends_on(first);
      });
    });
    expect(found).toEqual({ a: undefined, b: undefined, c: ['b'], d: ['c', 'a'] });
  });

  test('may be in the body of a loop, and has none itself', () => {
    const found = edgesBy((nc) => {
      nc.fori_loop(0, 2, () => {
        nc.no_reorder(() => {
          set(nc, 'a');
          set(nc, 'b');
        });
      });
    });
    expect(found).toEqual({ loop: { a: undefined, b: ['a'] } });
    const looped = ruleOf((nc) => {
      nc.no_reorder(() => {
        nc.fori_loop(0, 2, () => undefined);
      });
    });
    expect(looped).toMatch(
      /^a loop over a register cannot be within no_reorder, .*: call no_reorder in its body\.$/,
    );
  });

  test('ends where its body throws, and takes no async function', () => {
    const found = edgesBy((nc) => {
      expect(() => {
        nc.no_reorder(() => {
          set(nc, 'a');
          throw new Error('stop');
        });
      }).toThrow('stop');
      set(nc, 'b');
    });
    expect(found).toEqual({ a: undefined, b: undefined });
    const body = (async () => { await Promise.resolve(); }) as unknown as () => void; // prettier-ignore
    expect(ruleOf((nc) => { nc.no_reorder(body); })).toContain('must not be async'); // prettier-ignore
  });
});
