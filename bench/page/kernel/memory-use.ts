/** What of SBUF and PSUM a Program uses, and when: each tensor as a span of bytes over a span of instructions. */
import { CHIPS } from '../../../src/chip';
import { isLoop, readsOf, tensorBytes, writesOf, type Instruction, type Program } from '../../../src/program';

export interface TensorUse {
  readonly name: string;
  readonly dtype: string;
  readonly partition: number;
  readonly partitions: number;
  /** Bytes of each partition, from `start`. */
  readonly start: number;
  readonly bytes: number;
  /** The first and the last instruction that uses it, by their place in the Program's text. */
  readonly first: number;
  readonly last: number;
}

export interface SpaceUse {
  readonly space: 'sbuf' | 'psum';
  /** Bytes of one partition. */
  readonly capacity: number;
  readonly allPartitions: number;
  /** Bytes of all partitions together that are in use at one time, at most. */
  readonly peak: number;
  readonly tensors: readonly TensorUse[];
}

export interface MemoryUse {
  readonly instructions: number;
  readonly spaces: readonly SpaceUse[];
}

/** A loop's body counts once; what is used in a loop lives from its first instruction to its last. */
export function memoryUse(program: Program): MemoryUse {
  const { chip, tensors } = program;
  const { lives, instructions } = livesOf(program);
  const { sbuf, psum } = CHIPS[chip];
  const spaces = (['sbuf', 'psum'] as const).map((space): SpaceUse => {
    const used = tensors.flatMap((tensor): TensorUse[] => {
      if (tensor.space !== space) return [];
      const life = lives.get(tensor.name);
      if (life === undefined) return [];
      const { name, dtype, partition, partitions } = tensor;
      const start = tensor.space === 'sbuf' ? tensor.address : tensor.bank * psum.bankBytes;
      return [{ name, dtype, partition, partitions, start, bytes: tensorBytes(tensor), ...life }];
    });
    const capacity = space === 'sbuf' ? sbuf.bytes : psum.banks * psum.bankBytes;
    return { space, capacity, allPartitions: capacity * psum.partitions, peak: peakOf(used), tensors: used };
  });
  return { instructions, spaces };
}

type Life = Pick<TensorUse, 'first' | 'last'>;

function livesOf({ instructions: nodes }: Program) {
  const lives = new Map<string, Life>();
  let count = 0;
  const extend = (name: string, first: number, last: number): void => {
    const life = lives.get(name);
    lives.set(
      name,
      life === undefined
        ? { first, last }
        : { first: Math.min(life.first, first), last: Math.max(life.last, last) },
    );
  };
  const visit = (list: Program['instructions'], used: Set<string> | undefined): void => {
    for (const node of list) {
      if (isLoop(node)) {
        const first = count;
        const inside = used ?? new Set<string>();
        visit(node.body, inside);
        if (used === undefined) for (const name of inside) extend(name, first, Math.max(first, count - 1));
        continue;
      }
      for (const name of namesIn(node)) {
        if (used === undefined) extend(name, count, count);
        else used.add(name);
      }
      count++;
    }
  };
  visit(nodes, undefined);
  return { lives, instructions: count };
}

function namesIn(instruction: Instruction): string[] {
  return [...writesOf(instruction), ...readsOf(instruction)]
    .filter(({ pattern }) => pattern.space !== 'hbm')
    .map(({ pattern }) => pattern.tensor);
}

/** Of bytes that live together. */
function peakOf(tensors: readonly TensorUse[]): number {
  const changes = tensors
    .flatMap(
      ({ first, last, bytes, partitions }) =>
        [
          [first, bytes * partitions],
          [last + 1, -bytes * partitions],
        ] as const,
    )
    .sort(([a, by], [b, other]) => a - b || by - other);
  let [now, peak] = [0, 0];
  for (const [, by] of changes) peak = Math.max(peak, (now += by));
  return peak;
}
