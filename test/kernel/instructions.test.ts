import { describe, expect, test } from 'vitest';
import { ISA, programProblem } from '../../src/isa';
import type { Nc } from '../../src/kernel';
import { FORMS, isLoop, OPCODES } from '../../src/program';
import type { Form, Opcode } from '../../src/program';
import { CALLS, callUntyped, column, tile } from './calls';
import { givenBy, instructionsBy, onlyBy, refusalOf, ruleOf, traced } from './tracing';

/** Filled in by the builder where they are left out (matmuls), or given by another name (memset). */
const EASED: Readonly<Record<string, readonly string[]>> = { nc_matmul: ['accumulate', 'performance'], nc_matmul_mx: ['accumulate'], memset: ['code'] }; // prettier-ignore

/** The first argument of instructions without dst. */
const FIRST = ['register', 'src_seeds'];

/** The smallest call, with options changed as told. */
function call(nc: Nc, opcode: Opcode, change: (options: Record<string, unknown>) => void = () => undefined) {
  const [dst, given] = CALLS[opcode](nc);
  const options: Record<string, unknown> = { ...given };
  change(options);
  callUntyped(nc, opcode, dst, options);
}

describe.each(OPCODES)('%s', (opcode) => {
  const form: Form = FORMS[opcode];
  const operands = { ...form.sources, ...form.results };

  test('is called with its operands by name, and makes a legal instruction of its form', () => {
    const chip = ISA[opcode].chips.includes('trn2') ? 'trn2' : 'trn3';
    const { program, given } = traced(
      (nc) => {
        const [dst, options] = CALLS[opcode](nc);
        callUntyped(nc, opcode, dst, options);
        return Object.keys(options);
      },
      { chip },
    );
    expect(programProblem(program)).toBeUndefined();
    const made = program.instructions.at(-1);
    if (made === undefined || isLoop(made)) throw new Error('no instruction');
    expect(made.opcode).toBe(opcode);
    expect(made.engine).toBe(ISA[opcode].engines[0]);
    expect(made.at).toMatch(/calls\.ts:\d+:\d+$/);
    const told = Object.keys({ ...made.sources, ...made.results, ...made.attributes });
    expect(told).toEqual(
      expect.arrayContaining(given.filter((name) => name !== 'value' || opcode !== 'memset')),
    );
    const needed = Object.entries({ ...form.sources, ...form.attributes }).filter(([, one]) => !one.optional);
    expect(told).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
  });

  const required = Object.entries({ ...form.attributes, ...operands }).filter(
    ([name, { optional }]) =>
      !optional && !EASED[opcode]?.includes(name) && !(form.dst === null && FIRST.includes(name)),
  );
  if (required.length > 0) {
    test.each(required)('is refused without %s', (name, { what }) => {
      const error = refusalOf((nc) => {
        call(nc, opcode, (options) => Reflect.deleteProperty(options, name));
      });
      expect(error).toMatchObject({ call: opcode, rule: `${name} is missing: ${what}.` });
    });
  }

  test('is refused with an option that it has not, and the nearest is told', () => {
    const unknown = ruleOf((nc) => {
      call(nc, opcode, (options) => (options['zzzzzzzz'] = 1));
    });
    expect(unknown).toMatch(
      new RegExp(`^${opcode} has no option "zzzzzzzz"\\. It takes (.*, )?engine, name\\.$`),
    );
    const misspelt = ruleOf((nc) => {
      call(nc, opcode, (options) => (options['engin'] = 'vector'));
    });
    expect(misspelt).toMatch(`${opcode} has no option "engin": did you mean engine? It takes `);
  });

  test('is refused without a destination of its kind', () => {
    const rule = ruleOf((nc) => {
      const [, options] = CALLS[opcode](nc);
      callUntyped(nc, opcode, 5, options);
    });
    expect(rule).toBe(
      'src_seeds' in form.sources
        ? 'src_seeds must be a view of a tensor in SBUF or PSUM, received 5.'
        : form.dst === null
          ? 'the first argument must be a register (nc.register), received 5.'
          : `dst, the first argument, must be a view of a tensor${form.dst.place === 'chip' ? ' in SBUF or PSUM' : ''}, received 5.`,
    );
  });

  test('is refused without options', () => {
    const rule = ruleOf((nc) => {
      callUntyped(nc, opcode, CALLS[opcode](nc)[0], undefined);
    });
    expect(rule).toBe(
      `${opcode} takes its destination, and its operands by their names as the second argument.`,
    );
  });
});

describe('operands', () => {
  test('a scalar is a constant or a tile under one name', () => {
    const constant = onlyBy('tensor_scalar', (nc) => {
      nc.tensor_scalar(tile(nc), { data: tile(nc), op0: 'add', operand0: 2 });
    });
    expect(constant.attributes).toEqual({ op0: 'add', operand0: 2 });
    expect(Object.keys(constant.sources)).toEqual(['data']);
    const asTile = onlyBy('tensor_scalar', (nc) => {
      nc.tensor_scalar(tile(nc), { data: tile(nc), op0: 'add', operand0: column(nc) });
    });
    expect(asTile.attributes).toEqual({ op0: 'add' });
    expect(Object.keys(asTile.sources)).toEqual(['data', 'operand0']);
  });

  test('of the wrong kind', () => {
    const ruleFor = (value: (nc: Nc) => unknown) =>
      ruleOf((nc) => {
        call(nc, 'tensor_copy', (options) => (options['src'] = value(nc)));
      });
    const rule = (value: unknown) => ruleFor(() => value);
    const must = 'src must be a view of a tensor in SBUF or PSUM, received';
    expect(rule('x')).toBe(`${must} x.`);
    expect(rule(null)).toBe(`${must} null.`);
    expect(rule([1])).toBe(`${must} a list.`);
    expect(rule({})).toBe(`${must} an object.`);
    expect(ruleFor((nc) => nc.hbm('h', [32, 8], 'float32'))).toBe(`${must} a view of "h" in hbm.`);
    expect(ruleFor((nc) => nc.register(0, 'count'))).toBe(`${must} register "count".`);
    expect(ruleFor((nc) => nc.register(0, 'count').plus(1))).toBe(`${must} an index of register "count".`);
  });

  test('of a name that an attribute has not: the nearest is told, if one is near', () => {
    const ruleFor = (opcode: 'tensor_tensor' | 'activation', op: unknown) =>
      ruleOf((nc) => {
        call(nc, opcode, (options) => (options['op'] = op));
      });
    expect(ruleFor('tensor_tensor', 'plus')).toMatch(
      /^op must be one of add, subtract, .*, received "plus"\.$/,
    );
    expect(ruleFor('tensor_tensor', 'mutiply')).toMatch(/, received "mutiply"; the nearest is multiply\.$/);
    expect(ruleFor('activation', 'gelu_aprx_tanh')).toMatch(
      /, received "gelu_aprx_tanh"; the nearest is gelu_apprx_tanh\.$/,
    );
    expect(ruleFor('activation', 3)).toMatch(/, received 3\.$/);
    expect(ruleFor('activation', 'exp'.repeat(1e6))).toMatch(/…\.$/);
  });

  test('a view of another kernel is refused', () => {
    const foreign = givenBy((nc) => nc.sbuf([32, 8], 'float32', { name: 'theirs' }));
    expect(
      refusalOf((nc) => {
        nc.tensor_copy(tile(nc), { src: foreign });
      }),
    ).toMatchObject({ call: 'tensor_copy', rule: 'src is a view of "theirs" of another kernel.' });
  });

  test('an index goes to the sources, with its stride, where the instruction takes one', () => {
    const gather = onlyBy('dma_copy', (nc) => {
      const index = nc.sbuf([32, 1], 'uint32', { name: 'index' });
      nc.dma_copy(tile(nc), { src: nc.hbm('h', [100, 8], 'float32').indirect(index) });
    });
    expect(gather.sources).toMatchObject({ src_index: { tensor: 'index' }, src: { dims: [[0, 32], [1, 8]] } }); // prettier-ignore
    expect(gather.attributes).toEqual({ src_stride: 8 });
    const scatter = onlyBy('dma_copy', (nc) => {
      const index = nc.sbuf([1, 1], 'int32', { name: 'index' });
      nc.dma_copy(nc.hbm('h', [100, 8], 'float32').slice([0, 32]).offsetBy(0, index), { src: tile(nc) });
    });
    expect(scatter.sources).toMatchObject({ dst_index: { tensor: 'index' } });
    expect(scatter.attributes).toEqual({ dst_stride: 8 });
    const rule = ruleOf((nc) => {
      const view = nc.hbm('h', [32, 8], 'float32').offsetBy(0, tile(nc, 'uint32', [1, 1]));
      nc.dma_compute(tile(nc), { src0: tile(nc), src1: view, reduce_op: 'add' });
    });
    expect(rule).toBe('src1 of dma_compute takes no index: dst and src0 may have one.');
  });

  test('the rule of the instruction set is told with the place of the call', () => {
    const error = refusalOf((nc) => {
      nc.memset(nc.sbuf([4, 8], 'float32', { partition: 3 }), { value: 0 });
    }, { locate: () => 'here:1:2' }); // prettier-ignore
    expect(error.message).toBe(
      'Kernel "k", memset at here:1:2: dst: 4 partitions must start at partition 0, 32, 64 or 96, received 3.',
    );
  });
});

describe('engines', () => {
  const engineOf = (body: (nc: Nc) => void, opcode: Opcode) => onlyBy(opcode, body).engine;

  test('tensor_tensor of 32-bit integers is exact on gpsimd, unless PSUM takes part or it works on codes', () => {
    const on = (dtype: 'int32' | 'uint32' | 'float32', op: 'add' | 'bitwise_and', psum = false) =>
      engineOf((nc) => {
        const data1 = psum ? nc.psum([32, 8], dtype) : tile(nc, dtype);
        nc.tensor_tensor(tile(nc, dtype), { data1, data2: tile(nc, dtype), op });
      }, 'tensor_tensor');
    expect(on('int32', 'add')).toBe('gpsimd');
    expect(on('uint32', 'add')).toBe('gpsimd');
    expect(on('float32', 'add')).toBe('vector');
    expect(on('int32', 'add', true)).toBe('vector');
    expect(on('int32', 'bitwise_and')).toBe('vector');
  });

  test('the first engine that may is taken, or the one that is asked for', () => {
    const power = engineOf((nc) => {
      nc.tensor_tensor(tile(nc), { data1: tile(nc), data2: tile(nc), op: 'power' });
    }, 'tensor_tensor');
    expect(power).toBe('gpsimd');
    const small = engineOf((nc) => {
      nc.nc_transpose(tile(nc, 'float32', [8, 32]), { data: tile(nc) });
    }, 'nc_transpose');
    expect(small).toBe('vector');
    const asked = engineOf((nc) => {
      nc.tensor_copy(tile(nc), { src: tile(nc), engine: 'scalar' });
    }, 'tensor_copy');
    expect(asked).toBe('scalar');
    expect(engineOf((nc) => { nc.dma_copy(tile(nc), { src: tile(nc) }); }, 'dma_copy')).toBe('dma'); // prettier-ignore
  });

  test('where none may, the problem of the first is told', () => {
    const rule = ruleOf((nc) => {
      nc.nc_transpose(nc.psum([8, 32], 'float32'), { data: tile(nc, 'float32', [32, 7]) });
    });
    expect(rule).toBe('dst must be 7 x 32, data transposed, received 8 x 32.');
    const asked = ruleOf((nc) => {
      nc.memset(tile(nc), { value: 0, engine: 'tensor' });
    });
    expect(asked).toMatch(/^it is issued to .*, received tensor\.$/);
  });
});

describe('names', () => {
  test('an instruction has the name that it is given, and a number where it is taken', () => {
    const ids = instructionsBy((nc) => {
      for (let index = 0; index < 3; index++) nc.memset(tile(nc), { value: 0, name: 'clear' });
      nc.memset(tile(nc), { value: 0 });
    }).map(({ id }) => id);
    expect(ids).toEqual(['clear', 'clear.1', 'clear.2', 'i']);
  });

  test('what is no name is refused', () => {
    const named = (name: unknown) =>
      ruleOf((nc) => {
        call(nc, 'memset', (options) => (options['name'] = name));
      });
    expect(named(5)).toBe('name must be text, received number.');
    expect(named('a b')).toMatch(/^The name of an instruction must be /);
  });
});
