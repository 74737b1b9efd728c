/**
 * Every rule that a finding can name, by its stable code. docs/errors.md is made from this table. Codes are never given to
 * another rule: SYS1xx instructions, 2xx tensors and patterns, 3xx contents of memory, 4xx accumulation groups in PSUM, 5xx
 * accumulator registers, 6xx registers and loops, 7xx what only the values of a run show, 8xx random generators. Sources: NKI
 * architecture guides and nki.isa of the AWS Neuron SDK documentation (2.32.0); the rules of contents are those of undefined memory.
 */
import type { RuntimeRule } from '../isa';

export type Severity = 'error' | 'warning';

export interface Rule {
  /** A few words: what is wrong. */
  readonly title: string;
  /** An error makes results wrong or undefined on the chip, or is refused there; a warning is work that comes to nothing. */
  readonly severity: Severity;
  /** What the rule is, and what follows where it is broken. */
  readonly explanation: string;
  readonly mend: string;
}

const error = (title: string, explanation: string, mend: string): Rule => ({
  title,
  severity: 'error',
  explanation,
  mend,
});
const warning = (title: string, explanation: string, mend: string): Rule => ({
  ...error(title, explanation, mend),
  severity: 'warning',
});

export const RULES = {
  SYS101: error(
    'illegal instruction',
    'An operand or attribute is not one that the instruction takes on this chip. docs/isa.md lists the rules of every instruction.',
    'Give the operand the shape, memory, format or value that is required.',
  ),
  SYS102: error(
    'start partition',
    'Operands of the engines start at a quadrant: up to 32 partitions at 0, 32, 64 or 96, up to 64 at 0 or 64, more at 0.',
    'Place the tensor, or cut the slice, so that it starts at a legal partition; DMA reaches any partition.',
  ),
  SYS103: error(
    'two inputs in PSUM',
    'An instruction reads at most one of its two tensor inputs from PSUM.',
    'Copy one of the two to SBUF first, by tensor_copy.',
  ),
  SYS104: error(
    'GpSimd on PSUM',
    'The GpSimd engine does not reach PSUM.',
    'Issue the instruction to Vector or Scalar, or copy the operand to SBUF first.',
  ),
  SYS105: error(
    'fp8 variants mixed',
    'float8_e4m3 and float8_e4m3fn are two readings of the same bits; the Tensor engine is set to one of them, so a Program multiplies only one, and bytes written as one are not multiplied as the other.',
    'Choose one of the two formats for all matmuls, and convert the rest by tensor_copy.',
  ),
  SYS106: error(
    'not on this chip or engine',
    'Each instruction exists on some chips, and is issued to some of their engines.',
    'Use an engine, chip or instruction that has it.',
  ),
  SYS107: error(
    'format not on this chip',
    'Each chip reads and writes some number formats only.',
    'Convert to a format that the chip has.',
  ),
  SYS108: error(
    'edge that cannot be kept',
    'An edge (after) names another instruction, of the same body or of one around it. It is a wait that happens whenever the instruction runs, so that one into or out of a loop over a register could wait for ever.',
    'Name an instruction of the Program, in the same body; or loosen the order, by dropping the edge.',
  ),
  SYS109: error(
    'edges in a circle',
    'Instructions that each come after the next, and the last after the first, never start.',
    'Drop one of the edges.',
  ),
  SYS201: error(
    'no such tensor',
    'A pattern names a tensor of its Program, in the memory where that lies.',
    'Name a tensor of the Program, or declare it.',
  ),
  SYS202: error(
    'outside the tensor',
    'A pattern stays within the elements and partitions of its tensor. With registers, this is held against the values that they take.',
    'Shorten the slice, or correct its offset, stride or loop bound.',
  ),
  SYS203: error(
    'memory exceeded',
    'A tensor lies within the usable bytes of its memory: SBUF and PSUM have 128 partitions, PSUM 8 banks of 2 KiB, and HBM holds all of its tensors together.',
    'Use smaller tiles or fewer buffers, share addresses between tensors that are not needed at the same time, or place it lower.',
  ),
  SYS204: error(
    'name given twice',
    'Tensors have names of their own, and instructions and loops ids of their own: findings, text and views name them.',
    'Rename one of the two.',
  ),
  SYS301: error(
    'read before written',
    'Memory that nothing wrote holds anything: what is computed from it is undefined. This holds for outputs and scratch in HBM too.',
    'Write it first, by a copy, a memset, or a matmul that does not accumulate; or read only what was written.',
  ),
  SYS302: error(
    'overwritten through another tensor',
    'Tensors may share addresses while their lifetimes do not cross. Here the bytes of a tensor were last written through another one.',
    'Read it before the other tensor is written, write it again after, or give the two different addresses.',
  ),
  SYS303: warning(
    'reinterpreted bytes',
    'Bytes that were written as one format are read as another, by an operand that does not say so. A view on the reading side says so; instructions that move codes as they are (copies without conversion, transposes, shuffles) are exempt.',
    'Read through a view of the format that was written, write in the tensor’s own format, or convert by tensor_copy.',
  ),
  SYS304: error(
    'output not written',
    'Every element of an output is written by the end of the Program.',
    'Store the tile that is missing: compare the extents of the stores with the output’s shape.',
  ),
  SYS305: warning(
    'never read',
    'Nothing that the instruction wrote is ever read before it is overwritten or the Program ends, so the instruction came to nothing: often a wrong buffer. In a loop one turn that is of use suffices; where the number of turns is not known, nothing is reported. memset is exempt, and so are instructions that also change an accumulator register.',
    'Read the result, send it to the right buffer, or drop the instruction.',
  ),
  SYS401: error(
    'accumulation not started',
    'A matmul adds onto memory that no matmul initialised. On the chip, adding onto what a memset or a copy wrote is undefined.',
    'Let the first matmul of the group overwrite (accumulate false).',
  ),
  SYS402: error(
    'accumulation groups interleaved',
    'Within a PSUM bank, on the same quadrants, one accumulation group is open at a time: once another matmul has started there, the earlier group cannot be continued.',
    'Finish one group before the next starts, or put the two into different banks.',
  ),
  SYS403: error(
    'sum lost',
    'The sum of an accumulation group was never read: another matmul started over it, or the Program ended. The bank is wrong, the matmul should have accumulated, or the copy out of PSUM is missing.',
    'Accumulate (accumulate true) to continue the group, use another bank, or copy the sum out first.',
  ),
  SYS404: warning(
    'group continued after it was read',
    'A matmul accumulates onto a sum that was copied out of PSUM before. That is defined, and is how running sums are made, but more often the first matmul of the next tile fails to start a group of its own.',
    'Let the first matmul of each group overwrite (accumulate false), or read the sum once the group is finished.',
  ),
  SYS501: error(
    'accumulator registers clobbered',
    'Vector has one accumulator register for each partition, which tensor_scalar_reduce, tensor_scalar_cumulative, select_reduce, range_select and exponential share; Scalar has one, which activation, activation_reduce and activate2 share. Here they hold what another instruction accumulated, or the same one with another operator.',
    'Read the registers out (reduce_res) before the other instruction, or start anew (reset_reduce).',
  ),
  SYS502: error(
    'accumulator registers not set',
    'Reducing into accumulator registers, or reading them, takes what an earlier instruction left there.',
    'Start with reset_reduce, or load_reduce where the instruction has it, on the same partitions.',
  ),
  SYS503: warning(
    'accumulated value lost',
    'What was accumulated on command is reset before anything read it.',
    'Read it out by reduce_res first, or continue it by reduce.',
  ),
  SYS601: error(
    'register read before set',
    'A register holds nothing until register_move, register_load or a loop sets it.',
    'Set it first.',
  ),
  SYS602: error(
    'too many registers',
    'A sequencer has 64 registers.',
    'Use registers again once they are free, or unroll a loop.',
  ),
  SYS603: error(
    'loop without end',
    'A while loop ends when its register is zero, so its body has to change that register.',
    'Set the register in the body, by register_load or register_move.',
  ),
  SYS701: error(
    'outside the valid range',
    'The Scalar engine’s functions are valid on some inputs only; outside, results are wrong. Which inputs arrive, only a run shows.',
    'Reduce, scale or clamp the input first.',
  ),
  SYS702: error(
    'index outside the tensor',
    'An index of an indirect DMA, or of an indirect operand on trn3, addresses an element outside its tensor; or one of a gather (local_gather, nc_n_gather) an element outside its tile, where the chip’s result is undefined and ours zero bits. Which indices arrive, only a run shows.',
    'Correct the indices, or let those of a DMA be skipped (oob_mode skip).',
  ),
  SYS703: error(
    'index repeated',
    'Indices that were declared unique are not: additions to the same place would be lost. So are those that scatter an indirect dst on trn3: of elements that go to one place the last stays here, and which does on the chip is not documented.',
    'Make them unique, or declare unique_indices of dma_compute false.',
  ),
  SYS704: error(
    'not a segment id',
    'sequence_bounds takes non-negative integers; other ids make segments too. Which ids arrive, only a run shows.',
    'Number segments 1, 2, 3, ... and let padding be 0.',
  ),
  SYS801: warning(
    'generator not seeded',
    'Random numbers are drawn, or a state is stored, that nothing in the Program has set. On the chip it is whatever was left there, so that results differ from run to run; systole starts all generators as after the seed 0.',
    'Seed first: set_rng_seed for all partitions of Vector, or rand_set_state for those that are used.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleCode = keyof typeof RULES;

export const RULE_CODES = Object.keys(RULES) as readonly RuleCode[];

/** What only a run shows has its codes too. */
export const RUNTIME_CODES = {
  'activation-range': 'SYS701',
  'index-outside': 'SYS702',
  'index-repeated': 'SYS703',
  'segment-id': 'SYS704',
} as const satisfies Record<RuntimeRule, RuleCode>;
