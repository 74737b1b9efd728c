/**
 * What limits a Program and what to try, as rules: each says what of the critical path it would spare, and when it applies, by a
 * figure of the report. Facts: nki-dma-bandwidth-guide.rst (descriptors, all 16 engines), nki_perf_guide.rst (overlap, moving columns,
 * formats), the architecture guides (float32, ports, tables of Scalar). Thresholds are choices: below them a change gains little; whatever
 * limits most by far has a rule that names it.
 */
import type { Activity } from './path';
import type { ReportFacts } from './facts';
import { SMALL_DESCRIPTOR } from './transfers';
import { TRACK_WORDS } from './words';
import type { TrackPart } from './tracks';
import type { Resource } from './attribution';
import { TRACKS, type LoadOrder, type Track } from '../types';

export interface Advice {
  readonly rule: AdviceRule;
  /** What limits, the largest first, and its share of the critical path: nothing that the advice spares is more. */
  readonly resources: readonly Resource[];
  readonly share: number;
  /** That in words, and what else the report shows. */
  readonly figure: string;
  readonly try: string;
}

interface Rule {
  /** What it would spare, and the share of the critical path from which on it is worth trying. */
  readonly of: readonly Resource[];
  readonly least: number;
  /** What the report shows besides, where the rule applies; where it is left out that share says all. */
  readonly figure?: (facts: ReportFacts) => string | undefined;
  /** What helps may depend on what was done about loads. */
  readonly try: string | Readonly<Record<LoadOrder, string>>;
}

const RESOURCE_NAMES = {
  tensor: 'Tensor',
  vector: 'Vector',
  scalar: 'Scalar',
  gpsimd: 'GpSimd',
  sync: 'Sync',
  dma: 'DMA',
  hbm: 'HBM',
  latency: 'latency',
} as const satisfies Record<Resource, string>;

const percent = (share: number): string => `${Number((100 * share).toPrecision(share < 0.1 ? 2 : 3))} %`;
const number = (value: number): string => String(Number(value.toPrecision(3)));

function onPath({ path }: ReportFacts, ...activities: readonly Activity[]): number {
  return path.reduce((sum, { activity, share }) => sum + (activities.includes(activity) ? share : 0), 0);
}

/** Whether the end waited for this track, while that waited for one of the others. */
function hasOnPath({ path }: ReportFacts, track: Track, others: readonly Track[]): boolean {
  return path.some(
    (part) =>
      part.activity === 'waits' && part.track === track && part.on !== undefined && others.includes(part.on),
  );
}

interface Waiting {
  readonly share: number;
  /** For whom it waits most. */
  readonly on: Track | undefined;
}

/** The share of a track's time that it waits for one reason, for whom it says. */
function waiting(
  { tracks }: ReportFacts,
  track: Track,
  waits: TrackPart['waits'],
  others: readonly Track[],
): Waiting {
  const parts = (tracks.find((each) => each.track === track)?.parts ?? []).filter(
    (part) => part.waits === waits && part.on !== undefined && others.includes(part.on),
  );
  return { share: parts.reduce((sum, { share }) => sum + share, 0), on: parts[0]?.on };
}

const nameOf = (track: Track | undefined): string => (track === undefined ? 'others' : TRACK_WORDS[track]);

const COMPUTE = ['tensor', 'vector', 'scalar', 'gpsimd'] as const satisfies readonly Track[];

export const ADVICE_RULES = {
  'small-descriptors': {
    of: ['dma'],
    least: 0.1,
    figure: ({ dma }) =>
      dma === undefined || dma.timeInSmall < 0.2
        ? undefined
        : `${percent(dma.timeInSmall)} of the time of its engines goes into descriptors below ${SMALL_DESCRIPTOR} B, which move ${percent(dma.inSmall)} of the bytes`,
    try: 'Move rows that are contiguous in HBM and in SBUF, of 512 B and more for each partition: wider tiles, or an operand that lies in HBM as the array takes it (of a product, A k-major), or dma_transpose.',
  },
  reloading: {
    of: ['dma', 'hbm'],
    least: 0.2,
    figure: ({ tensors, traffic }) => {
      const again = tensors.filter(({ timesRead }) => timesRead >= 1.5);
      const spared = again.reduce((sum, { read, bytes }) => sum + read - bytes, 0);
      if (spared < 0.2 * (traffic.hbmRead + traffic.hbmWritten)) return undefined;
      const times = again.map(({ name, timesRead }) => `${name} ${number(timesRead)} times`);
      return `it loads ${times.join(', ')}`;
    },
    try: 'Keep in SBUF what is used again: larger blocks, or another order of loops, so that each operand is loaded once.',
  },
  'few-dma-engines': {
    of: ['dma'],
    least: 0.2,
    figure: ({ dma }) => {
      if (dma === undefined || dma.meanShare === 0) return undefined;
      const times = dma.mostShare / dma.meanShare;
      return times < 1.3
        ? undefined
        : `the busiest of its engines works ${number(times)} times as long as they do on average`;
    },
    try: 'Spread transfers over all 128 partitions: each DMA engine serves 8 of them.',
  },
  'dma-bound': {
    of: ['dma'],
    least: 0.4,
    figure: ({ dma }) =>
      dma === undefined || dma.timeInSmall > 0.5
        ? undefined
        : `its engines move ${number(dma.rate)} of ${number(dma.peak)} GB/s`,
    try: 'Move fewer bytes: narrower formats, operands that stay in SBUF, results of several kernels fused into one.',
  },
  'hbm-bound': {
    of: ['hbm'],
    least: 0.1,
    figure: ({ traffic, total }) =>
      `it holds back DMAs at ${number((traffic.hbmRead + traffic.hbmWritten) / total)} GB/s`,
    try: 'HBM is the roof: raise the operations for each byte by larger blocks or narrower formats, or give the stack fewer cores.',
  },
  room: {
    of: ['dma', 'hbm', 'latency'],
    least: 0.15,
    figure: (facts) => {
      const { share, on } = waiting(facts, 'loads', 'place', COMPUTE);
      // Where no load on the path waited for an engine, more room would change nothing.
      return share < 0.1 || !hasOnPath(facts, 'loads', COMPUTE)
        ? undefined
        : `loads wait ${percent(share)} of the time for room that engines still use, ${nameOf(on)} most`;
    },
    try: {
      written:
        'Give each loaded tile two or three buffers, so that the next one is loaded while this one is used; or let loads be moved earlier (schedule).',
      moved:
        'Loads were moved as early as SBUF has room: use smaller tiles, or let fewer live at once, so that more of them fit.',
      kept: 'Loads cannot come earlier to any gain. Use smaller tiles, or let fewer live at once, so that more of them fit; in a loop over a register, across whose turns no load is moved, give each tile two buffers.',
    },
  },
  'psum-room': {
    of: ['vector', 'scalar', 'gpsimd', 'latency'],
    least: 0.1,
    figure: (facts) => {
      const { share, on } = waiting(facts, 'tensor', 'place', TRACKS);
      return share < 0.1
        ? undefined
        : `Tensor waits ${percent(share)} of the time for room in PSUM or SBUF that ${nameOf(on)} still uses`;
    },
    try: 'Let sums take turns in several of the 8 banks of PSUM, and empty them sooner: by Vector and Scalar in turn, or less often with longer accumulation groups.',
  },
  'late-loads': {
    of: ['dma', 'hbm', 'latency'],
    least: 0.15,
    figure: (facts) => {
      const [late = { track: 'tensor', share: 0 }] = COMPUTE.map((track) => ({
        track,
        share: waiting(facts, track, 'data', ['loads']).share,
      })).sort((left, right) => right.share - left.share);
      const busy = facts.dma?.meanShare ?? 0;
      if (late.share < 0.15 || busy > 0.7) return undefined;
      return `${TRACK_WORDS[late.track]} waits ${percent(late.share)} of the time for loads, and DMA engines are busy for ${percent(busy)}`;
    },
    try: {
      written:
        'Start loads earlier: more buffers, loads before the loop that needs them, or loads moved earlier (schedule).',
      moved:
        'Loads were moved as early as they can come: make the first ones smaller, so that work begins sooner, or do more with what is loaded.',
      kept: 'Loads cannot come earlier to any gain. Make the first ones smaller, so that work begins sooner; unroll loops over registers, across whose turns no load is moved; or do more with what is loaded.',
    },
  },
  'dma-starts': {
    of: ['latency'],
    least: 0.15,
    figure: (facts) => {
      const share = onPath(facts, 'starts');
      return share < 0.15 ? undefined : `starts of DMAs alone ${percent(share)}`;
    },
    try: 'Make fewer and larger transfers, and trigger them before their data is needed: each takes about 2 us however small it is.',
  },
  float32: {
    of: ['tensor'],
    least: 0.2,
    figure: ({ matmuls }) => {
      const use = matmuls?.rates.find(({ rate }) => rate === 'float32');
      return matmuls === undefined || use === undefined
        ? undefined
        : `${percent(use.hardware / matmuls.hardware)} of its operations are float32, at a quarter of the rate of bfloat16`;
    },
    try: 'Multiply in bfloat16, with float32 sums in PSUM, where the result allows it.',
  },
  'short-moving': {
    of: ['tensor'],
    least: 0.2,
    figure: ({ matmuls }) =>
      matmuls === undefined || matmuls.columns >= 128
        ? undefined
        : `${number(matmuls.columns)} moving columns for each multiplication on average`,
    try: 'Move up to 512 columns for each stationary operand: make the longer side of the output the moving one. Below 64 columns a multiplication takes as long as 64.',
  },
  'few-rows': {
    of: ['tensor'],
    least: 0.2,
    figure: ({ matmuls }) =>
      matmuls === undefined || matmuls.rows >= 96
        ? undefined
        : `${number(matmuls.rows)} of 128 rows of the array in use on average`,
    try: 'Lay the contraction over all 128 partitions; or let several small products share the array (tile_position, tile_size).',
  },
  'double-row': {
    of: ['dma', 'tensor', 'latency'],
    least: 0.2,
    figure: ({ matmuls }) =>
      matmuls === undefined || matmuls.fitSingle < 0.2
        ? undefined
        : `${percent(matmuls.fitSingle)} of its multiplications take double rows of so few partitions that single ones would fit the array`,
    try: 'Multiply those in single rows (of a product --no-double-row): the array takes no longer, and loads are spread over twice the partitions.',
  },
  transposes: {
    of: ['tensor'],
    least: 0.2,
    figure: ({ matmuls }) => {
      if (matmuls === undefined || matmuls.hardware === 0) return undefined;
      const share = 1 - matmuls.model / matmuls.hardware;
      return share < 0.1 ? undefined : `${percent(share)} of the array’s operations transpose`;
    },
    try: 'Keep the operand in HBM as the array takes it (contraction first), or transpose while loading (dma_transpose).',
  },
  tables: {
    of: ['scalar'],
    least: 0.05,
    figure: (facts) => {
      const share = onPath(facts, 'tables');
      return share < 0.05 ? undefined : `loading tables of functions alone ${percent(share)}`;
    },
    try: 'Do the same function of many tiles one after the other, before the next function; or leave some functions to Vector.',
  },
  ports: {
    of: ['vector', 'scalar', 'gpsimd'],
    least: 0.1,
    figure: ({ tracks }) => {
      const worst = tracks
        .map(({ name, parts }) => ({ name, share: parts.find(({ waits }) => waits === 'port')?.share ?? 0 }))
        .sort((left, right) => right.share - left.share)[0];
      return worst === undefined || worst.share < 0.03
        ? undefined
        : `${worst.name} waits ${percent(worst.share)} of the time for a port`;
    },
    try: 'Keep Vector and GpSimd, and Vector and Scalar at one bank of PSUM, from working at the same time; give GpSimd’s share to Scalar.',
  },
  vector: {
    of: ['vector'],
    least: 0.35,
    try: 'Give Scalar a part of it (copies out of PSUM, multiplications by a constant), use bfloat16 in SBUF for the faster modes, and fuse operations into one instruction.',
  },
  scalar: {
    of: ['scalar'],
    least: 0.35,
    try: 'Give Vector what needs no function, and let one activation scale, add the bias and reduce.',
  },
  gpsimd: {
    of: ['gpsimd'],
    least: 0.35,
    try: 'Give Vector or Scalar what they can do: GpSimd is the slowest of them at elementwise work.',
  },
  latency: {
    of: ['latency'],
    least: 0.25,
    figure: (facts) => {
      const share = onPath(facts, 'waits', 'finishes');
      return share < 0.25 ? undefined : `semaphores and results on their way alone ${percent(share)}`;
    },
    try: 'Work on more elements for each instruction, and let independent tiles overlap, so that no engine waits for a single result.',
  },
  tensor: {
    of: ['tensor'],
    least: 0.4,
    try: 'Only fewer operations, a faster format (fp8 with double_row, MX on trn3) or more cores make the array’s part shorter.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type AdviceRule = keyof typeof ADVICE_RULES;

/** What to try, of what limits most first. */
export function adviceOn(facts: ReportFacts): readonly Advice[] {
  const rules = Object.entries(ADVICE_RULES) as [AdviceRule, Rule][];
  return rules
    .flatMap(([rule, { of, least, figure, try: words }]) => {
      const resources = facts.resources.filter(({ resource, share }) => of.includes(resource) && share > 0);
      const share = resources.reduce((sum, each) => sum + each.share, 0);
      if (share < least) return [];
      const found = figure === undefined ? '' : figure(facts);
      if (found === undefined) return [];
      const names = resources.map(({ resource }) => resource);
      const limit = `${names.map((name) => RESOURCE_NAMES[name]).join(' and ')} ${names.length === 1 ? 'is' : 'are'} ${percent(share)} of the critical path`;
      return [
        {
          rule,
          resources: names,
          share,
          figure: found === '' ? limit : `${limit}: ${found}`,
          try: typeof words === 'string' ? words : words[facts.loads],
        },
      ];
    })
    .sort((left, right) => right.share - left.share);
}
