/**
 * For each hypothesis a product computed here, plainly and apart from bench/identify, in exact rational arithmetic where rounding
 * is at stake: it must be named, or be among those that explain it equally. And one flipped bit must be named by none.
 */
import { describe, expect, it } from 'vitest';
import { identify, identificationText, identifyFiles, type Identification } from '../../bench/identify';
import type { MatrixFile, StoredDtype } from '../../bench/weights';
import { words } from '../../bench/check/draws';
import {
  decode,
  decodeArray,
  encode,
  encodeArray,
  UserError,
  type CodeArray,
  type Dtype,
} from '../../src/numerics';

const f = Math.fround;

function matrix(
  rows: number,
  columns: number,
  values: ArrayLike<number>,
  dtype: StoredDtype = 'float32',
): MatrixFile {
  const file = { name: 'x.npy', rows, columns, dtype, values: Float32Array.from(values) };
  return dtype === 'float64' ? { ...file, float64: Float64Array.from(values) } : file;
}

/** About normal, of 24 random bits. */
function randoms(count: number, stream: number): number[] {
  const next = words(7, stream);
  return Array.from({ length: count }, () => f((next() + next() + next() - 1.5 * 2 ** 32) / 2 ** 31));
}

const [M, K, N] = [8, 300, 10];
const A = randoms(M * K, 0);
const B = randoms(K * N, 1);

type Dot = (x: readonly number[], y: readonly number[]) => number;

function product(dot: Dot, a: readonly number[] = A, b: readonly number[] = B, k = K): number[] {
  const rows = Array.from({ length: M }, (_, m) => a.slice(m * k, (m + 1) * k));
  const columns = Array.from({ length: N }, (_, n) =>
    Array.from({ length: k }, (__, each) => b[each * N + n] ?? 0),
  );
  return rows.flatMap((row) => columns.map((column) => dot(row, column)));
}

const at = (values: readonly number[], index: number): number => values[index] ?? NaN;

/** A running sum over `indices` in turn. */
const chain =
  (add: (sum: number, x: number, y: number) => number) =>
  (indices: readonly number[], start = 0) =>
  (x: readonly number[], y: readonly number[]): number =>
    indices.reduce((sum, k) => add(sum, at(x, k), at(y, k)), start);

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, each) => from + each * step);
const pieces = (size: number): number[][] =>
  range(0, K, size).map((from) => range(from, Math.min(K, from + size)));

const separately = (sum: number, x: number, y: number): number => f(sum + f(x * y));
const float32 = chain(separately);

/** A double as a rational: numerator over 2^1074. */
function exact(value: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n === 1n ? -size : size;
}

/** The exact x y + sum to so many significant bits: nearest even, or toward zero. */
function fusedTo(bits: number, towardZero = false): (sum: number, x: number, y: number) => number {
  return (sum, x, y) => {
    const value = (exact(sum) << 1074n) + exact(x) * exact(y);
    const size = value < 0n ? -value : value;
    const drop = BigInt(Math.max(0, size.toString(2).length - bits));
    const kept = size >> drop;
    const twice = (size - (kept << drop)) * 2n;
    const unit = 1n << drop;
    const up = !towardZero && (twice > unit || (twice === unit && drop > 0n && kept % 2n === 1n)) ? 1n : 0n;
    const magnitude = Number(kept + up) * 2 ** (Number(drop) - 2148);
    return value < 0n ? -magnitude : magnitude;
  };
}

const to =
  (dtype: Dtype, rounding: 'nearest-even' | 'toward-zero' = 'nearest-even', saturate = false) =>
  (x: number): number =>
    decode(dtype, encode(dtype, f(x), { rounding, saturate }));

const bf16 = to('bfloat16');
const fp16 = to('float16');

interface Given {
  readonly a?: readonly number[];
  readonly b?: readonly number[];
  readonly k?: number;
  readonly dtype?: StoredDtype;
  readonly operands?: StoredDtype;
}

async function identified(
  values: readonly number[],
  { a = A, b = B, k = K, dtype = 'float32', operands = 'float32' }: Given = {},
): Promise<Identification> {
  return identify({
    a: matrix(M, k, a, operands),
    b: matrix(k, N, b, operands),
    c: matrix(M, N, values, dtype),
    budgetSeconds: 60,
  });
}

function expectNamed(title: string, found: Identification): void {
  const titles = found.explanations.map((each) => each.title);
  expect(titles, identificationText(found)).toContain(title);
  for (const { matching, compared } of found.explanations)
    expect([matching, compared]).toEqual([M * N, M * N]);
}

const sum = (values: readonly number[], add = (x: number, y: number): number => f(x + y)): number =>
  values.reduce((total, each) => add(total, each));
const tree = (values: readonly number[]): number =>
  values.length <= 1
    ? at(values, 0)
    : tree(
        range(0, values.length, 2).map((i) =>
          i + 1 < values.length ? f(at(values, i) + at(values, i + 1)) : at(values, i),
        ),
      );
const folded = (values: readonly number[]): number => {
  const half = 2 ** (Math.ceil(Math.log2(values.length)) - 1);
  return values.length === 1
    ? at(values, 0)
    : folded(
        values.slice(0, half).map((x, i) => (i + half < values.length ? f(x + at(values, i + half)) : x)),
      );
};
const halved = (values: readonly number[]): number => {
  const middle = Math.floor(values.length / 2);
  return values.length === 1
    ? at(values, 0)
    : f(halved(values.slice(0, middle)) + halved(values.slice(middle)));
};
const products = (x: readonly number[], y: readonly number[]): number[] =>
  x.map((each, k) => f(each * at(y, k)));
const lanes = (count: number) => range(0, count).map((lane) => float32(range(lane, K, count)));

describe('orders', () => {
  const orders: readonly (readonly [string, Dot])[] = [
    ['128-row passes', (x, y) => sum(pieces(128).map((piece) => float32(piece)(x, y)))],
    ['untiled order', float32(range(0, K))],
    ['K in blocks of 64', (x, y) => sum(pieces(64).map((piece) => float32(piece)(x, y)))],
    ['K in blocks of 71', (x, y) => sum(pieces(71).map((piece) => float32(piece)(x, y)))],
    ['K in blocks of 112, the last two equal (to a multiple of 4)', (x, y) =>
      sum([range(0, 112), range(112, 208), range(208, 300)].map((piece) => float32(piece)(x, y)))],
    ['8 strided sums, added in turn', (x, y) => sum(lanes(8).map((lane) => lane(x, y)))],
    ['8 strided sums, added by neighbours', (x, y) => tree(lanes(8).map((lane) => lane(x, y)))],
    ['16 strided sums, added by halves', (x, y) => folded(lanes(16).map((lane) => lane(x, y)))],
    ['8 strided sums, added by halves once and then by neighbours', (x, y) => { const p = lanes(8).map((lane) => lane(x, y)); return tree(range(0, 4).map((i) => f(at(p, i) + at(p, i + 4)))); }],
    ['8 strided sums, added by halves once and then in turn', (x, y) => { const p = lanes(8).map((lane) => lane(x, y)); return sum(range(0, 4).map((i) => f(at(p, i) + at(p, i + 4)))); }],
    ['4 vectors of 8 strided sums, lanes added by halves', (x, y) => {
      const parts = lanes(32).map((lane) => lane(x, y));
      return folded(range(0, 8).map((lane) => sum(range(lane, 32, 8).map((each) => at(parts, each)))));
    }],
    ['pairwise order (by pairs)', (x, y) => halved(products(x, y))],
    ['pairwise order (by neighbours)', (x, y) => tree(products(x, y))],
    ['pairwise order (by halves)', (x, y) => folded(products(x, y))],
    ['descending order', float32(range(0, K).reverse())],
  ]; // prettier-ignore

  it.each(orders)('%s', async (title, dot) => {
    const found = await identified(product(dot));
    expectNamed(title, found);
    expect(found.explanations.length, identificationText(found)).toBe(1);
    expect(found.verdict).toBe('explained');
    expect(found.systolic.differing === 0).toBe(title === '128-row passes');
  });

  it('double-row passes, for fp8 alone', async () => {
    const next = words(3, 3);
    const codes = (): number[] =>
      Array.from({ length: M * K + K * N }, () => decode('float8_e5m2', (next() & 0x80) | (next() % 0x70)));
    const [a, b] = [codes().slice(0, M * K), codes().slice(0, K * N)];
    const order = [
      ...range(0, 128).flatMap((row) => [row, 128 + row]),
      ...range(0, 22).flatMap((row) => [256 + row, 278 + row]),
    ];
    const c = product(
      (x, y) => f(float32(order.slice(0, 256))(x, y) + float32(order.slice(256))(x, y)),
      a,
      b,
    );
    const found = await identified(c, { a, b, operands: 'float8_e5m2' });
    expectNamed('double-row passes of 256', found);
    expect(found.systolic).toMatchObject({ title: 'double-row passes of 256', differing: 0 });
  });
});

describe('accumulators and steps', () => {
  const all = range(0, K);
  const cases: readonly (readonly [string, Dot])[] = [
    ['untiled order, fused multiply-add', chain(fusedTo(24))(all)],
    ['untiled order, fused, sums truncated', chain(fusedTo(24, true))(all)],
    ['float64 sums', (x, y) => f(chain((total, p, q) => total + p * q)(all)(x, y))],
    ['untiled order, added in float32, stored narrow, bfloat16 sums', chain((total, x, y) => bf16(f(total + f(x * y))))(all)],
    ['untiled order, bfloat16 sums', chain((total, x, y) => bf16(total + bf16(x * y)))(all)],
    ['untiled order, fused multiply-add, bfloat16 sums', chain(fusedTo(8))(all)],
    ['untiled order, float16 sums', chain((total, x, y) => fp16(total + fp16(x * y)))(all)],
    ['untiled order, fused multiply-add, float16 sums', chain(fusedTo(11))(all)],
    ['128-row passes, totals in bfloat16', (x, y) => sum([0, ...pieces(128).map((p) => float32(p)(x, y))], (p, q) => bf16(f(p + q)))],
    ['K in blocks of 32, totals in float16', (x, y) => sum([0, ...pieces(32).map((p) => float32(p)(x, y))], (p, q) => fp16(f(p + q)))],
    ['output stored and loaded again every 64 products, totals in bfloat16',
      (x, y) => pieces(64).reduce((total, piece) => bf16(float32(piece, total)(x, y)), 0)],
  ]; // prettier-ignore

  it.each(cases)('%s', async (title, dot) => {
    // Operands of bfloat16, so that rounding a product and a sum to a narrow format is one rounding of an exact value each.
    const small = title.includes('16');
    const [a, b] = small ? [A.map(bf16), B.map(bf16)] : [A, B];
    expectNamed(title, await identified(product(dot, a, b), { a, b }));
  });

  it('float64, fused or not', async () => {
    const [a, b] = [A.map((x) => x + 2 ** -40), B.map((x) => x + 2 ** -41)];
    const options = { a, b, dtype: 'float64', operands: 'float64' } as const;
    const plain = await identified(product(chain((total, x, y) => total + x * y)(all), a, b), options);
    expectNamed('untiled order, float64 sums', plain);
    const fused = await identified(product(chain(fusedTo(53))(all), a, b), options);
    expectNamed('untiled order, fused multiply-add, float64 sums', fused);
    expect(fused.explanations.length + plain.explanations.length).toBe(2);
  });
});

describe('operands, subnormals and outputs', () => {
  const untiled = float32(range(0, K));

  it.each([
    ['bfloat16', bf16],
    ['tfloat32', to('tfloat32')],
    ['float16', fp16],
  ] as const)('operands rounded to %s', async (name, round) => {
    const found = await identified(product(untiled, A.map(round), B.map(round)));
    expectNamed(`untiled order, operands rounded to ${name}`, found);
  });

  it.each(['bfloat16', 'tfloat32'] as const)('operands truncated to %s', async (name) => {
    const round = to(name, 'toward-zero');
    const found = await identified(product(untiled, A.map(round), B.map(round)));
    expectNamed(`untiled order, operands truncated to ${name}`, found);
  });

  it('float64 operands rounded to float32', async () => {
    const [a, b] = [A.map((x) => x + 2 ** -40), B.map((x) => x + 2 ** -41)];
    const found = await identified(product(untiled, a.map(f), b.map(f)), { a, b, operands: 'float64' });
    expectNamed('untiled order, operands rounded to float32', found);
  });

  it('subnormals flushed', async () => {
    const flush = (x: number): number => (Math.abs(x) < 2 ** -126 ? 0 : x);
    const a = A.map((x, i) => f(x * 2 ** -(80 + (i % 50))));
    const b = B.map((x) => f(x * 2 ** -30));
    const c = product(
      (x, y) => chain((total, p, q) => flush(f(total + flush(f(flush(p) * flush(q))))))(range(0, K))(x, y),
      a,
      b,
    );
    const found = await identified(c, { a, b });
    expectNamed('untiled order, subnormals flushed', found);
    const kept = await identified(product(untiled, a, b), { a, b });
    expectNamed('untiled order', kept);
    expect(kept.explanations.map(({ title }) => title)).not.toContain('untiled order, subnormals flushed');
  });

  it.each([
    [
      'bfloat16',
      'toward-zero',
      false,
      1,
      'untiled order, bfloat16 output rounded toward zero',
      'bfloat16 output rounded toward zero',
    ],
    [
      'float8_e4m3',
      'nearest-even',
      true,
      64,
      'untiled order, output saturated',
      'output rounded to float8_e4m3, output saturated',
    ],
    [
      'float16',
      'nearest-even',
      true,
      4096,
      'untiled order, output saturated',
      'output rounded to float16, output saturated',
    ],
    ['bfloat16', 'nearest-even', false, 1, 'untiled order', 'output rounded to bfloat16'],
  ] as const)('%s output, %s, saturating %s', async (dtype, rounding, saturate, scale, title, stored) => {
    const a = A.map((x) => f(x * scale));
    const c = product(untiled, a).map(to(dtype, rounding, saturate));
    expectNamed(title, await identified(c, { a, dtype }));
    const widened = await identified(c, { a });
    expectNamed(`untiled order, ${stored}`, widened);
    expect(widened.notes.join()).toContain('C is stored as float32, and every element of it is a value of ');
  });

  it('subnormal outputs flushed, and outputs rounded twice', async () => {
    const b = B.map((x) => f(x * 2 ** -18));
    const c = product(untiled, A, b).map((x) => (Math.abs(fp16(x)) < 2 ** -14 ? 0 : fp16(x)));
    expectNamed('untiled order, subnormal outputs flushed', await identified(c, { b, dtype: 'float16' }));
    // 1 + 2^-11 is a tie of float16; the term beyond float32 decides, unless float32 comes first.
    const [a1, b1] = [
      range(0, M * 2).map((i) => (i % 2 === 0 ? 1 : 2 ** -20)),
      range(0, 2 * N).map((i) => (i < N ? 1 + 2 ** -11 : 2 ** -20)),
    ];
    const twice = await identified(
      range(0, M * N).map(() => 1),
      { a: a1, b: b1, k: 2, dtype: 'float16' },
    );
    expectNamed('float64 sums, output rounded twice', twice);
    const once = await identified(
      range(0, M * N).map(() => 1 + 2 ** -10),
      { a: a1, b: b1, k: 2, dtype: 'float16' },
    );
    expectNamed('float64 sums', once);
  });
});

describe('what nothing explains', () => {
  const systolic = product((x, y) => sum(pieces(128).map((piece) => float32(piece)(x, y))));

  it('names the one element whose bit was flipped', async () => {
    const c = [...systolic];
    const bits = encode('float32', at(c, 67)) ^ 1;
    c[67] = decode('float32', bits >>> 0);
    const found = await identified(c);
    expect(found.verdict).toBe('unexplained');
    expect(found.explanations).toEqual([]);
    expect(found.best).toMatchObject({ title: '128-row passes', matching: M * N - 1, compared: M * N });
    expect(found.best?.exception).toMatchObject({ m: 6, n: 7, actual: { value: String(c[67]) } });
    expect(found.systolic).toMatchObject({
      differing: 1,
      maxUlp: 1,
      first: { m: 6, n: 7 },
      tiles: { differing: [1] },
    });
    expect(identificationText(found)).toMatch(/None of these\.\nClosest: 128-row passes: 79 of 80 elements/);
  });

  it('random numbers', async () => {
    const found = await identified(randoms(M * N, 9));
    expect(found).toMatchObject({ verdict: 'unexplained', best: null });
    expect(found.notes.join()).toMatch(/C is far from A B.*Are these the operands/);
  });

  it('a square operand that lies transposed is pointed out', async () => {
    const b = range(0, K * N).map((i) => at(B, (i % N) * N + Math.floor(i / N)));
    const c = product(float32(range(0, N)), A.slice(0, M * N), B.slice(0, N * N), N);
    const found = await identified(c, { a: A.slice(0, M * N), b: b.slice(0, N * N), k: N });
    expect(found.notes.join()).toContain('It is near with --b-layout nk.');
  });
});

describe('what the data cannot tell', () => {
  it('small integers are immune', async () => {
    const [a, b] = [A.map((x) => Math.round(4 * x)), B.map((x) => Math.round(4 * x))];
    const found = await identified(product(float32(range(0, K)), a, b), { a, b });
    expect(found.verdict).toBe('immune');
    expect(identificationText(found)).toMatch(/every sum of these operands is exact/i);
  });

  it('integer products are elements like others, also where one is wrong', async () => {
    const [a, b] = [A.map((x) => Math.round(20 * x)), B.map((x) => Math.round(20 * x))];
    const c = product(float32(range(0, K)), a, b);
    const options = { a, b, dtype: 'int32', operands: 'int8' } as const;
    expect((await identified(c, options)).verdict).toBe('immune');
    c[3] = at(c, 3) + 1;
    const found = await identified(c, options);
    expect(found).toMatchObject({ verdict: 'unexplained', systolic: { differing: 1, maxUlp: 1 } });
    expect(found.best).toMatchObject({ matching: M * N - 1, exception: { m: 0, n: 3 } });
  });

  it('infinities and NaN are elements like others', async () => {
    const a = A.map((x, i) => (i === 5 ? NaN : i === 3 * K + 7 ? Infinity : x));
    const found = await identified(product(float32(range(0, K)), a), { a });
    expectNamed('untiled order', found);
    expect(found.float64.notFinite).toBe(2 * N);
    expect(found.float64.relative).toBeLessThan(2 ** -20);
  });

  it.each([NaN, Infinity, -Infinity])('a C of %d alone has no error, and tells nothing of formats', async (each) => {
    const found = await identified(new Array<number>(M * N).fill(each));
    const text = identificationText(found);
    expect(text).toContain('against float64: no finite element to compare\n');
    expect(text).not.toMatch(/error|is a value of/);
    expect(JSON.parse(JSON.stringify(found.float64))).toEqual({ maxAbs: null, at: null, relative: null, notFinite: M * N });
    expect(found.notes).toEqual([]);
  }); // prettier-ignore

  it('integers have no subnormals, and drop a fraction', async () => {
    const found = await identified(product(float32(range(0, K))).map(Math.trunc), { dtype: 'int32' });
    expectNamed('untiled order, int32 output rounded toward zero', found);
    const text = identificationText(found);
    expect(text).toContain('The fraction is dropped.');
    expect(text).not.toContain('subnormal');
  });

  it('one element is counted as one', async () => {
    const one = matrix(1, 1, [1]);
    const text = identificationText(await identify({ a: one, b: one, c: matrix(1, 1, [NaN]) }));
    expect(text).toContain('the one element compared: 1 differs');
    expect(text).not.toMatch(/\b1 elements/);
  });

  it('operands of NaN alone are not called exact', async () => {
    const nan = new Array<number>(M * K).fill(NaN);
    const found = await identified(new Array<number>(M * N).fill(NaN), { a: nan });
    expect(found.notes.join()).not.toMatch(/exact|is a value of/);
  });

  it('an explanation is not told twice', async () => {
    const found = await identified(product(float32(range(0, K))));
    const text = identificationText(found);
    expect(text).toMatch(
      /^Explained by: untiled order\n {2}One sum, k ascending: .*\.\n {2}confirmed on all 80/m,
    );
    expect(text.match(/untiled order/g)).toHaveLength(1);
  });

  it('a product beyond the budget is confirmed in part, and says so', async () => {
    const size = 700;
    const a = matrix(size, 64, randoms(size * 64, 20));
    const b = matrix(64, size, randoms(64 * size, 21));
    const c = matrix(size, size, new Float32Array(size * size));
    const found = await identify({ a, b, c, budgetSeconds: 0.001 });
    expect(found.systolic.compared).toBeLessThan(size * size);
    expect(found.systolic.tiles.differing).toContain(null);
    expect(found.complete).toBe(false);
  });

  it('stops at once when told to', async () => {
    const controller = new AbortController();
    const progress: string[] = [];
    const a = matrix(600, 600, randoms(360_000, 22));
    const stopped = identify(
      { a, b: a, c: a },
      { signal: controller.signal, onProgress: ({ stage }) => { progress.push(stage); controller.abort(); } },
    ); // prettier-ignore
    await expect(stopped).rejects.toThrow(/aborted/);
    expect(progress.length).toBe(1);
  });
});

describe('files', () => {
  const npy = (
    name: string,
    dtype: string,
    shape: string,
    data: CodeArray | Float32Array<ArrayBuffer>,
  ): File => {
    const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${shape}, }\n`;
    return new File(
      [Uint8Array.of(0x93), 'NUMPY', Uint8Array.of(1, 0, header.length, 0), header, data],
      name,
    );
  };
  const codes = {
    a: encodeArray('float16', Float32Array.from(A)),
    b: encodeArray('float16', Float32Array.from(B)),
  };
  const [a, b] = [[...decodeArray('float16', codes.a)], [...decodeArray('float16', codes.b)]];
  const c = Float32Array.from(product(float32(range(0, K)), a, b));

  it('of a browser, B lying transposed', async () => {
    const flipped = Uint16Array.from(
      { length: K * N },
      (_, i) => codes.b[(i % K) * N + Math.floor(i / K)] ?? 0,
    );
    const found = await identifyFiles({
      a: npy('a.npy', '<f2', `(${M}, ${K})`, codes.a),
      b: npy('b.npy', '<f2', `(${N}, ${K})`, flipped),
      c: npy('c.npy', '<f4', `(${M}, ${N})`, c),
    });
    expectNamed('untiled order', found);
    expect(found.notes[0]).toBe('b.npy was read transposed, as its shape demands.');
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it('that are no product are refused', async () => {
    const wrong = identifyFiles({
      a: npy('a.npy', '<f2', `(${M}, ${K})`, codes.a),
      b: npy('b.npy', '<f2', `(${K}, ${N})`, codes.b),
      c: npy('c.npy', '<f4', `(${N}, ${M})`, c),
    });
    await expect(wrong).rejects.toThrow(UserError);
    await expect(wrong).rejects.toThrow(/A is \[8, 300\], B is \[300, 10\] and C is \[10, 8\]/);
  });
});
