/** What the form of an instruction does not say about its memory: what it leaves, what it moves as it is, what it cannot know. */
import type { Instruction, Opcode, Pattern } from '../program';

/** In a shuffle mask: this partition is left as it is (nki.isa.nc_stream_shuffle). */
const LEAVE = 255;

/** The Tensor engine multiplies, and leaves a sum in PSUM that another such instruction may add to. */
export function isMatmul(
  instruction: Instruction,
): instruction is Extract<Instruction, { readonly opcode: 'nc_matmul' | 'nc_matmul_mx' }> {
  return instruction.opcode === 'nc_matmul' || instruction.opcode === 'nc_matmul_mx';
}

/** Some elements of dst may keep what they held. */
export function leavesSome({ opcode, attributes }: Instruction): boolean {
  if (opcode === 'tensor_copy_predicated') return true;
  if (opcode === 'nc_stream_shuffle') return attributes.shuffle_mask.includes(LEAVE);
  const indexed = opcode === 'dma_copy' || opcode === 'dma_transpose' || opcode === 'dma_compute';
  return indexed && attributes.oob_mode === 'skip';
}

/** Whether indices that only a run knows decide which elements of an operand are meant. */
export function isIndexed({ sources }: Instruction, operand: string, { index }: Pattern): boolean {
  if (index !== undefined) return true;
  if (operand === 'dst') return 'dst_index' in sources;
  return (operand === 'src' || operand === 'src0') && 'src_index' in sources;
}

/** The operand of which codes go to dst as they are, where both are of one format. */
const MOVED: { readonly [O in Opcode]?: string } = {
  dma_copy: 'src',
  dma_transpose: 'src',
  tensor_copy: 'src',
  nc_stream_shuffle: 'src',
  nc_transpose: 'data',
  local_gather: 'src_buffer',
  nc_n_gather: 'data',
};

/** Codes go from this operand to dst as they are, so that it does not matter what they mean. */
export function movesCodes(instruction: Instruction, operand: string, { dtype }: Pattern): boolean {
  const { opcode, dst, attributes } = instruction;
  const moved = opcode === 'nc_matmul' && attributes.transpose === true ? 'stationary' : MOVED[opcode];
  return moved === operand && dst?.dtype === dtype;
}
