/** Draws the rest of Vector: statistics, searches, shuffles and quantisation. */
import type { VectorOpcode } from '../../../src/program';
import type { Draw } from './draw';
import { rowsOfScales } from './tensor';

const EIGHT = 8;

const bnStats: Draw = (draft) => {
  const shape = draft.shape();
  const data = draft.source(shape);
  const dst = draft.target({ partitions: shape.partitions, width: 6 });
  draft.add({ opcode: 'bn_stats', engine: 'vector', dst, sources: { data }, attributes: draft.rounding() });
};

const bnAggr: Draw = (draft) => {
  const { partitions } = draft.shape();
  const data = draft.source({ partitions, width: 3 * draft.choices.between(1, 6) });
  const dst = draft.target({ partitions, width: 2 });
  draft.add({ opcode: 'bn_aggr', engine: 'vector', dst, sources: { data }, attributes: draft.rounding() });
};

const max8: Draw = (draft) => {
  const { partitions, width } = draft.shape();
  const src = draft.source({ partitions, width: width + 7, rank: 2 });
  const dst = draft.target({ partitions, width: EIGHT, rank: 2 });
  draft.add({ opcode: 'max8', engine: 'vector', dst, sources: { src }, attributes: draft.rounding() });
};

const findIndex8: Draw = (draft) => {
  const { partitions, width } = draft.shape();
  const data = draft.source({ partitions, width: width + 7, rank: 2 });
  const vals = draft.source({ partitions, width: EIGHT, rank: 2 });
  const dst = draft.target({ partitions, width: EIGHT, dtypes: ['uint16', 'uint32'] });
  draft.add({ opcode: 'nc_find_index8', engine: 'vector', dst, sources: { data, vals }, attributes: {} });
};

const matchReplace8: Draw = (draft) => {
  const { choices } = draft;
  const { partitions, width } = draft.shape();
  const data = draft.source({ partitions, width: width + 7, rank: 2 });
  const vals = draft.source({ partitions, width: EIGHT, rank: 2 });
  const dst = draft.target({
    partitions,
    width: width + 7,
    ...(choices.oneIn(2) && { dtypes: [data.dtype] }),
  });
  const dst_idx = choices.maybe(2, () =>
    draft.target({ partitions, width: EIGHT, dtypes: ['uint16', 'uint32'] }),
  );
  draft.add({
    opcode: 'nc_match_replace8',
    engine: 'vector',
    dst,
    ...(dst_idx && { results: { dst_idx } }),
    sources: { data, vals },
    attributes: { imm: draft.constant(), ...draft.rounding() },
  });
};

const QUADRANT = 32;
const LEAVE = 255;

const shuffle: Draw = (draft) => {
  const { choices } = draft;
  const { partitions, width } = draft.shape();
  const whole = Math.ceil(partitions / QUADRANT) * QUADRANT;
  const from = choices.oneIn(2) ? whole : partitions;
  const src = draft.source({ partitions: from, width, start: draft.start(whole) });
  const dst = draft.target({
    partitions,
    width,
    start: draft.start(whole),
    dtypes: [src.dtype],
    partly: true,
  });
  // The partitions that each entry may take, whatever quadrant it stands for.
  const last = from % QUADRANT === 0 ? QUADRANT : from % QUADRANT;
  const shuffle_mask = Array.from({ length: QUADRANT }, () =>
    choices.oneIn(8) ? LEAVE : choices.below(last),
  );
  draft.add(
    { opcode: 'nc_stream_shuffle', engine: 'vector', dst, sources: { src }, attributes: { shuffle_mask } },
    { partly: true },
  );
};

const quantizeMx: Draw = (draft) => {
  const { choices } = draft;
  const partitions = QUADRANT * choices.between(1, 4);
  const columns = choices.between(1, 6);
  const src = draft.source({
    partitions,
    width: 4 * columns,
    dtypes: ['bfloat16', 'float16'],
    spaces: ['sbuf'],
  });
  const dst = draft.target({
    partitions,
    width: columns,
    dtypes: ['float8_e5m2_x4', 'float8_e4m3fn_x4'],
    spaces: ['sbuf'],
  });
  const dst_scale = draft.target({
    ...rowsOfScales(choices, partitions),
    width: columns,
    dtypes: ['uint8', 'float8_e8m0fnu'],
    spaces: ['sbuf'],
    partly: true,
    anyStart: true,
  });
  draft.add(
    {
      opcode: 'quantize_mx',
      engine: 'vector',
      dst,
      results: { dst_scale },
      sources: { src },
      attributes: choices.oneIn(2) ? { scale_rule: choices.of(['vendor', 'ocp'] as const) } : {},
    },
    { partly: true },
  );
};

export const SEARCHING = {
  bn_stats: bnStats,
  bn_aggr: bnAggr,
  max8,
  nc_find_index8: findIndex8,
  nc_match_replace8: matchReplace8,
  nc_stream_shuffle: shuffle,
  quantize_mx: quantizeMx,
} as const satisfies Partial<Record<VectorOpcode, Draw>>;
