import { describe, expect, test } from 'vitest';
import { isKernel, kernel, KernelError, trace, type Kernel, type Nc } from '../../src/kernel';
import { UserError } from '../../src/numerics';
import { tile } from './calls';
import { givenBy, refusalOf, ruleOf } from './tracing';

const HERE = { locate: () => 'here:1:2' };

/** As a caller without types gives it. */
const untyped = <T>(value: unknown) => value as T; // eslint-disable-line @typescript-eslint/no-unnecessary-type-parameters

describe('what the kernel throws', () => {
  test('is told with the kernel and its last call, and is the cause', () => {
    const cause = new TypeError('no such row');
    const error = refusalOf((nc) => {
      nc.memset(tile(nc), { value: 0 });
      throw cause;
    }, HERE);
    expect(error.message).toBe('Kernel "k": no such row (thrown by the kernel, after memset at here:1:2)');
    expect(error.cause).toBe(cause);
    expect(error).toMatchObject({ name: 'KernelError', kernel: 'k' });
    expect(error).toBeInstanceOf(UserError);
  });

  test('before any call, or where the host does not tell the place', () => {
    const error = refusalOf(() => {
      throw new Error('at once');
    });
    expect(error.message).toBe('Kernel "k": at once (thrown by the kernel, before its first call)');
    const text = refusalOf(() => {
      throw 'a string'; // eslint-disable-line @typescript-eslint/only-throw-error -- of any kernel
    });
    expect(text).toMatchObject({
      rule: 'a string (thrown by the kernel, before its first call)',
      cause: 'a string',
    });
  });

  test('a stack overflow is told too', () => {
    const error = refusalOf((nc) => {
      const deeper = (depth: number): number => {
        if (depth === 0) nc.register();
        return deeper(depth + 1) + 1;
      };
      deeper(0);
    }, HERE);
    expect(error.cause).toBeInstanceOf(RangeError);
    expect(error.rule).toMatch(/call stack.* \(thrown by the kernel, after register at here:1:2\)$/);
  });

  test('a stack overflow of loops within loops', () => {
    const error = refusalOf((nc) => {
      const deeper = (): void => {
        nc.fori_loop(0, 2, deeper);
      };
      deeper();
    }, HERE);
    expect(error.message).toMatch(/^Kernel "k"/);
  });

  test('in the body of a loop, with the last call in it', () => {
    const error = refusalOf((nc) => {
      nc.fori_loop(0, 2, () => {
        nc.memset(tile(nc), { value: 0 });
        throw new Error('no');
      });
    }, HERE);
    expect(error.message).toBe('Kernel "k": no (thrown by the kernel, after memset at here:1:2)');
  });

  test('a call that was refused and caught leaves a kernel that goes on', () => {
    const ids = givenBy((nc) => {
      expect(() => {
        nc.memset(tile(nc), {});
      }).toThrow(KernelError);
      nc.memset(tile(nc), { value: 0 });
      return true;
    });
    expect(ids).toBe(true);
  });
});

describe('async', () => {
  const rule =
    'the function must not be async, received a promise: what it calls after an await is in no Program. Read what it needs before trace.';

  test.each<[string, (nc: Nc) => unknown]>([
    [
      'one that ends well',
      async () => {
        await Promise.resolve();
      },
    ],
    [
      'one that fails',
      async () => {
        await Promise.resolve();
        throw new Error('later');
      },
    ],
    ['one that fails at once', () => Promise.reject(new Error('at once'))],
    [
      'one that goes on',
      async (nc) => {
        await Promise.resolve();
        nc.register();
      },
    ],
  ])('%s is refused', async (_, body) => {
    // prettier-ignore
    const made = kernel('k', [], untyped<() => void>(body));
    expect(() => trace(made, { chip: 'trn2', inputs: {} })).toThrow(new KernelError(rule, { kernel: 'k' }));
    await Promise.resolve(); // its own failure is handled
  });

  test('the body of a loop is refused', () => {
    const body = untyped<() => void>(async () => { await Promise.resolve(); }); // prettier-ignore
    expect(refusalOf((nc) => { nc.fori_loop(0, 2, body); })).toMatchObject({ call: 'fori_loop', rule }); // prettier-ignore
    expect(refusalOf((nc) => { nc.while_loop(nc.register(), body); })).toMatchObject({ call: 'while_loop', rule }); // prettier-ignore
  });
});

describe('after the kernel returned', () => {
  const rule = 'the kernel is traced already: calls belong into its function, before it returns.';

  test('calls are refused, and views can still be taken', () => {
    const [nc, view] = givenBy((builder) => [builder, tile(builder)] as const);
    const late: readonly (() => unknown)[] = [
      () => nc.sbuf([1, 1], 'float32'),
      () => nc.hbm('late', [1], 'float32'),
      () => nc.register(),
      () => { nc.memset(view, { value: 0 }); }, // prettier-ignore
      () => { nc.fori_loop(0, 1, () => undefined); }, // prettier-ignore
    ];
    for (const call of late) expect(call).toThrow(rule);
    expect(view.slice(0).shape).toEqual([1, 8]);
  });

  test('or threw', () => {
    let kept: Nc | undefined;
    refusalOf((nc) => {
      kept = nc;
      throw new Error('no');
    });
    expect(() => kept?.register()).toThrow(rule);
  });
});

describe('budget', () => {
  test('of instructions', () => {
    const error = refusalOf((nc) => {
      const one = tile(nc);
      for (;;) nc.memset(one, { value: 0 });
    }, { ...HERE, budget: 10 }); // prettier-ignore
    expect(error).toMatchObject({ call: 'memset', at: 'here:1:2' });
    expect(error.rule).toBe(
      '10 instructions and 1 tensors were made, and the budget is 10: does a loop never end? Otherwise raise the option budget.',
    );
  });

  test('of tensors', () => {
    expect(
      ruleOf(
        (nc) => {
          for (;;) tile(nc);
        },
        { budget: 10 },
      ),
    ).toBe(
      // prettier-ignore
      '0 instructions and 10 tensors were made, and the budget is 10: does a loop never end? Otherwise raise the option budget.',
    );
  });

  test('of views', () => {
    const error = refusalOf((nc) => { const one = tile(nc); for (;;) one.slice(0); }, { ...HERE, budget: 10 }); // prettier-ignore
    expect(error).toMatchObject({ call: 'slice', at: 'here:1:2' });
    expect(error.rule).toBe(
      '160 views were made, and the budget is 10: does a loop never end? Otherwise raise the option budget.',
    );
  });

  test('is a whole number of at least 1', () => {
    const made = kernel('k', [], () => undefined);
    for (const budget of [0, 1.5, NaN]) {
      expect(() => trace(made, { chip: 'trn2', inputs: {}, budget })).toThrow(
        `budget must be a whole number of at least 1, received ${budget}.`,
      );
    }
  });
});

describe('kernel and trace', () => {
  const made = kernel('k', ['x'], () => undefined);
  const traceWith = (options: unknown) => () => trace(made, untyped(options));

  test('tell what they were not given', () => {
    expect(() => kernel('a b', [], () => undefined)).toThrow('The name of a kernel must be ');
    expect(() => kernel('k', ['a b'], () => undefined)).toThrow(
      'The name of an input of kernel "k" must be ',
    );
    expect(() => kernel('k', ['x', 'y', 'x'], () => undefined)).toThrow(
      'Kernel "k" has two inputs "x": names must differ.',
    );
    expect(() => kernel('k', [], untyped<() => void>(5))).toThrow('Kernel "k" takes its function last.');
    expect(() => trace(untyped<Kernel>(5), { chip: 'trn2', inputs: {} })).toThrow('trace takes a kernel first: kernel(name, inputs, function).'); // prettier-ignore
    expect(traceWith({ chip: 'trn2', inputs: {} })).toThrow('input "x" of kernel "k" needs shape and dtype.');
    expect(traceWith({ chip: 'trn2', inputs: { x: { shape: [1] } } })).toThrow(
      'input "x" of kernel "k" needs shape and dtype.',
    );
    expect(traceWith({ chip: 'trn2', inputs: { x: { shape: [1, 0], dtype: 'int8' } } })).toThrow(
      'shape of input "x" must be whole numbers of at least 1, received [1, 0].',
    );
    expect(traceWith({ chip: 'trn2', inputs: { x: { shape: 5, dtype: 'int8' } } })).toThrow(
      'shape of input "x" must be whole numbers of at least 1, received 5.',
    );
    expect(traceWith({ chip: 'trn2', inputs: { y: {} } })).toThrow(
      'inputs of kernel "k" has no option "y": it takes x.',
    );
    expect(traceWith({ chip: 'trn2', inputs: {}, chips: 1 })).toThrow(
      'trace has no option "chips": it takes chip, inputs, budget, locate.',
    );
    expect(traceWith({ chip: 'trn9', inputs: {} })).toThrow(UserError);
  });

  test('a kernel is known as one, and nothing else is', () => {
    expect(isKernel(made)).toBe(true);
    for (const other of [undefined, null, 5, {}, () => undefined]) expect(isKernel(other)).toBe(false);
  });

  test('inputs are tensors of the Program, in order, whatever else is named like them', () => {
    const { program } = trace(
      kernel('k', ['sb', 'b'], (nc) => void nc.sbuf([1, 1], 'float32')),
      { chip: 'trn2', inputs: { b: { shape: [2], dtype: 'int8' }, sb: { shape: [1, 3], dtype: 'float32' } } },
    );
    expect(program).toMatchObject({
      chip: 'trn2',
      tensors: [
        { space: 'hbm', name: 'sb', role: 'input', shape: [1, 3] },
        { space: 'hbm', name: 'b', role: 'input', shape: [2], dtype: 'int8' },
        { space: 'sbuf', name: 'sb.1' },
      ],
    });
  });
});
