/** Matmuls and transpositions on every adapter: passes, groups, formats, and values that flushing adapters lose. */
import { test } from 'vitest';
import { planMatmul, planToProgram } from '../../../../src/lower';
import { codeArray, encodeArray, type CodeArray, type Dtype } from '../../../../src/numerics';
import { kernel, trace } from '../../../../src/kernel';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';

/** Values of a kind: `plain` ones of a few binades, `tiny` ones whose products are subnormal, and `any` codes at all. */
type Kind = 'plain' | 'tiny' | 'any';

function values(dtype: Dtype, count: number, kind: Kind, seed: number): CodeArray {
  let state = seed;
  const next = () => (state = Math.imul(state, 1664525) + 1013904223) >>> 0;
  if (kind === 'any') return codeArray(dtype, count).map(() => next());
  const scale = kind === 'tiny' ? 2 ** -65 : 1;
  const floats = Float32Array.from(
    { length: count },
    () => (next() / 2 ** 31 - 1) * scale * 2 ** (next() >>> 30),
  );
  return encodeArray(dtype, floats);
}

onEveryAdapter((on) => {
  test.each([
    ['bfloat16', 'bfloat16', 'plain', 'trn1'],
    ['bfloat16', 'bfloat16', 'tiny', 'trn2'],
    ['bfloat16', 'bfloat16', 'any', 'trn2'],
    ['float32', 'float32', 'plain', 'trn2'],
    ['float32', 'float32', 'tiny', 'trn2'],
    ['float32', 'float32', 'any', 'trn2'],
    ['float16', 'bfloat16', 'any', 'trn2'],
    ['float8_e4m3', 'float8_e5m2', 'any', 'trn2'],
    ['float8_e4m3fn', 'bfloat16', 'plain', 'trn3'],
  ] as const)('a lowered matmul: %s x %s, %s, on %s', async (a, b, kind, chip) => {
    const [m, n, k] = [150, 530, 300];
    const plan = planMatmul({ m, n, k, a, b, out: 'float32', chip });
    await expectAgreement(on.interpreter, planToProgram(plan), {
      a: values(a, m * k, kind, 1),
      b: values(b, k * n, kind, 2),
    });
  });

  test.each(['float16', 'bfloat16', 'float32'] as const)(
    'sums in bfloat16 of %s, whose neighbours share words',
    async (dtype) => {
      const [k, m, n] = [40, 17, 75];
      const narrow = kernel('narrow', ['a', 'b'], (nc, { a, b }) => {
        const [left, right] = [nc.sbuf([k, m], dtype), nc.sbuf([k, n], dtype)];
        nc.dma_copy(left, { src: a });
        nc.dma_copy(right, { src: b });
        const sums = nc.psum([m, n + 1], 'bfloat16');
        nc.memset(sums, { code: 0x4000 });
        const odd = sums.slice('all', [1, n + 1]);
        for (const accumulate of [true, true, false, true]) {
          nc.nc_matmul(odd, { stationary: left, moving: right, accumulate });
        }
        const result = nc.sbuf([m, n + 1], 'bfloat16');
        nc.tensor_copy(result, { src: sums });
        nc.dma_copy(nc.hbm('out', [m, n + 1], 'bfloat16'), { src: result });
      });
      const inputs = { a: { shape: [k, m], dtype }, b: { shape: [k, n], dtype } };
      const { program } = trace(narrow, { chip: 'trn3', inputs });
      await expectAgreement(on.interpreter, program, {
        a: values(dtype, k * m, 'plain', 30),
        b: values(dtype, k * n, 'plain', 31),
      });
    },
  );

  test.each([
    ['float8_e4m3fn_x4', 'float8_e5m2_x4', 120, 16],
    ['float8_e5m2_x4', 'float8_e5m2_x4', 0, 256],
    ['float4_e2m1fn_x4', 'float8_e4m3fn_x4', 0, 256],
    ['float8_e5m2_x4', 'float4_e2m1fn_x4', 60, 3],
  ] as const)('MX passes: %s x %s, scales from %i on', async (a, b, least, span) => {
    const [p, m, n] = [128, 34, 70];
    const mx = kernel('mx', ['a', 'b', 'as', 'bs'], (nc, inputs) => {
      const out = nc.hbm('out', [m, n], 'float32');
      const load = (name: 'a' | 'b' | 'as' | 'bs', rows: number, columns: number) => {
        const tile = nc.sbuf([rows, columns], inputs[name].dtype);
        nc.dma_copy(tile, { src: inputs[name] });
        return tile;
      };
      const sums = nc.psum([m, n], 'float32');
      for (const accumulate of [false, true]) {
        nc.nc_matmul_mx(sums, {
          stationary: load('a', p, m),
          moving: load('b', p, n),
          stationary_scale: load('as', p, m),
          moving_scale: load('bs', p, n),
          accumulate,
        });
      }
      const result = nc.sbuf([m, n], 'float32');
      nc.tensor_copy(result, { src: sums });
      nc.dma_copy(out, { src: result });
    });
    const spec = (dtype: Dtype, columns: number) => ({ shape: [p, columns], dtype });
    const { program } = trace(mx, {
      chip: 'trn3',
      inputs: { a: spec(a, m), b: spec(b, n), as: spec('uint8', m), bs: spec('uint8', n) },
    });
    const scales = (count: number, seed: number) =>
      values('uint8', count, 'any', seed).map((code) => Math.min(255, least + (code % span)));
    await expectAgreement(on.interpreter, program, {
      a: values(a, p * m, 'any', 3),
      b: values(b, p * n, 'any', 4),
      as: scales(p * m, 5),
      bs: scales(p * n, 6),
    });
  });

  test.each([
    ['trn1', 'bfloat16'],
    ['trn1', 'float32'],
    ['trn2', 'float16'],
    ['trn2', 'float8_e5m2'],
    ['trn3', 'float32'],
  ] as const)('transpositions on %s of %s', async (chip, dtype) => {
    const turned = chip === 'trn1' || dtype !== 'float8_e5m2' ? dtype : 'uint16';
    const turning = kernel('turning', ['x', 'eye'], (nc, { x, eye }) => {
      const data = nc.sbuf([96, 80], dtype);
      nc.dma_copy(data, { src: x });
      const identity = nc.sbuf([96, 96], dtype);
      nc.dma_copy(identity, { src: eye });
      const store = (name: string, tile: ReturnType<typeof nc.sbuf>) => {
        nc.dma_copy(nc.hbm(name, [80, 96], tile.dtype), { src: tile });
      };
      const psum = nc.psum([80, 96], turned);
      nc.nc_transpose(psum, { data, engine: 'tensor' });
      const first = nc.sbuf([80, 96], turned);
      nc.tensor_copy(first, { src: psum });
      store('first', first);
      const multiplied = chip === 'trn1' ? 'float32' : turned;
      const passed = nc.psum([80, 96], multiplied);
      nc.nc_matmul(passed, { stationary: data, moving: identity, transpose: true, accumulate: false });
      const second = nc.sbuf([80, 96], multiplied);
      nc.tensor_copy(second, { src: passed });
      store('second', second);
      const small = nc.sbuf([32, 32], dtype);
      nc.nc_transpose(small, { data: data.slice([32, 64], [8, 40]), engine: 'vector' });
      // In place: every element changes its partition.
      nc.nc_transpose(small, { data: small, engine: 'vector' });
      nc.dma_copy(nc.hbm('third', [32, 32], dtype), { src: small });
    });
    const { program } = trace(turning, {
      chip,
      inputs: { x: { shape: [96, 80], dtype }, eye: { shape: [96, 96], dtype } },
    });
    const eye = encodeArray(
      dtype,
      Float32Array.from({ length: 96 * 96 }, (_, at) => Number(Math.floor(at / 96) === (at * 7) % 96)),
    );
    await expectAgreement(on.interpreter, program, { x: values(dtype, 96 * 80, 'any', 7), eye });
  });

  test('elements of dst that coincide: the last one stays', async () => {
    const [k, m, n] = [33, 20, 96];
    const repeated = kernel('repeated', ['a', 'b'], (nc, { a, b }) => {
      const [left, right] = [nc.sbuf([k, m], 'bfloat16'), nc.sbuf([k, n], 'bfloat16')];
      nc.dma_copy(left, { src: a });
      nc.dma_copy(right, { src: b });
      const sums = nc.psum([m, 64], 'float32');
      nc.memset(sums, { code: 0x3f800000 });
      for (const accumulate of [false, true]) {
        const dst = sums.ap([[8, 2], [1, 12], [0, 4]], { offset: 3 }); // prettier-ignore
        nc.nc_matmul(dst, { stationary: left, moving: right, accumulate });
      }
      const result = nc.sbuf([m, 64], 'float32');
      nc.tensor_copy(result, { src: sums });
      nc.dma_copy(nc.hbm('out', [m, 64], 'float32'), { src: result });
    });
    const dtype = 'bfloat16';
    const inputs = { a: { shape: [k, m], dtype }, b: { shape: [k, n], dtype } } as const;
    const { program } = trace(repeated, { chip: 'trn2', inputs });
    await expectAgreement(on.interpreter, program, {
      a: values(dtype, k * m, 'plain', 40),
      b: values(dtype, k * n, 'plain', 41),
    });
  });

  test('operands and dst whose elements an index chooses', async () => {
    const [k, m, n] = [64, 32, 60];
    const chosen = kernel('chosen', ['a', 'b', 'rows', 'columns', 'places'], (nc, inputs) => {
      const load = (name: 'a' | 'b' | 'rows' | 'columns' | 'places') => {
        const [rows = 1, columns = 1] = inputs[name].shape;
        const tile = nc.sbuf([rows, columns], inputs[name].dtype);
        nc.dma_copy(tile, { src: inputs[name] });
        return tile;
      };
      const sums = nc.psum([m, 128], 'float32');
      nc.memset(sums, { code: 0x3f800000 });
      const [a, b] = [load('a'), load('b')];
      const [rows, columns, places] = [load('rows'), load('columns'), load('places')];
      nc.nc_matmul(sums.slice('all', [0, n]), {
        stationary: a.indirect(rows, m),
        moving: b.indirect(columns, n),
        accumulate: true,
      });
      nc.nc_matmul(sums.indirect(places, n), {
        stationary: a.slice('all', [0, m]),
        moving: b.slice('all', [0, n]),
        accumulate: false,
      });
      const result = nc.sbuf([m, 128], 'float32');
      nc.tensor_copy(result, { src: sums });
      nc.dma_copy(nc.hbm('out', [m, 128], 'float32'), { src: result });
    });
    const specs = {
      a: { shape: [k, 100], dtype: 'bfloat16' },
      b: { shape: [k, 100], dtype: 'bfloat16' },
      rows: { shape: [k, 1], dtype: 'uint16' },
      columns: { shape: [k, 2], dtype: 'uint16' },
      places: { shape: [m, 2], dtype: 'uint16' },
    } as const;
    const { program } = trace(chosen, { chip: 'trn3', inputs: specs });
    const inputs = Object.fromEntries(
      Object.entries(specs).map(
        (
          [
            input,
            {
              shape: [rows, columns],
              dtype,
            },
          ],
          at,
        ) => {
          const codes = values(dtype, rows * columns, at < 2 ? 'plain' : 'any', at + 20);
          return [input, at < 2 ? codes : codes.map((code) => code % 100)];
        },
      ),
    );
    await expectAgreement(on.interpreter, program, inputs);
  });
});
