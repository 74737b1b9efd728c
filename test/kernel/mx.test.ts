/** MX as authors write it: packed tensors and their views, scales in tiles, accumulation; and what the verifier follows of it. */
import { describe, expect, test } from 'vitest';
import { runProgram } from '../../src/execute/reference';
import type { ChipView, HbmView, Nc } from '../../src/kernel';
import { decodeArray, encodeArray, packLanes } from '../../src/numerics';
import { verifyProgram } from '../../src/verify';
import { givenBy, instructionsBy, refusalOf, traced, type Setting } from './tracing';

const TRN3: Setting = { chip: 'trn3' };

interface Operand {
  readonly data: ChipView;
  readonly scales: ChipView;
}

/** Packed ones, and scales of 1, of 32 partitions. */
function operand(nc: Nc, width: number): Operand {
  const words = nc.sbuf([32, width], 'uint32');
  const scales = nc.sbuf([4, width], 'float8_e8m0fnu');
  nc.memset(words, { code: 0x38383838 });
  nc.memset(scales, { value: 1 });
  return { data: words.view('float8_e4m3fn_x4'), scales };
}

function multiply(nc: Nc, dst: ChipView, left: Operand, right: Operand, accumulate?: boolean): void {
  nc.nc_matmul_mx(dst, {
    stationary: left.data,
    moving: right.data,
    stationary_scale: left.scales,
    moving_scale: right.scales,
    ...(accumulate !== undefined && { accumulate }),
  });
}

function stored(nc: Nc, sum: ChipView): void {
  const tile = nc.sbuf(sum.shape, 'float32');
  nc.tensor_copy(tile, { src: sum });
  nc.dma_copy(nc.hbm('result', sum.shape, 'float32'), { src: tile });
}

const flags = (body: (nc: Nc) => void) =>
  instructionsBy(body, TRN3).flatMap((one) =>
    one.opcode === 'nc_matmul_mx' ? [one.attributes.accumulate] : [],
  );

describe('accumulation is inferred as that of nc_matmul', () => {
  test('the first matmul into a region overwrites it, later ones add, until it is read', () => {
    expect(
      flags((nc) => {
        const [left, right] = [operand(nc, 2), operand(nc, 3)];
        const sum = nc.psum([2, 3], 'float32');
        for (let pass = 0; pass < 3; pass++) multiply(nc, sum, left, right);
        nc.tensor_copy(nc.sbuf([2, 3], 'float32'), { src: sum });
        multiply(nc, sum, left, right);
        multiply(nc, sum, left, right, false);
        multiply(nc, sum, left, right);
      }),
    ).toEqual([false, true, true, false, false, true]);
  });

  test('and mixes with it in one group', () => {
    expect(
      flags((nc) => {
        const [left, right] = [operand(nc, 2), operand(nc, 2)];
        const sum = nc.psum([2, 2], 'float32');
        const ones = nc.sbuf([32, 2], 'bfloat16');
        nc.memset(ones, { value: 1 });
        nc.nc_matmul(sum, { stationary: ones, moving: ones });
        multiply(nc, sum, left, right);
      }),
    ).toEqual([true]);
  });

  test('not in a loop over a register', () => {
    const refused = refusalOf((nc) => {
      const [left, right] = [operand(nc, 2), operand(nc, 2)];
      const sum = nc.psum([2, 2], 'float32');
      nc.fori_loop(0, 3, () => {
        multiply(nc, sum, left, right);
      });
    }, TRN3);
    expect(refused.rule).toContain('accumulate cannot be inferred in a loop');
  });
});

describe('views', () => {
  test('a packed code is four bytes, or two of fp4', () => {
    givenBy((nc) => {
      const packed = nc.sbuf([32, 6], 'float8_e5m2_x4');
      expect(packed.view('uint8').shape).toEqual([32, 24]);
      expect(packed.view('uint32').shape).toEqual([32, 6]);
      expect(packed.view('float8_e4m3fn_x4').shape).toEqual([32, 6]);
      expect(packed.view('float4_e2m1fn_x4').shape).toEqual([32, 12]);
      expect(nc.sbuf([32, 24], 'uint8').view('float4_e2m1fn_x4').shape).toEqual([32, 12]);
    }, TRN3);
    const refused = refusalOf((nc) => nc.sbuf([32, 6], 'uint8').view('float8_e5m2_x4'), TRN3);
    expect(refused.call).toBe('view');
  });

  /** out[M, N] of K = 128 bytes of e4m3fn, four of a partition side by side, in HBM as uint8. */
  function fromBytes(nc: Nc, { a, b }: Readonly<Record<string, HbmView>>): void {
    const load = (source: HbmView | undefined, width: number): Operand => {
      const bytes = nc.sbuf([32, 4 * width], 'uint8');
      if (source !== undefined) nc.dma_copy(bytes, { src: source });
      const scales = nc.sbuf([4, width], 'uint8');
      nc.memset(scales, { code: 128 });
      return { data: bytes.view('float8_e4m3fn_x4'), scales };
    };
    const sum = nc.psum([2, 3], 'float32');
    multiply(nc, sum, load(a, 2), load(b, 3));
    stored(nc, sum);
  }

  test('bytes are multiplied through one', () => {
    const inputs = { a: { shape: [32, 8], dtype: 'uint8' }, b: { shape: [32, 12], dtype: 'uint8' } } as const;
    const { program } = traced(fromBytes, { ...TRN3, inputs });
    const bytesOf = (width: number, value: (p: number, column: number, lane: number) => number) =>
      encodeArray(
        'float8_e4m3fn',
        Float32Array.from({ length: 128 * width }, (_, at) =>
          value(Math.floor(at / (4 * width)), Math.floor(at / 4) % width, at % 4),
        ),
      );
    const left = (p: number, m: number, lane: number) => (p % 3) + 2 * m + lane;
    const right = (p: number, n: number, lane: number) => (p % 2) + n + 3 * (lane % 2);
    const { result } = runProgram(program, { a: bytesOf(2, left), b: bytesOf(3, right) });
    const wanted = Array.from({ length: 6 }, (_, at) => {
      let sum = 0;
      for (let p = 0; p < 32; p++) {
        for (let lane = 0; lane < 4; lane++)
          sum += left(p, Math.floor(at / 3), lane) * right(p, at % 3, lane);
      }
      return 4 * sum; // scales of 2 on both sides
    });
    expect([...decodeArray('float32', result ?? new Uint32Array(0))]).toEqual(wanted);
  });

  test('packed inputs go through HBM and SBUF as they are', () => {
    const inputs = { x: { shape: [32, 5], dtype: 'float8_e5m2_x4' } } as const;
    const { program } = traced(
      (nc, { x }) => {
        const tile = nc.sbuf([32, 5], 'float8_e5m2_x4');
        if (x !== undefined) nc.dma_copy(tile, { src: x });
        nc.dma_copy(nc.hbm('y', [32, 5], 'float8_e5m2_x4'), { src: tile });
      },
      { ...TRN3, inputs },
    );
    const codes = packLanes(
      'float8_e5m2_x4',
      Uint8Array.from({ length: 640 }, (_, at) => (37 * at) & 255),
    );
    expect(verifyProgram(program).findings).toEqual([]);
    expect(runProgram(program, { x: codes })['y']).toEqual(codes);
  });

  test('memset writes 0 to packed tensors, by value too', () => {
    const body = (value: number) => (nc: Nc) => {
      nc.memset(nc.sbuf([32, 2], 'float4_e2m1fn_x4'), { value });
    };
    expect(instructionsBy(body(0), TRN3)[0]).toMatchObject({ attributes: { code: 0 } });
    expect(refusalOf(body(1), TRN3).rule).toContain('is four elements and no number');
  });
});

describe('the verifier follows the rows of scales', () => {
  const found = (body: (nc: Nc) => void) =>
    verifyProgram(traced(body, TRN3).program).findings.map(({ code, operand }) => [code, operand]);

  /** Of 64 partitions; scales of as many rows as are told in each quadrant, in a whole tile. */
  const scaled = (rows: number) => (nc: Nc) => {
    const data = nc.sbuf([64, 2], 'float8_e4m3fn_x4');
    nc.memset(data, { value: 0 });
    const scales = nc.sbuf([64, 2], 'float8_e8m0fnu');
    for (const quadrant of [0, 32]) nc.memset(scales.slice([quadrant, quadrant + rows]), { value: 1 });
    const sum = nc.psum([2, 2], 'float32');
    const side = { data, scales };
    multiply(nc, sum, side, side);
    stored(nc, sum);
  };

  test('four of each quadrant are read, and no others need be there', () => {
    expect(found(scaled(4))).toEqual([]);
    expect(found(scaled(3))).toEqual([
      ['SYS301', 'stationary_scale'],
      ['SYS301', 'moving_scale'],
    ]);
  });

  test('quantize_mx writes them, and leaves the scales between as they are', () => {
    const quantized = (rows: readonly number[]) => (nc: Nc) => {
      const source = nc.sbuf([64, 8], 'bfloat16');
      nc.memset(source, { value: 1 });
      const scales = nc.sbuf([128, 2], 'float8_e8m0fnu');
      const data = rows.map((row) => {
        const tile = nc.sbuf([64, 2], 'float8_e5m2_x4');
        nc.quantize_mx(tile, { src: source, dst_scale: scales.slice([row, row + 36]) });
        return { data: tile, scales: scales.slice([row, row + 36]) };
      });
      const sum = nc.psum([2, 2], 'float32');
      for (const side of data) multiply(nc, sum, side, side);
      stored(nc, sum);
    };
    expect(found(quantized([0, 4, 8, 12]))).toEqual([]);
  });

  test('sums of nc_matmul_mx are groups', () => {
    const lost = (nc: Nc) => {
      const [left, right] = [operand(nc, 2), operand(nc, 2)];
      const sum = nc.psum([2, 2], 'float32');
      multiply(nc, sum, left, right);
      multiply(nc, sum, left, right, false);
      stored(nc, sum);
    };
    expect(found(lost)).toEqual([['SYS403', 'dst']]);
    const onto = (nc: Nc) => {
      const sum = nc.psum([2, 2], 'float32');
      multiply(nc, sum, operand(nc, 2), operand(nc, 2), true);
      stored(nc, sum);
    };
    expect(found(onto)).toEqual([['SYS401', 'dst']]);
  });
});
