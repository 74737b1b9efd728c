/** Draws the instructions on registers; what they hold may move operands that follow. */
import type { EngineName } from '../../../src/chip';
import type { RegisterOpcode } from '../../../src/program';
import type { Draw } from './draw';

const SEQUENCERS: readonly EngineName[] = ['sync', 'vector', 'scalar', 'gpsimd', 'tensor'];
const MOST = 5;

const move: Draw = (draft) => {
  const { choices } = draft;
  const engine = choices.of(SEQUENCERS);
  const register = draft.name('r');
  const from = choices.maybe(3, () => draft.registers.at(-1));
  const value = choices.oneIn(6) ? choices.of([-1, 2 ** 31 - 1, -(2 ** 31)]) : choices.between(0, MOST);
  draft.add({
    opcode: 'register_move',
    engine,
    dst: undefined,
    sources: {},
    attributes: { register, ...(from ? { from: from.name } : { value }) },
  });
  if (from !== undefined) draft.register(register, from.most);
  else if (value >= 0 && value <= MOST) draft.register(register, value);
};

const load: Draw = (draft) => {
  const { choices } = draft;
  const engine = choices.of(SEQUENCERS);
  const register = draft.name('r');
  const known = choices.oneIn(2);
  const content = known
    ? { content: { kind: 'below', count: MOST + 1, seed: choices.below(1000) } as const }
    : {};
  const dtypes = draft.integers;
  const src = choices.oneIn(2)
    ? draft.hbmSource({ count: 1, dtypes, ...content })
    : draft.source({ partitions: 1, width: 1, dtypes, spaces: ['sbuf'], ...content });
  const added = draft.add({
    opcode: 'register_load',
    engine,
    dst: undefined,
    sources: { src },
    attributes: { register },
  });
  if (added && known) draft.register(register, MOST);
};

const store: Draw = (draft) => {
  const { choices } = draft;
  const engine = choices.of(SEQUENCERS);
  const known = draft.registers.at(-1 - choices.below(2));
  if (known === undefined) {
    move(draft);
    return;
  }
  const dtypes = draft.integers;
  const dst = choices.oneIn(2)
    ? draft.hbmTarget({ count: 1, dtypes })
    : draft.target({ partitions: 1, width: 1, dtypes, spaces: ['sbuf'] });
  draft.add({ opcode: 'register_store', engine, dst, sources: {}, attributes: { register: known.name } });
};

export const REGISTER_STEPS = {
  register_move: move,
  register_load: load,
  register_store: store,
} as const satisfies Record<RegisterOpcode, Draw>;
