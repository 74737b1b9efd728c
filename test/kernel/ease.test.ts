import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHIPS } from '../../src/chip';
import type { ChipView, Nc } from '../../src/kernel';
import { decode, encode, FORMATS } from '../../src/numerics';
import type { Dtype } from '../../src/numerics';
import { tile } from './calls';
import { onlyBy, ruleOf } from './tracing';

describe('memset', () => {
  const codeOf = (dtype: Dtype, value: number): unknown =>
    onlyBy('memset', (nc) => {
      nc.memset(tile(nc, dtype), { value });
    }).attributes;

  test('a value is rounded once from float32 to a format of floating-point numbers', () => {
    const dtypes: readonly Dtype[] = CHIPS.trn2.dtypes.filter((dtype) => FORMATS[dtype].kind !== 'integer');
    fc.assert(
      fc.property(fc.constantFrom(...dtypes), fc.double(), (dtype, value) => {
        expect(codeOf(dtype, value)).toEqual({ code: encode(dtype, Math.fround(value)) });
      }),
    );
    expect(codeOf('bfloat16', 1.00390625)).toEqual({ code: 0x3f80 }); // halfway between 1 and 1 + 2^-7: to even
    expect(codeOf('float32', -0)).toEqual({ code: 0x80000000 });
  });

  const RANGES = { int8: [-128, 127], uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535], int32: [-(2 ** 31), 2 ** 31 - 1], uint32: [0, 2 ** 32 - 1] } as const; // prettier-ignore
  test.each(Object.entries(RANGES))('%s takes whole numbers of its range', (name, [low, high]) => {
    const dtype = name as keyof typeof RANGES;
    for (const value of [low, high, 1, 0, -0]) {
      const attributes = codeOf(dtype, value) as { readonly code: number };
      expect(attributes.code).toBeGreaterThanOrEqual(0);
      expect(decode(dtype, attributes.code)).toBe(value === 0 ? 0 : value);
    }
    for (const value of [low - 1, high + 1, 0.5, NaN, Infinity]) {
      expect(
        ruleOf((nc) => {
          nc.memset(tile(nc, dtype), { value });
        }),
      ).toBe(
        // prettier-ignore
        `value must be a whole number of ${low}..${high} for ${dtype}, received ${value}.`,
      );
    }
  });

  test('takes one of value and code', () => {
    const rule = (options: object) =>
      ruleOf((nc) => {
        nc.memset(tile(nc), options);
      });
    expect(rule({})).toBe('one of value and code must be given, received neither.');
    expect(rule({ value: 1, code: 1 })).toBe('one of value and code must be given, received both.');
    expect(rule({ value: '1' })).toBe('value must be a number, received 1: or give code.');
    const given = onlyBy('memset', (nc) => {
      nc.memset(tile(nc), { code: 7 });
    });
    expect(given.attributes).toEqual({ code: 7 });
  });
});

describe('tensor_reduce', () => {
  /** dst and data of shape [32, 2, 3, 4], reduced over axes. */
  const reduce = (
    nc: Nc,
    dst: readonly number[],
    axes: number | readonly number[],
    view = (data: ChipView) => data,
  ) => {
    // prettier-ignore
    nc.tensor_reduce(tile(nc, 'float32', dst), {
      data: view(tile(nc, 'float32', [32, 2, 3, 4])),
      op: 'add',
      axes,
    });
  };
  const made = (...parameters: Parameters<typeof reduce> extends [Nc, ...infer R] ? R : never) =>
    onlyBy('tensor_reduce', (nc) => {
      reduce(nc, ...parameters);
    });
  const rule = (axes: number | readonly number[]) => ruleOf((nc) => { reduce(nc, [32, 2], axes); }); // prettier-ignore

  test('axes are how many of the innermost dimensions, or which', () => {
    expect(made([32, 2], 2).attributes).toMatchObject({ axes: 2 });
    expect(made([32, 2], [2, 3]).attributes).toMatchObject({ axes: 2 });
    expect(made([32, 2], [3, 2]).attributes).toMatchObject({ axes: 2 });
    expect(made([32, 2, 3], [3]).attributes).toMatchObject({ axes: 1 });
    expect(made([32, 1], [1, 2, 3]).attributes).toMatchObject({ axes: 3 });
  });

  test('dimensions stay as they are written, for they are counted', () => {
    const dims = [[12, 2], [4, 3], [1, 4]]; // prettier-ignore
    expect(made([32, 2], 2).sources).toMatchObject({ data: { dims } });
    const turned = made([32, 4], 2, (data) => data.permute(0, 3, 1, 2));
    expect(turned.sources).toMatchObject({ data: { dims: [[1, 4], [12, 2], [4, 3]] } }); // prettier-ignore
  });

  test.each([[[1]], [[1, 2]], [[0, 1, 2, 3]], [[3, 3]], [[]], [[4]], [[-1]], [[2.5, 3]]])(
    'refuses axes %j',
    (axes) => {
      expect(rule(axes)).toBe(
        `axes must be the last free dimensions of data, whose shape is [32, 2, 3, 4], received [${axes.join(', ')}]: permute data first.`,
      );
    },
  );
});

describe('nc_matmul', () => {
  test('takes one row at a time unless told, and joins no rows of two', () => {
    const plain = onlyBy('nc_matmul', (nc) => {
      const [stationary, moving] = [tile(nc, 'bfloat16', [32, 2, 8]), tile(nc, 'bfloat16')];
      nc.nc_matmul(nc.psum([16, 8], 'float32'), { stationary, moving });
    });
    expect(plain.attributes).toEqual({ accumulate: false, performance: 'none' });
    expect(plain.sources).toMatchObject({ stationary: { dims: [[1, 16]] } });
    const doubled = onlyBy('nc_matmul', (nc) => {
      const [stationary, moving] = [tile(nc, 'float8_e4m3', [128, 2, 128]), tile(nc, 'float8_e4m3', [128, 2, 64])]; // prettier-ignore
      nc.nc_matmul(nc.psum([128, 64], 'float32'), { stationary, moving, performance: 'double_row' });
    });
    expect(doubled.sources).toMatchObject({ stationary: { dims: [[128, 2], [1, 128]] }, moving: { dims: [[64, 2], [1, 64]] } }); // prettier-ignore
    expect(doubled.dst).toMatchObject({ dims: [[1, 64]] });
  });
});

test('dma_transpose keeps the dimensions that its axes name', () => {
  const made = onlyBy('dma_transpose', (nc) => {
    const src = tile(nc, 'bfloat16', [32, 2, 4]);
    nc.dma_transpose(tile(nc, 'bfloat16', [4, 2, 32]), { src, axes: [2, 1, 0] });
  });
  expect(made.sources).toMatchObject({ src: { dims: [[4, 2], [1, 4]] } }); // prettier-ignore
});
