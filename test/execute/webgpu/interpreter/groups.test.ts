/** Accumulation groups whose matmuls do not go out as one product, on every adapter. */
import { test } from 'vitest';
import { parseProgram } from '../../../../src/program';
import { onEveryAdapter } from './adapters';
import { expectAgreement } from './agree';

onEveryAdapter((on) => {
  test('of operands that are packed in different ways, one after the other', async () => {
    const program = parseProgram(
      [
        'program trn1',
        'hbm x float8_e4m3 [1, 1] input',
        'hbm y float16 [1, 1] input',
        'sbuf a float8_e4m3 partitions 0:1 elements 1 address 0',
        'sbuf b float16 partitions 0:1 elements 1 address 64',
        'sbuf out float32 partitions 0:1 elements 1 address 128',
        'psum sum float32 partitions 0:1 elements 1 bank 0',
        'a sync dma_copy a p0:1 [1,1] = src x [1,1]',
        'b sync dma_copy b p0:1 [1,1] = src y [1,1]',
        'first tensor nc_matmul sum p0:1 [1,1] = stationary a p0:1 [1,1], moving b p0:1 [1,1], accumulate false, performance none',
        'second tensor nc_matmul sum p0:1 [1,1] = stationary b p0:1 [1,1], moving b p0:1 [1,1], accumulate true, performance none',
        'read vector tensor_copy out p0:1 [1,1] = src sum p0:1 [1,1]',
      ].join('\n'),
    );
    await expectAgreement(on.interpreter, program, { x: Uint8Array.of(0xb8), y: Uint16Array.of(0xbc00) });
  });
});
