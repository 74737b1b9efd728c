/**
 * Tensor indirection: operands of compute instructions whose elements an index tile chooses, on trn3 (NKI 0.5, NkiTensor.indirect;
 * nki.isa, "Tensor indirection" of each instruction, SDK 2.32.0). What such a pattern means is said where its type is
 * (ChipPattern, src/program/tensors.ts); which operands may have an index, each entry says itself. Named choices: docs/numerics.md.
 *
 * Instructions without an index, nearly all, are asked one question.
 */
import type { Chip, EngineName } from '../chip';
import type { CodeArray, Dtype } from '../numerics';
import { isIndirect } from '../program';
import type { AllOperands, ChipPattern, Opcode, Pattern } from '../program';
import type { Indirect, Problem } from './entry';
import { operandProblems, spaceProblem, widthOf } from './rules';

const OFFSETS: readonly Dtype[] = ['uint16', 'uint32', 'int32'];

/** Partitions that share their offsets. */
export function groupOf(engine: EngineName): number {
  return engine === 'tensor' ? 32 : 16;
}

/** How many elements an index can choose: as many as the shortest group of its partitions has offsets for, in their order. */
export function mostChosen({ partitions }: ChipPattern, columns: number, group: number): number {
  const last = partitions % group;
  return last === 0 ? group * columns : last;
}

/**
 * The offsets [partitions, elements] that the codes of an index tile mean: each group of partitions takes its own, first
 * partitions, then columns.
 */
export function snaked(
  codes: CodeArray,
  { dtype, partitions }: ChipPattern,
  elements: number,
  group: number,
): Float64Array {
  const columns = codes.length / partitions;
  const offsets = new Float64Array(partitions * elements);
  for (let q = 0; q < partitions; q++) {
    const first = q - (q % group);
    for (let i = 0; i < elements; i++) {
      const code = codes[(first + (i % group)) * columns + Math.floor(i / group)] ?? NaN;
      offsets[q * elements + i] = dtype === 'int32' ? code | 0 : code;
    }
  }
  return offsets;
}

/** The form of an operand that has an index, and of that index. */
function formProblem(
  name: string,
  pattern: ChipPattern,
  index: ChipPattern,
  engine: EngineName,
  chip: Chip,
): Problem {
  const indexName = `${name}.index`;
  const place =
    spaceProblem(indexName, index, ['sbuf']) ?? operandProblems({ [indexName]: index }, engine, chip)[0];
  if (place !== undefined) return place;
  if (index.index !== undefined) return `${indexName} must not have an index itself, received one.`;
  if (!OFFSETS.includes(index.dtype))
    return `${indexName} must be ${OFFSETS.join(' or ')}, received ${index.dtype}.`;
  if (index.partitions !== pattern.partitions) {
    return `${indexName} must have the ${pattern.partitions} partitions of ${name}, received ${index.partitions}.`;
  }
  const [dim, ...more] = pattern.dims;
  if (dim?.[0] !== 0 || more.length > 0) {
    return `${name} must have one free dimension of stride 0, since its index says where elements lie, received ${JSON.stringify(pattern.dims)}.`;
  }
  const group = groupOf(engine);
  const most = mostChosen(index, widthOf(index), group);
  if (dim[1] <= most) return undefined;
  return `${name} must have at most ${most} elements, which an index of ${index.partitions} x ${widthOf(index)} gives to groups of ${group} partitions, received ${dim[1]}.`;
}

/** Base partitions: those of a source and its index agree, and dst's index goes with the first data operand. */
function startProblem(name: string, pattern: ChipPattern, index: ChipPattern, first: Pattern): Problem {
  if (name !== 'dst') {
    if (pattern.partition === index.partition) return undefined;
    return `${name}.index must start at partition ${pattern.partition}, as ${name} does, received ${index.partition}.`;
  }
  if (first.space === 'hbm') return undefined;
  const wanted = first.space === 'sbuf' ? first.partition : first.index?.partition;
  if (wanted === undefined || wanted === index.partition) return undefined;
  return `dst.index must start at partition ${wanted}, as the first data operand${first.space === 'sbuf' ? '' : '’s index'} does, received ${index.partition}.`;
}

/** An instruction, whatever its opcode. */
interface Issued extends AllOperands {
  readonly opcode: Opcode;
  readonly engine: EngineName;
}

/** Why the indices of an instruction's operands are illegal, or nothing; nothing where there are none. */
export function indirectionProblem(instruction: Issued, indirect: Indirect | undefined, chip: Chip): Problem {
  if (!isIndirect(instruction)) return undefined;
  const { opcode, engine, dst, results, sources } = instruction;
  const operands = { dst, ...results, ...sources };
  for (const [name, pattern] of Object.entries(operands)) {
    if (pattern?.index === undefined) continue;
    if (chip.name !== 'trn3')
      return `${name}: an index chooses elements on trn3 only, received ${chip.name}.`;
    const first = sources[indirect?.sources[0] ?? ''];
    if (
      indirect === undefined ||
      first === undefined ||
      !(name === 'dst' || indirect.sources.includes(name))
    ) {
      return `${name}: ${takingText(opcode, indirect)}.`;
    }
    if (indirect.engines?.includes(engine) === false) {
      return `${name}: ${opcode} takes an index on ${indirect.engines.join(' or ')}, received ${engine}.`;
    }
    if (engine === 'scalar' && name === 'dst' && pattern.space === 'psum') {
      return 'dst: scalar scatters into SBUF only, received psum.';
    }
    const problem =
      formProblem(name, pattern, pattern.index, engine, chip) ??
      startProblem(name, pattern, pattern.index, first);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function takingText(opcode: Opcode, indirect: Indirect | undefined): string {
  if (indirect === undefined) return `${opcode} takes no index: copy what it names by tensor_copy first`;
  return `${opcode} takes an index of ${['dst', ...indirect.sources].join(', ')} only`;
}
