/**
 * Are the accumulation groups right? PSUM is followed pass by pass: which tile's group is open in which bank. The first pass of
 * a group starts it (overwrites), none within it restarts it, no pass of another group comes between in its banks, and its last
 * pass stops it, after which the tile is copied out (NKI architecture guides, PSUM accumulation; nki.isa.nc_matmul). A group is
 * known by its tile and its bank: one tile may have several open at once, in banks of their own.
 */
import { CHIPS } from '../../chip';
import { areaKey, areaText, banksOf, type Area, type Product, type TilePass } from './types';

export const GROUP_RULES = ['no-start', 'restart', 'wrong-bank', 'interleaved', 'lost', 'no-stop'] as const;
export type GroupRule = (typeof GROUP_RULES)[number];

export interface GroupProblem extends Area {
  readonly rule: GroupRule;
  /** Index of the pass that breaks it. */
  readonly pass: number;
  /** A sentence that names the tile, the bank and the other pass. */
  readonly text: string;
}

export interface Groups {
  readonly right: boolean;
  /** Accumulation groups that were opened. */
  readonly opened: number;
  /** All problems; `problems` are the first `PROBLEMS_SHOWN`. */
  readonly found: number;
  readonly problems: readonly GroupProblem[];
  /** The most banks that open groups need at once, and the tiles of these groups. */
  readonly peak: { readonly banks: number; readonly pass: number; readonly tiles: readonly Area[] };
}

export const PROBLEMS_SHOWN = 16;
/** Tiles that hold PSUM at its fullest that are named. */
const TILES_NAMED = 16;

interface OpenGroup extends Area {
  readonly key: string;
  readonly bank: number;
  readonly banks: number;
  first: number;
  last: number;
}

/** The open groups of each tile, by bank; tiles and groups in the order in which they were opened. */
type OpenGroups = Map<string, Map<number, OpenGroup>>;

interface PsumState {
  readonly open: OpenGroups;
  /** The group that wrote a bank last. */
  readonly banks: Map<number, OpenGroup>;
}

export function groupsOf(passes: readonly TilePass[], { chip }: Product): Groups {
  const { bankBytes } = CHIPS[chip].psum;
  const state: PsumState = { open: new Map(), banks: new Map() };
  const problems: GroupProblem[] = [];
  let [found, opened, inUse] = [0, 0, 0];
  let peak: Groups['peak'] = { banks: 0, pass: 0, tiles: [] };
  const report = (problem: GroupProblem): void => {
    found++;
    if (problems.length < PROBLEMS_SHOWN) problems.push(problem);
  };
  for (const [index, pass] of passes.entries()) {
    const key = areaKey(pass);
    const ofTile = state.open.get(key) ?? new Map<number, OpenGroup>();
    // A pass in a bank of no open group of its tile is taken to have been meant for the one opened last.
    const before = ofTile.get(pass.bank) ?? (pass.start ? undefined : [...ofTile.values()].at(-1));
    const problem = problemOf(index, pass, key, before, state, bankBytes);
    if (problem !== undefined) report({ ...problem, pass: index, m: pass.m, n: pass.n });
    if (before === undefined || pass.start) opened++;
    const group = before ?? {
      ...{ key, m: pass.m, n: pass.n, bank: pass.bank, banks: banksOf(pass, bankBytes) },
      ...{ first: index, last: index },
    };
    if (before === undefined) {
      inUse += group.banks;
      state.open.set(key, ofTile.set(group.bank, group));
    } else if (pass.start) group.first = index;
    group.last = index;
    for (let bank = pass.bank; bank < pass.bank + group.banks; bank++) state.banks.set(bank, group);
    if (inUse > peak.banks) peak = { banks: inUse, pass: index, tiles: firstOpen(state.open) };
    if (!pass.stop) continue;
    ofTile.delete(group.bank);
    if (ofTile.size === 0) state.open.delete(key);
    inUse -= group.banks;
  }
  for (const { key, m, n, bank, first, last } of allOpen(state.open)) {
    const { rule, why } = leftOpen(key, bank, passes, last);
    report({
      rule,
      pass: last,
      m,
      n,
      text: `The group that pass ${first} opened for ${areaText({ m, n })} in bank ${bank} ${why}`,
    });
  }
  return { right: found === 0, opened, found, problems, peak };
}

function* allOpen(open: OpenGroups): Generator<OpenGroup> {
  for (const ofTile of open.values()) yield* ofTile.values();
}

function firstOpen(open: OpenGroups): readonly Area[] {
  const areas: Area[] = [];
  for (const { m, n } of allOpen(open)) if (areas.push({ m, n }) === TILES_NAMED) break;
  return areas;
}

/** What is wrong with one pass, given what PSUM holds before it. */
function problemOf(
  index: number,
  pass: TilePass,
  key: string,
  own: OpenGroup | undefined,
  { open, banks }: PsumState,
  bankBytes: number,
): Pick<GroupProblem, 'rule' | 'text'> | undefined {
  const tile = areaText(pass);
  const stranger = strangerIn(pass, own, open, banks, bankBytes);
  if (pass.start) {
    if (own !== undefined) {
      return {
        rule: 'restart',
        text: `Pass ${index} starts ${tile} again while the group that pass ${own.first} opened is not copied out: passes ${own.first} to ${own.last} of it are lost. Stop pass ${own.last}, or do not start pass ${index}.`,
      };
    }
    if (stranger === undefined) return undefined;
    return {
      rule: 'interleaved',
      text: `Pass ${index} starts ${tile} in bank ${pass.bank}, where the group of ${areaText(stranger)} (passes ${stranger.first} to ${stranger.last}) is open: stop that group first, or take another bank.`,
    };
  }
  if (own === undefined) {
    const last = banks.get(pass.bank);
    const holds =
      last === undefined
        ? 'that nothing wrote'
        : last.key === key
          ? `whose group pass ${last.last} stopped`
          : `that holds ${areaText(last)} of pass ${last.last}`;
    return {
      rule: last?.key === key ? 'lost' : 'no-start',
      text: `Pass ${index} accumulates ${tile} onto bank ${pass.bank}, ${holds}: the first pass of a group must start it.`,
    };
  }
  if (own.bank !== pass.bank) {
    return {
      rule: 'wrong-bank',
      text: `Pass ${index} accumulates ${tile} in bank ${pass.bank}; the group that pass ${own.first} opened is in bank ${own.bank}.`,
    };
  }
  if (stranger === undefined) return undefined;
  return {
    rule: 'interleaved',
    text: `Pass ${index} accumulates ${tile} in bank ${pass.bank}, which pass ${stranger.last} of ${areaText(stranger)} wrote since the group was opened: give the two groups banks of their own.`,
  };
}

/** Another open group in the banks of a pass. */
function strangerIn(
  pass: TilePass,
  own: OpenGroup | undefined,
  open: OpenGroups,
  banks: PsumState['banks'],
  bankBytes: number,
): OpenGroup | undefined {
  const end = pass.bank + banksOf(pass, bankBytes);
  for (let bank = pass.bank; bank < end; bank++) {
    const group = banks.get(bank);
    if (group !== undefined && group !== own && open.get(group.key)?.get(group.bank) === group) return group;
  }
  return undefined;
}

function leftOpen(
  key: string,
  bank: number,
  passes: readonly TilePass[],
  last: number,
): { readonly rule: GroupRule; readonly why: string } {
  const stopped = passes.findLastIndex((pass) => pass.stop && pass.bank === bank && areaKey(pass) === key);
  return stopped < 0
    ? { rule: 'no-stop', why: `is never copied out: its last pass, ${last}, must stop it.` }
    : {
        rule: 'lost',
        why: `is never copied out, after the one that pass ${stopped} stopped: stop pass ${last}.`,
      };
}
