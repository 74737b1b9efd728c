/** Draws the instructions on random numbers. */
import { FORMATS } from '../../../src/numerics';
import type { RandomOpcode } from '../../../src/program';
import type { Draft } from '../draft';
import type { Draw } from './draw';

/** The engines whose generators have states that can be set. */
function stateful({ chip, choices }: Draft): {
  readonly engine: 'gpsimd' | 'vector';
  readonly words: number;
} {
  return chip.name === 'trn3' && choices.oneIn(2)
    ? { engine: 'vector', words: 24 }
    : { engine: 'gpsimd', words: 6 };
}

const rng: Draw = (draft) => {
  const { choices, chip } = draft;
  const engine = chip.name !== 'trn1' && choices.oneIn(3) ? 'gpsimd' : 'vector';
  const dst = draft.target({
    ...draft.shape(),
    dtypes: draft.integers,
    ...(engine === 'gpsimd' && { spaces: ['sbuf'] as const }),
  });
  draft.add({ opcode: 'rng', engine, dst, sources: {}, attributes: {} });
};

const rand2: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const known = draft.dtypes.filter(
    (dtype) => !['float8_e4m3fn', 'float8_e3m4', 'float8_e8m0fnu'].includes(dtype),
  );
  const [min, max] = [draft.column(shape.partitions), draft.column(shape.partitions)];
  const [low, high] = choices.of([[0, 1], [-1, 1], [-100, 0.1], [1e-40, 1e-38], [-1e38, 1e38]] as const); // prettier-ignore
  const dst = draft.target({ ...shape, dtypes: known });
  draft.add({
    opcode: 'rand2',
    engine: 'vector',
    dst,
    sources: { ...(min && { min }), ...(max && { max }) },
    attributes: {
      ...(min === undefined && { min: low }),
      ...(max === undefined && { max: high }),
      ...draft.rounding(),
    },
  });
};

const dropout: Draw = (draft) => {
  const { choices } = draft;
  const shape = draft.shape();
  const data = draft.source(shape);
  const prob = draft.column(
    shape.partitions,
    FORMATS[data.dtype].kind === 'integer' ? ['float32'] : draft.floats,
  );
  const dst = draft.target({ ...shape, dtypes: [data.dtype] });
  draft.add({
    opcode: 'dropout',
    engine: 'vector',
    dst,
    sources: { data, ...(prob && { prob }) },
    attributes: prob === undefined ? { prob: choices.of([0.5, 0, 1, 0.1, 1 / 3, 1e-9]) } : {},
  });
};

const setSeed: Draw = (draft) => {
  const src_seeds = draft.source({ partitions: 1, width: 1, dtypes: ['uint32', 'int32', 'float32'] });
  draft.add({
    opcode: 'set_rng_seed',
    engine: 'vector',
    dst: undefined,
    sources: { src_seeds },
    attributes: {},
  });
};

const setState: Draw = (draft) => {
  const { engine, words } = stateful(draft);
  const { partitions } = draft.shape();
  const src_seeds = draft.source({ partitions, width: words, dtypes: ['uint32'], spaces: ['sbuf'] });
  draft.add({ opcode: 'rand_set_state', engine, dst: undefined, sources: { src_seeds }, attributes: {} });
};

const getState: Draw = (draft) => {
  const { engine, words } = stateful(draft);
  const { partitions } = draft.shape();
  const spaces = engine === 'gpsimd' ? (['sbuf'] as const) : (['sbuf', 'psum'] as const);
  const dst = draft.target({ partitions, width: words, dtypes: ['uint32'], spaces });
  draft.add({ opcode: 'rand_get_state', engine, dst, sources: {}, attributes: {} });
};

export const RANDOM_STEPS = {
  rng,
  rand2,
  dropout,
  set_rng_seed: setSeed,
  rand_set_state: setState,
  rand_get_state: getState,
} as const satisfies Record<RandomOpcode, Draw>;
