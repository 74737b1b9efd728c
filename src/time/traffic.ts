/** Bytes that a stream moves by memory and direction, and the multiply-adds of its matmuls. */
import { CHIPS } from '../chip';
import type { ChipName } from '../chip';
import { workOf } from '../isa';
import { bytesOf, elementsOf, readsOf, writesOf } from '../program';
import type { Instruction, Space } from '../program';
import type { Timeline, Traffic } from './types';

/** An array element for each memory. */
type Bytes = Record<Space, number>;

/** A matmul that moves elements and multiplies nothing. */
export function isTranspose({ opcode, attributes }: Instruction): boolean {
  return opcode === 'nc_transpose' || (opcode === 'nc_matmul' && attributes.transpose === true);
}

export function trafficOf(
  instructions: readonly Instruction[],
  chipName: ChipName,
): { readonly traffic: Traffic; readonly flops: Timeline['flops'] } {
  const chip = CHIPS[chipName];
  const read: Bytes = { hbm: 0, sbuf: 0, psum: 0 };
  const written: Bytes = { hbm: 0, sbuf: 0, psum: 0 };
  let [hardware, model] = [0, 0];
  for (const instruction of instructions) {
    for (const { pattern } of readsOf(instruction)) {
      read[pattern.space] += elementsOf(pattern) * bytesOf(pattern.dtype);
    }
    for (const { pattern } of writesOf(instruction)) {
      written[pattern.space] += elementsOf(pattern) * bytesOf(pattern.dtype);
    }
    if (instruction.engine !== 'tensor') continue;
    const work = workOf(instruction, chip);
    if (work.unit !== 'array') continue;
    hardware += work.flops;
    if (!isTranspose(instruction)) model += work.flops;
  }
  return {
    traffic: {
      hbmRead: read.hbm,
      hbmWritten: written.hbm,
      sbufRead: read.sbuf,
      sbufWritten: written.sbuf,
      psumRead: read.psum,
      psumWritten: written.psum,
    },
    flops: { hardware, model },
  };
}
