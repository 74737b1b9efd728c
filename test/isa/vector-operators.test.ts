import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as alu from '../../src/isa/alu';
import { power, rsqrt } from '../../src/isa/functions';
import { ALU_OPS } from '../../src/program';
import * as oracle from './vector-oracle';
import { codes, entriesOf } from './vector-arbitrary';

const { canonical } = oracle;
const float = codes('float32').map(oracle.fromBits);
const int = codes('uint32');

describe('arithmetic, on float32 with its special values', () => {
  test.each(entriesOf(oracle.ARITHMETIC))('%s', (op, expected) => {
    const operate = alu.operatorOf(op, 'float32');
    fc.assert(
      fc.property(float, float, (x, y) => {
        expect(canonical(operate(x, y))).toBe(canonical(expected(x, y)));
        expect(canonical(alu.operatorOf(op, 'float32', true)(x, y))).toBe(canonical(expected(y, x)));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(entriesOf(oracle.UNARY))('%s', (op, expected) => {
    const operate = alu.operatorOf(op, 'float32');
    fc.assert(
      fc.property(float, float, (x, y) => {
        expect(canonical(operate(x, y))).toBe(canonical(expected(x)));
      }),
      { numRuns: 2000 },
    );
  });

  test('power and rsqrt are the functions of that name', () => {
    fc.assert(
      fc.property(float, float, (x, y) => {
        expect(canonical(alu.operatorOf('power', 'float32')(x, y))).toBe(canonical(power(x, y)));
        expect(canonical(alu.operatorOf('rsqrt', 'float32')(x, y))).toBe(canonical(rsqrt(x)));
      }),
    );
  });
});

test('what the vendor leaves open', () => {
  const of = (op: (typeof ALU_OPS)[number], x: number, y = 0) =>
    canonical(alu.operatorOf(op, 'float32')(x, y));
  expect(of('maximum', NaN, 1)).toBe(0x7fc00000);
  expect(of('minimum', 1, NaN)).toBe(0x7fc00000);
  expect(of('maximum', -0, 0)).toBe(0);
  expect(of('minimum', 0, -0)).toBe(0x80000000);
  expect(of('equal', 0, -0)).toBe(oracle.bitsOf(1));
  expect(of('equal', NaN, NaN)).toBe(0);
  expect(of('not_equal', NaN, NaN)).toBe(oracle.bitsOf(1));
  expect(of('logical_and', NaN, 1)).toBe(oracle.bitsOf(1));
  expect(of('abs_max', 2, -2)).toBe(oracle.bitsOf(-2));
  expect(of('abs_min', 0, -0)).toBe(0x80000000);
  expect(of('relu', -0)).toBe(0);
  expect(of('relu', NaN)).toBe(0x7fc00000);
  expect(of('reciprocal', -0)).toBe(oracle.bitsOf(-Infinity));
  expect(of('square', oracle.fromBits(1))).toBe(0);
  expect(of('add', oracle.fromBits(1), oracle.fromBits(1))).toBe(2);
});

describe('bitwise, on codes of each width', () => {
  test.each(entriesOf(oracle.BITWISE))('%s', (op) => {
    for (const [dtype, width] of [['uint8', 8], ['int16', 16], ['int32', 32]] as const) {
      const amounts = fc.oneof(codes(dtype), fc.nat(width + 1));
      fc.assert(
        fc.property(codes(dtype), amounts, (x, y) => {
          expect(alu.operatorOf(op, dtype)(x, y)).toBe(oracle.bitwise(op, x, y, width));
          expect(alu.operatorOf(op, dtype, true)(y, x)).toBe(oracle.bitwise(op, x, y, width));
        }),
      );
    }
  }); // prettier-ignore

  test('an amount of the width or more leaves nothing', () => {
    expect(alu.BITWISE.left_shift(1, 31, 32)).toBe(0x80000000);
    expect(alu.BITWISE.left_shift(1, 32, 32)).toBe(0);
    expect(alu.BITWISE.right_shift(0x80, 7, 8)).toBe(1);
    expect(alu.BITWISE.right_shift(0xff, 8, 8)).toBe(0);
    expect(alu.BITWISE.invert(0, 0, 16)).toBe(0xffff);
  });
});

test('integers of GpSimd are exact, modulo 2^32, signed or not', () => {
  const signed = (code: number) => code | 0;
  const value = fc.tuple(int, fc.boolean()).map(([code, sign]) => (sign ? signed(code) : code));
  for (const [op, expected] of entriesOf(oracle.INTEGER)) {
    fc.assert(
      fc.property(value, value, (x, y) => {
        const wrapped = Uint32Array.of(alu.INTEGER[op](x, y))[0];
        expect(wrapped).toBe(Number(BigInt.asUintN(32, expected(BigInt(x), BigInt(y)))));
      }),
    );
  }
});

test('every operator is of exactly one kind', () => {
  for (const op of ALU_OPS) {
    const kinds = [alu.isArithmetic(op), alu.isUnary(op), alu.isBitwise(op)];
    expect(kinds.filter((is) => is)).toHaveLength(1);
    expect(alu.isOneSided(op)).toBe(alu.isUnary(op) || op === 'invert');
  }
});
