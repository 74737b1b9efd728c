/**
 * Where the contents of each tensor are followed: HBM tensors each on their own, on-chip tensors that share bytes together.
 * Also whether tensors fit the chip and have names of their own.
 */
import type { Chip } from '../chip';
import { bytesOf, tensorBytes } from '../program';
import type { PsumTensor, SbufTensor, Tensor } from '../program';
import { Cells } from './cells';
import type { Findings } from './finding';

/** A tensor and the cells that it lies in. */
export interface Home {
  readonly tensor: Tensor;
  /** Bytes of the tensor: of each partition on chip. */
  readonly bytes: number;
  readonly cells: Cells;
  /** Column of the cells that the tensor's first byte is in. */
  readonly column: number;
  /** Bytes of a row of an HBM tensor; Infinity on chip, where rows are partitions. */
  readonly pitch: number;
}

type OnChipTensor = SbufTensor | PsumTensor;

const PARTITIONS = 128;

/** First byte of an on-chip tensor in its partitions. */
export function addressOf(tensor: OnChipTensor, chip: Chip): number {
  return tensor.space === 'sbuf' ? tensor.address : tensor.bank * chip.psum.bankBytes;
}

export function checkTensors(tensors: readonly Tensor[], chip: Chip, findings: Findings): void {
  const names = new Set<string>();
  for (const tensor of tensors) {
    if (names.has(tensor.name)) {
      findings.add('SYS204', { operand: tensor.name }, 'names that differ', `two tensors "${tensor.name}"`);
    }
    names.add(tensor.name);
    if (tensor.space !== 'hbm') checkPlace(tensor, chip, findings);
  }
  const hbm = tensors.filter(({ space }) => space === 'hbm');
  const total = hbm.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (total > chip.hbm.bytes) {
    findings.add(
      'SYS203',
      { operand: 'HBM' },
      `at most the ${chip.hbm.bytes} bytes of HBM of ${chip.name}`,
      `${total} bytes`,
    );
  }
}

function checkPlace(tensor: OnChipTensor, chip: Chip, findings: Findings): void {
  const { name, space, partition, partitions } = tensor;
  if (partition < 0 || partitions < 1 || partition + partitions > PARTITIONS) {
    findings.add(
      'SYS203',
      { operand: name },
      `partitions of 0..${PARTITIONS - 1}`,
      `partitions ${partition}..${partition + partitions - 1}`,
    );
  }
  const [size, what] =
    space === 'sbuf'
      ? [
          chip.sbuf.usableBytes,
          `the ${chip.sbuf.usableBytes} usable bytes of an SBUF partition of ${chip.name}`,
        ]
      : [
          chip.psum.banks * chip.psum.bankBytes,
          `the ${chip.psum.banks} banks (${chip.psum.banks * chip.psum.bankBytes} bytes) of a PSUM partition`,
        ];
  const start = addressOf(tensor, chip);
  const end = start + tensorBytes(tensor);
  if (start < 0 || end > size) {
    findings.add('SYS203', { operand: name }, `bytes within ${what}`, `bytes ${start}..${end - 1}`);
  }
}

/** Tensors such that those of two groups share no byte; partitions are not told apart. */
interface Group {
  readonly tensors: OnChipTensor[];
  readonly start: number;
  end: number;
}

function sharing(tensors: readonly OnChipTensor[], chip: Chip): readonly Group[] {
  const groups: Group[] = [];
  for (const tensor of tensors.toSorted((a, b) => addressOf(a, chip) - addressOf(b, chip))) {
    const start = addressOf(tensor, chip);
    const end = start + tensorBytes(tensor);
    const last = groups.at(-1);
    if (last !== undefined && start < last.end) {
      last.tensors.push(tensor);
      last.end = Math.max(last.end, end);
    } else groups.push({ tensors: [tensor], start, end });
  }
  return groups;
}

export function placeHomes(
  tensors: readonly Tensor[],
  chip: Chip,
  grown: (id: number, by: number) => void,
): ReadonlyMap<string, Home> {
  const homes = new Map<string, Home>();
  for (const tensor of tensors) {
    if (tensor.space !== 'hbm') continue;
    const bytes = tensorBytes(tensor);
    const last = tensor.shape.length > 1 ? tensor.shape.at(-1) : undefined;
    const pitch = Math.max(last === undefined ? bytes : last * bytesOf(tensor.dtype), 1);
    const cells = new Cells(Math.ceil(bytes / pitch), pitch, grown);
    homes.set(tensor.name, { tensor, bytes, cells, column: 0, pitch });
  }
  for (const space of ['sbuf', 'psum'] as const) {
    const onChip = tensors.filter((tensor): tensor is OnChipTensor => tensor.space === space);
    for (const { tensors: group, start, end } of sharing(onChip, chip)) {
      const cells = new Cells(PARTITIONS, Math.max(end - start, 1), grown);
      for (const tensor of group) {
        const column = addressOf(tensor, chip) - start;
        homes.set(tensor.name, { tensor, bytes: tensorBytes(tensor), cells, column, pitch: Infinity });
      }
    }
  }
  return homes;
}
