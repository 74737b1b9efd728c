/**
 * Faults of the kinds that kernel authors make, seeded into Programs that are right. A mutation gives undefined where it finds
 * no place in the Program, or where the Program that it made would provably do the same: each such case says why.
 */
import { isLoop, readsOf, writesOf } from '../../src/program';
import type { ForLoop, Instruction, Pattern, Program, SbufTensor, Tensor } from '../../src/program';
import type { Dtype } from '../../src/numerics';
import { isMatmul } from '../../src/verify/traits';
import type { Mutation } from './mutation';
import { EDGE_MUTATIONS } from './mutations-edges';

export type { Mutation } from './mutation';
import {
  elementsIn,
  lastCount,
  ofOpcode,
  orderOf,
  originsBefore,
  replace,
  sameAccess,
  shortened,
  sitesOf,
  withPatterns,
  withSite,
  withTensor,
  type Pick,
  type Site,
} from './edit';

const byRun = (what: string, mutate: Mutation['mutate']): Mutation => ({ what, verifier: false, mutate });
const byVerifier = (what: string, mutate: Mutation['mutate']): Mutation => ({ what, verifier: true, mutate });

const isLoad = ({ opcode, dst, sources }: Instruction): boolean =>
  opcode === 'dma_copy' && dst.space === 'sbuf' && sources.src.space === 'hbm';
const isStore = ({ opcode, dst, sources }: Instruction): boolean =>
  opcode === 'dma_copy' && dst.space === 'hbm' && sources.src.space === 'sbuf';
const leavesPsum = (instruction: Instruction): boolean =>
  instruction.dst?.space === 'sbuf' && readsOf(instruction).some(({ pattern }) => pattern.space === 'psum');

/**
 * A load whose elements, or those of them that `left` leaves out, are in its buffer already, such as a slab of A that is loaded again
 * for the next columns of B: whatever wrote them last loaded the same elements of the same input, and inputs do not change.
 */
function isRepeated(program: Program, load: Instruction, left?: Instruction): boolean {
  if (load.opcode !== 'dma_copy' || !isLoad(load)) return false;
  const { src } = load.sources;
  const kept = new Set(left?.dst === undefined ? [] : elementsIn(left.dst));
  const held = originsBefore(program, load, load.dst);
  const from = elementsIn(src);
  return elementsIn(load.dst).every(
    (element, index) => kept.has(element) || held[index] === `${src.tensor} ${from[index] ?? ''}`,
  );
}

/** Something is read, or is an output, of what a site writes; a change of other writes cannot matter. */
function isUsed(program: Program, { pattern, written }: Site): boolean {
  const tensor = tensorOf(program, pattern);
  return (
    !written ||
    (tensor?.space === 'hbm' && tensor.role === 'output') ||
    sitesOf(program).some((other) => !other.written && other.pattern.tensor === pattern.tensor)
  );
}

const usedSites = (program: Program) => sitesOf(program).filter((site) => isUsed(program, site));

const dropped = (program: Program, instruction: Instruction | undefined) =>
  instruction && replace(program, instruction, []);

const OTHER: { readonly [D in Dtype]?: Dtype } = {
  float32: 'int32',
  bfloat16: 'float16',
  float16: 'bfloat16',
  float8_e4m3: 'float8_e5m2',
  float8_e5m2: 'float8_e4m3',
  float8_e5m2_x4: 'float8_e4m3fn_x4',
  float8_e4m3fn_x4: 'float8_e5m2_x4',
};

const matmulsOf = (program: Program) => orderOf(program).filter(isMatmul);
type Matmul = ReturnType<typeof matmulsOf>[number];

/** The pattern so many partitions further on. */
const partitionsOn = (pattern: Pattern, partitions: number): Pattern =>
  pattern.space === 'hbm' ? pattern : { ...pattern, partition: pattern.partition + partitions };

/** A matmul that adds to dst, or overwrites it. */
function accumulating(matmul: Matmul, accumulate: boolean): Instruction {
  return matmul.opcode === 'nc_matmul'
    ? { ...matmul, attributes: { ...matmul.attributes, accumulate } }
    : { ...matmul, attributes: { ...matmul.attributes, accumulate } };
}

/** Which operand of a matmul is taken for which when the two sides are exchanged. */
const EXCHANGED: Readonly<Record<string, string>> = {
  stationary: 'moving',
  moving: 'stationary',
  stationary_scale: 'moving_scale',
  moving_scale: 'stationary_scale',
};

const tensorOf = (program: Program, { tensor }: Pattern): Tensor | undefined =>
  program.tensors.find(({ name }) => name === tensor);

/** Tensors of the same form as the one that a site accesses, in the same memory. */
function twinsOf(program: Program, { pattern }: Site): readonly Tensor[] {
  const own = tensorOf(program, pattern);
  if (own === undefined || own.space === 'hbm') return [];
  return program.tensors.filter(
    (other) =>
      other !== own &&
      other.space === own.space &&
      other.dtype === own.dtype &&
      other.partition === own.partition &&
      other.partitions === own.partitions &&
      other.elements === own.elements,
  );
}

/** Whether another tensor holds what a site reads, element for element, as both were loaded from the same tile. */
function holdsSame(program: Program, { instruction, pattern }: Site, other: string): boolean {
  const own = originsBefore(program, instruction, pattern);
  const others = originsBefore(program, instruction, { ...pattern, tensor: other });
  return own.every((origin, index) => origin !== undefined && origin === others[index]);
}

function loopsOf(program: Program): readonly ForLoop[] {
  return program.instructions.filter(isLoop).filter((loop): loop is ForLoop => loop.loop === 'fori');
}

const withLoop = (program: Program, loop: ForLoop | undefined, change: (loop: ForLoop) => Partial<ForLoop>) =>
  loop && replace(program, loop, [{ ...loop, ...change(loop) }]);

/**
 * Two tensors of which the second is written while the first waits to be read: the first then shares its first byte with the
 * second. Only pairs whose lifetimes cross: others may share addresses.
 */
function crossing(program: Program, pick: Pick): readonly [SbufTensor, SbufTensor] | undefined {
  const order = orderOf(program);
  const sbuf = program.tensors.filter((tensor) => tensor.space === 'sbuf');
  const takesFirst =
    (tensor: SbufTensor) =>
    ({ pattern }: { readonly pattern: Pattern }) =>
      pattern.space === 'sbuf' &&
      pattern.tensor === tensor.name &&
      pattern.offset === 0 &&
      pattern.partition === 0;
  const events = (tensor: SbufTensor) =>
    order.flatMap((each, index) => {
      const read = readsOf(each).some(takesFirst(tensor)) ? [{ index, reads: true }] : [];
      return writesOf(each).some(takesFirst(tensor)) ? [...read, { index, reads: false }] : read;
    });
  const pairs = sbuf.flatMap((kept) =>
    events(kept).flatMap(({ index, reads }, at, all) => {
      const next = all[at + 1];
      if (reads || next?.reads !== true) return [];
      const others = sbuf.filter(
        (other) =>
          other !== kept &&
          other.address !== kept.address &&
          events(other).some((event) => !event.reads && event.index > index && event.index < next.index),
      );
      return others.map((other) => [kept, other] as const);
    }),
  );
  return pick(pairs);
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'dropped matmul': byRun('a pass of a tile is left out', (program, pick) =>
    dropped(program, pick(matmulsOf(program))),
  ),
  'dropped load': byRun('a tile is not loaded', (program, pick) => {
    const load = pick(orderOf(program).filter(isLoad));
    return load && !isRepeated(program, load) ? dropped(program, load) : undefined;
  }),
  'dropped copy out of PSUM': byRun('a sum is not copied out', (program, pick) =>
    dropped(program, pick(orderOf(program).filter(leavesPsum))),
  ),
  'dropped store': byVerifier('a tile of the output is not stored', (program, pick) =>
    dropped(program, pick(orderOf(program).filter(isStore))),
  ),
  'dropped elementwise instruction': byRun('a step of the computation is left out', (program, pick) =>
    dropped(
      program,
      pick(orderOf(program).filter(({ engine }) => engine === 'vector' || engine === 'scalar')),
    ),
  ),
  'wrong bank': byRun('a matmul writes to the bank of another tile', (program, pick) => {
    const sites = sitesOf(program).filter(({ instruction, written }) => written && isMatmul(instruction));
    const found = pick(sites.flatMap((site) => twinsOf(program, site).map(({ name }) => ({ site, name }))));
    return found && withSite(program, found.site, (pattern) => ({ ...pattern, tensor: found.name }));
  }),
  'bank beyond the last': byVerifier('a PSUM tensor lies beyond the last bank', (program, pick) => {
    const tensor = pick(program.tensors.filter(({ space }) => space === 'psum'));
    return tensor && withTensor(program, tensor, { bank: 8 });
  }),
  'address beyond the last': byVerifier('an SBUF tensor ends behind the usable bytes', (program, pick) => {
    const tensor = pick(program.tensors.filter(({ space }) => space === 'sbuf'));
    return tensor && withTensor(program, tensor, { address: 256 * 1024 });
  }),
  'missing start flag': byRun('the first matmul of a group accumulates', (program, pick) => {
    const first = pick(matmulsOf(program).filter(({ attributes }) => !attributes.accumulate));
    return first && replace(program, first, [accumulating(first, true)]);
  }),
  'extra start flag': byVerifier('a later matmul of a group overwrites', (program, pick) => {
    const later = pick(matmulsOf(program).filter(({ attributes }) => attributes.accumulate));
    return later && replace(program, later, [accumulating(later, false)]);
  }),
  'swapped operands': byRun('stationary and moving are exchanged', (program, pick) => {
    const matmul = pick(matmulsOf(program));
    if (matmul === undefined) return undefined;
    const patterns: Readonly<Record<string, Pattern | undefined>> = matmul.sources;
    return replace(program, matmul, [
      withPatterns(matmul, (pattern, operand) => patterns[EXCHANGED[operand] ?? ''] ?? pattern),
    ]);
  }),
  'off-by-one slice': byRun('an operand starts one element late', (program, pick) => {
    const site = pick(usedSites(program));
    return site && withSite(program, site, (pattern) => ({ ...pattern, offset: pattern.offset + 1 }));
  }),
  'off-by-one extent': byRun('one operand has an element fewer than the others', (program, pick) => {
    const sites = sitesOf(program).filter(({ pattern }) => lastCount(pattern) > 1);
    const site = pick(sites);
    return site && withSite(program, site, shortened);
  }),
  'tile too small': byRun('all operands of an instruction have an element fewer', (program, pick) => {
    const instruction = pick(orderOf(program).filter(({ dst }) => dst !== undefined && lastCount(dst) > 1));
    if (instruction?.dst === undefined) return undefined;
    const count = lastCount(instruction.dst);
    const shorter = withPatterns(instruction, (pattern) =>
      lastCount(pattern) === count ? shortened(pattern) : pattern,
    );
    // What is not loaded may be there from an earlier load of the same tile.
    return isRepeated(program, instruction, shorter) ? undefined : replace(program, instruction, [shorter]);
  }),
  'wrong format': byRun('an operand is viewed as another format of its size', (program, pick) => {
    const site = pick(usedSites(program).filter(({ pattern }) => OTHER[pattern.dtype] !== undefined));
    return (
      site &&
      withSite(program, site, (pattern) => ({ ...pattern, dtype: OTHER[pattern.dtype] ?? pattern.dtype }))
    );
  }),
  'overlapping addresses': byVerifier(
    'two tensors that are needed at once share an address',
    (program, pick) => {
      const [kept, other] = crossing(program, pick) ?? [];
      return kept && other && withTensor(program, other, { address: kept.address });
    },
  ),
  'exchanged sources': byRun('two loads of one shape bring each other’s tile', (program, pick) => {
    const loads = ofOpcode(program, 'dma_copy').filter(isLoad);
    const pairs = loads.flatMap((a, index) =>
      loads
        .slice(index + 1)
        .filter(
          (b) =>
            sameAccess(a.dst, b.dst) &&
            a.sources.src.tensor === b.sources.src.tensor &&
            // The same tile twice: exchanged, nothing changes.
            !sameAccess(a.sources.src, b.sources.src),
        )
        .map((b) => [a, b] as const),
    );
    const [a, b] = pick(pairs) ?? [];
    if (a === undefined || b === undefined) return undefined;
    const first = replace(program, a, [{ ...a, sources: b.sources }]);
    return replace(first, b, [{ ...b, sources: a.sources }]);
  }),
  'wrong tile of the output': byRun('two stores write to the same tile', (program, pick) => {
    const stores = ofOpcode(program, 'dma_copy').filter(isStore);
    const pairs = stores.flatMap((a) =>
      stores
        .filter(({ dst }) => dst.tensor === a.dst.tensor && !sameAccess(dst, a.dst))
        .map((b) => [a, b.dst] as const),
    );
    const [store, dst] = pick(pairs) ?? [];
    return store && dst && replace(program, store, [{ ...store, dst }]);
  }),
  'wrong start partition': byRun('an operand starts one partition late', (program, pick) => {
    const site = pick(usedSites(program).filter(({ pattern }) => pattern.space !== 'hbm'));
    return site && withSite(program, site, (pattern) => partitionsOn(pattern, 1));
  }),
  'scales of other rows': byRun('scales are read four rows further on', (program, pick) => {
    const site = pick(
      sitesOf(program).filter(({ operand, written }) => !written && operand.endsWith('_scale')),
    );
    return site && withSite(program, site, (pattern) => partitionsOn(pattern, 4));
  }),
  'scales in other rows': byRun('scales are written four rows further on', (program, pick) => {
    const site = pick(sitesOf(program).filter(({ operand, written }) => written && operand === 'dst_scale'));
    return site && withSite(program, site, (pattern) => partitionsOn(pattern, 4));
  }),
  'duplicated matmul': byRun('a pass is made twice', (program, pick) => {
    const matmul = pick(matmulsOf(program));
    return matmul && replace(program, matmul, [matmul, { ...matmul, id: `${matmul.id}-again` }]);
  }),
  'read too early': byRun(
    'an instruction comes before the one that writes what it reads',
    (program, pick) => {
      const order = orderOf(program);
      const pairs = order.flatMap((writer) => {
        const { dst } = writer;
        // What a repeated load brings is there before it.
        if (dst === undefined || isRepeated(program, writer)) return [];
        const from = order.indexOf(writer) + 1;
        const next = order
          .slice(from)
          .findIndex((each) => writesOf(each).some(({ pattern }) => pattern.tensor === dst.tensor));
        return order
          .slice(from, next < 0 ? undefined : from + next)
          .filter((each) => readsOf(each).some(({ pattern }) => pattern.tensor === dst.tensor))
          .map((reader) => [writer, reader] as const);
      });
      const [writer, reader] = pick(pairs) ?? [];
      if (writer === undefined || reader === undefined) return undefined;
      return replace(replace(program, reader, []), writer, [reader, writer]);
    },
  ),
  'stale buffer': byRun('an operand is read from another buffer of the same form', (program, pick) => {
    const reads = sitesOf(program).filter(({ written }) => !written);
    const found = pick(reads.flatMap((site) => twinsOf(program, site).map(({ name }) => ({ site, name }))));
    // Both may hold the same tile of an input: either will do.
    if (found === undefined || holdsSame(program, found.site, found.name)) return undefined;
    return withSite(program, found.site, (pattern) => ({ ...pattern, tensor: found.name }));
  }),
  'engine without PSUM': byVerifier('GpSimd is to read PSUM', (program, pick) => {
    const instruction = pick(orderOf(program).filter(leavesPsum));
    return instruction && replace(program, instruction, [{ ...instruction, engine: 'gpsimd' }]);
  }),
  'index left out': byRun('an indirect operand takes the first elements in their order', (program, pick) => {
    const site = pick(sitesOf(program).filter(({ pattern }) => pattern.index !== undefined));
    return (
      site &&
      withSite(program, site, (pattern) => {
        if (pattern.space === 'hbm') return pattern;
        const { space, tensor, dtype, partition, partitions, offset } = pattern;
        return { space, tensor, dtype, partition, partitions, offset, dims: [[1, lastCount(pattern)]] };
      })
    );
  }),
  'index on another chip': byVerifier('an indirect operand is used on a chip that has none', (program) =>
    sitesOf(program).some(({ pattern }) => pattern.index !== undefined)
      ? { ...program, chip: 'trn2' }
      : undefined,
  ),
  'wrong operator': byRun('two tensors are multiplied instead of added', (program, pick) => {
    const add = pick(ofOpcode(program, 'tensor_tensor').filter(({ attributes }) => attributes.op === 'add'));
    return add && replace(program, add, [{ ...add, attributes: { ...add.attributes, op: 'multiply' } }]);
  }),
  'wrong count of a search': byRun('a search ends or counts one element off', (program, pick) => {
    const search = pick([...ofOpcode(program, 'topk'), ...ofOpcode(program, 'nonzero_with_count')]);
    if (search === undefined) return undefined;
    if (search.opcode === 'topk') {
      return replace(program, search, [{ ...search, attributes: { n: search.attributes.n - 1 } }]);
    }
    const { index_offset = 0 } = search.attributes;
    const attributes = { ...search.attributes, index_offset: index_offset - 1 };
    return replace(program, search, [{ ...search, attributes }]);
  }),
  'loop too short': byVerifier('a loop ends a turn early', (program, pick) =>
    withLoop(program, pick(loopsOf(program)), ({ upper, step }) =>
      typeof upper === 'number' ? { upper: upper - step } : {},
    ),
  ),
  'loop too long': byVerifier('a loop has a turn too many', (program, pick) =>
    withLoop(program, pick(loopsOf(program)), ({ upper, step }) =>
      typeof upper === 'number' ? { upper: upper + step } : {},
    ),
  ),
  'wrong stride of a register': byVerifier(
    'a register moves a pattern by one element too few',
    (program, pick) => {
      const site = pick(
        sitesOf(program).filter(({ pattern, written }) => written && pattern.registers !== undefined),
      );
      return (
        site &&
        withSite(program, site, (pattern) => ({
          ...pattern,
          registers: (pattern.registers ?? []).map(([name, stride]) => [name, stride - 1] as const),
        }))
      );
    },
  ),
  ...EDGE_MUTATIONS,
};
