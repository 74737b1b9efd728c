/**
 * What limits a Program and what to try, as rules: each says when it applies, by a figure of the report that it quotes. Facts:
 * nki-dma-bandwidth-guide.rst (descriptors, all 16 engines), nki_perf_guide.rst (overlap, moving columns, formats), the architecture
 * guides (float32, ports, tables of Scalar). Thresholds are choices: below them a change gains little.
 */
import type { Activity } from './path';
import type { ReportFacts } from './facts';
import { SMALL_DESCRIPTOR } from './transfers';
import { TRACK_WORDS } from './words';
import type { TrackPart } from './tracks';
import type { Resource } from './attribution';
import type { Track } from '../types';

export interface Advice {
  readonly rule: AdviceRule;
  /** What the report shows. */
  readonly figure: string;
  readonly try: string;
}

interface Rule {
  /** What the report shows, where the rule applies. */
  readonly figure: (facts: ReportFacts) => string | undefined;
  readonly try: string;
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(share < 0.1 ? 2 : 3))} %`;
const number = (value: number): string => String(Number(value.toPrecision(3)));

function limits({ resources }: ReportFacts, ...of: readonly Resource[]): number {
  return resources.reduce((sum, { resource, share }) => sum + (of.includes(resource) ? share : 0), 0);
}

function onPath({ path }: ReportFacts, activity: Activity): number {
  return path.reduce((sum, part) => sum + (part.activity === activity ? part.share : 0), 0);
}

/** The share of a track's time that it waits, for one reason, for whom it says. */
function waiting(
  { tracks }: ReportFacts,
  track: Track,
  waits: TrackPart['waits'],
  on?: readonly Track[],
): number {
  const parts = tracks.find((each) => each.track === track)?.parts ?? [];
  return parts.reduce((sum, part) => {
    const meant =
      part.waits === waits && (on === undefined || (part.on !== undefined && on.includes(part.on)));
    return sum + (meant ? part.share : 0);
  }, 0);
}

const COMPUTE = ['tensor', 'vector', 'scalar', 'gpsimd'] as const satisfies readonly Track[];

export const ADVICE_RULES = {
  'small-descriptors': {
    figure: (facts) => {
      const { dma } = facts;
      if (dma === undefined || dma.timeInSmall < 0.2 || limits(facts, 'dma') < 0.1) return undefined;
      return `${percent(dma.timeInSmall)} of the time of DMA engines goes into descriptors below ${SMALL_DESCRIPTOR} B, which move ${percent(dma.inSmall)} of the bytes`;
    },
    try: 'Move rows that are contiguous in HBM and in SBUF, of 512 B and more for each partition: wider tiles, or an operand that lies in HBM as the array takes it (of a product, A k-major), or dma_transpose.',
  },
  reloading: {
    figure: (facts) => {
      if (limits(facts, 'dma', 'hbm') < 0.2) return undefined;
      const again = facts.tensors.filter(({ timesRead }) => timesRead >= 1.5);
      const spared = again.reduce((sum, { read, bytes }) => sum + read - bytes, 0);
      if (spared < 0.2 * (facts.traffic.hbmRead + facts.traffic.hbmWritten)) return undefined;
      const times = again.map(({ name, timesRead }) => `${name} ${number(timesRead)} times`);
      return `DMA is ${percent(limits(facts, 'dma', 'hbm'))} of the critical path, and loads ${times.join(', ')}`;
    },
    try: 'Keep in SBUF what is used again: larger blocks, or another order of loops, so that each operand is loaded once.',
  },
  'few-dma-engines': {
    figure: ({ dma, resources }) => {
      if (dma === undefined || dma.meanShare === 0 || resources[0]?.resource !== 'dma') return undefined;
      const times = dma.mostShare / dma.meanShare;
      return times < 1.3
        ? undefined
        : `the busiest DMA engine works ${number(times)} times as long as they do on average`;
    },
    try: 'Spread transfers over all 128 partitions: each DMA engine serves 8 of them.',
  },
  'dma-bound': {
    figure: (facts) => {
      if (facts.dma === undefined || limits(facts, 'dma') < 0.5 || facts.dma.timeInSmall > 0.5)
        return undefined;
      const { rate, peak } = facts.dma;
      return `bytes on their way are ${percent(limits(facts, 'dma'))} of the critical path; DMA moves ${number(rate)} of ${number(peak)} GB/s`;
    },
    try: 'Move fewer bytes: narrower formats, operands that stay in SBUF, results of several kernels fused into one.',
  },
  'hbm-bound': {
    figure: (facts) => {
      const share = limits(facts, 'hbm');
      return share < 0.1 ? undefined : `HBM holds back DMAs for ${percent(share)} of the critical path`;
    },
    try: 'HBM is the roof: raise the operations for each byte by larger blocks or narrower formats, or give the stack fewer cores.',
  },
  room: {
    figure: (facts) => {
      const share = waiting(facts, 'loads', 'place', COMPUTE);
      const busy = facts.dma?.meanShare ?? 0;
      return share < 0.1 || busy > 0.9
        ? undefined
        : `loads wait ${percent(share)} of the time for room that engines still use`;
    },
    try: 'Give each loaded tile two or three buffers, so that the next one is loaded while this one is used; or let loads be moved earlier (schedule).',
  },
  'psum-room': {
    figure: (facts) => {
      const share = waiting(facts, 'tensor', 'place');
      return share < 0.1 ? undefined : `Tensor waits ${percent(share)} of the time for room in PSUM or SBUF`;
    },
    try: 'Let sums take turns in several of the 8 banks of PSUM, and empty them sooner: by Vector and Scalar in turn, or less often with longer accumulation groups.',
  },
  'late-loads': {
    figure: (facts) => {
      const [{ most, track } = { most: 0, track: 'tensor' as const }] = COMPUTE.map((each) => ({
        track: each,
        most: waiting(facts, each, 'data', ['loads']),
      })).sort((left, right) => right.most - left.most);
      const busy = facts.dma?.meanShare ?? 0;
      if (most < 0.15 || busy > 0.7 || facts.resources[0]?.resource === 'dma') return undefined;
      return `${TRACK_WORDS[track]} waits ${percent(most)} of the time for loads, and DMA engines are busy for ${percent(busy)}`;
    },
    try: 'Start loads earlier: more buffers, loads before the loop that needs them, or loads moved earlier (schedule).',
  },
  'dma-starts': {
    figure: (facts) => {
      const share = onPath(facts, 'starts');
      return share < 0.15 ? undefined : `starts of DMAs are ${percent(share)} of the critical path`;
    },
    try: 'Make fewer and larger transfers, and trigger them before their data is needed: each takes about 2 us however small it is.',
  },
  float32: {
    figure: ({ matmuls, resources }) => {
      const use = matmuls?.rates.find(({ rate }) => rate === 'float32');
      if (matmuls === undefined || use === undefined || (resources[0]?.resource ?? '') !== 'tensor')
        return undefined;
      return `${percent(use.hardware / matmuls.hardware)} of the operations are float32, at a quarter of the rate of bfloat16`;
    },
    try: 'Multiply in bfloat16, with float32 sums in PSUM, where the result allows it.',
  },
  'short-moving': {
    figure: ({ matmuls, resources }) => {
      if (matmuls === undefined || matmuls.columns >= 128 || resources[0]?.resource === 'dma')
        return undefined;
      return `${number(matmuls.columns)} moving columns for each multiplication on average`;
    },
    try: 'Move up to 512 columns for each stationary operand: make the longer side of the output the moving one. Below 64 columns a multiplication takes as long as 64.',
  },
  'few-rows': {
    figure: ({ matmuls, resources }) => {
      if (matmuls === undefined || matmuls.rows >= 96 || resources[0]?.resource !== 'tensor')
        return undefined;
      return `${number(matmuls.rows)} of 128 rows of the array in use on average`;
    },
    try: 'Lay the contraction over all 128 partitions; or let several small products share the array (tile_position, tile_size).',
  },
  transposes: {
    figure: ({ matmuls, resources }) => {
      if (matmuls === undefined || matmuls.hardware === 0 || resources[0]?.resource !== 'tensor')
        return undefined;
      const share = 1 - matmuls.model / matmuls.hardware;
      return share < 0.1 ? undefined : `${percent(share)} of the array’s operations transpose`;
    },
    try: 'Keep the operand in HBM as the array takes it (contraction first), or transpose while loading (dma_transpose).',
  },
  tables: {
    figure: (facts) => {
      const share = onPath(facts, 'tables');
      return share < 0.05
        ? undefined
        : `loading tables of functions is ${percent(share)} of the critical path`;
    },
    try: 'Do the same function of many tiles one after the other, before the next function; or leave some functions to Vector.',
  },
  ports: {
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
    figure: (facts) => engineFigure(facts, 'vector'),
    try: 'Give Scalar a part of it (copies out of PSUM, multiplications by a constant), use bfloat16 in SBUF for the faster modes, and fuse operations into one instruction.',
  },
  scalar: {
    figure: (facts) => engineFigure(facts, 'scalar'),
    try: 'Give Vector what needs no function, and let one activation scale, add the bias and reduce.',
  },
  gpsimd: {
    figure: (facts) => engineFigure(facts, 'gpsimd'),
    try: 'Give Vector or Scalar what they can do: GpSimd is the slowest of them at elementwise work.',
  },
  latency: {
    figure: (facts) => {
      const share = onPath(facts, 'waits') + onPath(facts, 'finishes');
      return share < 0.25
        ? undefined
        : `semaphores and results on their way are ${percent(share)} of the critical path`;
    },
    try: 'Work on more elements for each instruction, and let independent tiles overlap, so that no engine waits for a single result.',
  },
  tensor: {
    figure: (facts) => {
      const share = limits(facts, 'tensor');
      return share < 0.85 ? undefined : `Tensor is ${percent(share)} of the critical path`;
    },
    try: 'The array is the roof: only fewer operations, a faster format (fp8 with double_row, MX on trn3) or more cores make it faster.',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type AdviceRule = keyof typeof ADVICE_RULES;

function engineFigure(
  facts: ReportFacts,
  engine: Exclude<(typeof COMPUTE)[number], 'tensor'>,
): string | undefined {
  const share = limits(facts, engine);
  return share < 0.35 ? undefined : `${TRACK_WORDS[engine]} is ${percent(share)} of the critical path`;
}

/** What to try, in the order of the rules: the first have most to give. */
export function adviceOn(facts: ReportFacts): readonly Advice[] {
  const rules = Object.entries(ADVICE_RULES) as [AdviceRule, Rule][];
  return rules.flatMap(([rule, { figure, try: words }]) => {
    const found = figure(facts);
    return found === undefined ? [] : [{ rule, figure: found, try: words }];
  });
}
