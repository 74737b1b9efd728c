/** Draws loops around instructions: fori, whose register may move operands, and while, which counts down a tile. */
import type { Draft } from '../draft';

export interface Looped {
  /** Of each loop, the outermost first; none: no loop. */
  readonly turns: readonly number[];
  /** Whether a turn relies on nothing that was before it. */
  readonly forgets: boolean;
}

export function drawLoop(
  draft: Draft,
  { turns: [turns, ...inner], forgets }: Looped,
  body: () => void,
): void {
  const within = () => {
    drawLoop(draft, { turns: inner, forgets }, body);
  };
  if (turns === undefined) {
    body();
    return;
  }
  draft.settleAll();
  const counted = !draft.choices.oneIn(4);
  const outside = draft.registers.length;
  if (counted) fori(draft, turns, forgets, within);
  else whileCounting(draft, turns, within);
  draft.dropRegisters(outside);
}

function fori(draft: Draft, turns: number, forgets: boolean, within: () => void): void {
  const { choices } = draft;
  const register = draft.name('r');
  const step = choices.between(1, 2);
  const lower = choices.below(2);
  // An upper bound that the last step need not meet.
  const upper = lower + (turns - 1) * step + choices.between(1, step);
  if (forgets) draft.forget();
  draft.register(register, lower + (turns - 1) * step);
  const nodes = draft.nested(() => {
    within();
    draft.settleAll();
  });
  if (forgets) draft.forget();
  if (nodes.length > 0)
    draft.addNode({ loop: 'fori', id: draft.name('l'), register, lower, upper, step, body: nodes });
}

/** How often it turns is in memory: nothing is known of it before it runs. */
function whileCounting(draft: Draft, turns: number, within: () => void): void {
  const register = draft.name('w');
  const content = { kind: 'exactly', value: turns } as const;
  const counter = draft.source({ partitions: 1, width: 1, dtypes: ['int32'], spaces: ['sbuf'], content });
  draft.protect(counter);
  const load = {
    opcode: 'register_load',
    engine: 'vector',
    dst: undefined,
    sources: { src: counter },
    attributes: { register },
  } as const;
  draft.add(load);
  draft.forget();
  const nodes = draft.nested(() => {
    within();
    draft.settleAll();
    draft.add({
      opcode: 'tensor_scalar',
      engine: 'vector',
      dst: counter,
      sources: { data: counter },
      attributes: { op0: 'subtract', operand0: 1 },
    });
    draft.add(load);
  });
  draft.forget();
  draft.addNode({ loop: 'while', id: draft.name('l'), register, body: nodes });
}
