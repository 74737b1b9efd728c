/** The checks that run nothing: coverage, limits of the chip, memories, groups; each with what it found in words. */
import type { Tiled } from '../../src/lower';
import { UserError } from '../../src/numerics';
import type { StraightProgram } from '../../src/program';
import { verifyProgram } from '../../src/verify';
import {
  areaText,
  boxText,
  coverageOf,
  groupsOf,
  holdsText,
  limitProblems,
  marked,
  memoryOf,
  type Coverage,
  type Gap,
  type Groups,
  type LimitProblem,
  type Mark,
  type Memory,
  type TornPart,
} from '../../src/verify/tiling';
import type { TilingCheck } from './verdict';

export interface PureChecks {
  readonly coverage: Coverage;
  /** What the chip cannot do. */
  readonly illegal: readonly LimitProblem[];
  /** Of the grid's cells: those of coverage, with what is illegal. */
  readonly marks: readonly Mark[];
  readonly memory: Memory;
  readonly groups: Groups;
  /** Undefined where the tiling cannot be made a Program: `checks` say why. */
  readonly program: StraightProgram | undefined;
  readonly checks: readonly TilingCheck[];
}

/** Sentences of one check that are kept. */
const DETAILS = 16;

/** The first sentences of a check, and how many more there are; `found` where there are more than given. */
function listed(details: readonly string[], found = details.length): Pick<TilingCheck, 'details' | 'more'> {
  const kept = details.slice(0, DETAILS);
  return { details: kept, more: found - kept.length };
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 pass`, `2,048 passes`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `2 and 7`, `2, 5 and 7`; `2, 5, 7 and 3 more`. */
export function listText(items: readonly number[], all = items.length): string {
  const rest = all - items.length;
  const words = [...items.map(String), ...(rest > 0 ? [`${count(rest)} more`] : [])];
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** @throws UserError where the edges of the tiles are too many to count. */
export function pureChecks(tiled: Tiled): PureChecks {
  const { passes, product, sbuf } = tiled;
  const coverage = coverageOf(passes, product);
  const groups = groupsOf(passes, product);
  const memory = memoryOf(sbuf, groups, product.chip);
  const illegal = limitProblems(passes, product);
  const limits = illegal.map(({ text, passes: { length } }) =>
    length > 1
      ? `${text} So ${length === 2 ? 'is 1 more pass' : `are ${count(length - 1)} more passes`}.`
      : text,
  );
  // A plan is laid out as a whole, a tiling bank by bank, so that its faults show in what it computes.
  const fits = tiled.given === 'plan' ? memory.right : sbuf.bytes <= sbuf.usable;
  const { program, problem } =
    limits.length === 0 && fits && coverage.outside.length === 0 ? made(tiled) : {};
  const problems = [...limits, ...(problem === undefined ? [] : [problem])];
  const broken = illegal.flatMap((limit) => limit.passes.flatMap((index) => passes[index] ?? []));
  return {
    coverage,
    illegal,
    marks: marked(coverage.marks, broken, coverage.grid, 'illegal', ['right', 'torn', 'doubled', 'missing']),
    memory,
    groups,
    program,
    checks: [
      coverageCheck(tiled, coverage),
      {
        name: 'chip',
        ...stateOf(problems.length === 0),
        text:
          problems.length === 0
            ? `${product.chip} can do every pass`
            : `${product.chip} cannot do ${limits.length === 0 ? 'this' : 'every pass'}`,
        ...listed(problems),
      },
      memoryCheck(memory),
      groupsCheck(groups),
    ],
  };
}

const stateOf = (right: boolean): { readonly state: 'right' | 'wrong' } => ({
  state: right ? 'right' : 'wrong',
});

function made(tiled: Tiled): { readonly program?: StraightProgram; readonly problem?: string } {
  try {
    return { program: tiled.program() };
  } catch (error) {
    if (error instanceof UserError) return { problem: error.message };
    throw error;
  }
}

function coverageCheck({ passes, product }: Tiled, found: Coverage): TilingCheck {
  const { m, n, k } = product;
  const { missing, doubled, gaps, outside, torn } = found;
  const details = [
    ...outside.slice(0, 4).flatMap((index) => {
      const pass = passes[index];
      return pass === undefined
        ? []
        : [
            `outside of the product: pass ${index} takes ${boxText(pass)}; it has m 0..${m - 1}, n 0..${n - 1}, k 0..${k - 1}`,
          ];
    }),
    ...gaps.map(gapText),
    ...(torn?.parts.map(tornText) ?? []),
    ...(torn?.more ? ['shared: other parts too'] : []),
  ];
  const faults = [
    ...(missing > 0 ? [`${count(missing)} ${missing === 1 ? 'is' : 'are'} never taken`] : []),
    ...(doubled > 0 ? [`${count(doubled)} ${doubled === 1 ? 'is' : 'are'} taken more than once`] : []),
  ];
  const words = [
    ...(faults.length > 0 ? [`of the ${count(m * n * k)} products (m, n, k) ${faults.join(', ')}`] : []),
    ...(outside.length > 0
      ? [`${counted(outside.length, 'pass', 'passes')} ${outside.length === 1 ? 'reaches' : 'reach'} outside`]
      : []),
    ...(torn === undefined
      ? []
      : [
          `${counted(torn.elements, 'element')} of the output ${torn.elements === 1 ? 'belongs' : 'belong'} to several tiles`,
        ]),
  ];
  return {
    name: 'coverage',
    ...stateOf(found.right),
    text: found.right
      ? `each of the ${count(m * n * k)} products (m, n, k) is taken once, in ${counted(passes.length, 'pass', 'passes')}`
      : words.join('; '),
    ...listed(details),
  };
}

function gapText(gap: Gap): string {
  if (gap.times === 0) return `missing: ${boxText(gap)}: no pass takes it`;
  return `doubled: ${boxText(gap)}: taken ${gap.times} times, by passes ${listText(gap.passes, gap.times)}`;
}

function tornText(part: TornPart): string {
  return `shared: ${areaText(part)} belongs to the ${part.tiles} tiles that begin with passes ${listText(part.passes, part.tiles)}, which have other edges: each stores its own sum over the others'`;
}

function memoryCheck(memory: Memory): TilingCheck {
  const { sbuf, psum, right, problems } = memory;
  return {
    name: 'memory',
    ...stateOf(right),
    text: `SBUF at most ${count(sbuf.bytes)} of ${count(sbuf.usable)} bytes a partition (${holdsText(sbuf)}), PSUM at most ${psum.banks} of ${psum.of} banks, at pass ${psum.pass} first`,
    ...listed(problems),
  };
}

function groupsCheck({ right, opened, found, problems }: Groups): TilingCheck {
  return {
    name: 'groups',
    ...stateOf(right),
    text: right
      ? `${counted(opened, 'group')}, each started once, alone in its banks, copied out after its last pass`
      : counted(found, 'problem'),
    ...listed(
      problems.map(({ text }) => text),
      found,
    ),
  };
}

/** What the verifier of Programs says; warnings are told, and are no fault. */
export function verifierCheck(program: StraightProgram): TilingCheck {
  const { sound, findings, more } = verifyProgram(program, { limit: DETAILS });
  const found = findings.length + more;
  const instructions = counted(program.instructions.length, 'instruction');
  return {
    name: 'verifier',
    ...stateOf(sound),
    text:
      found === 0
        ? `nothing to say of ${instructions}`
        : `${counted(found, 'finding')} in ${instructions}${sound ? ', none an error' : ''}`,
    details: findings.map(({ code, message, mend }) => `${code} ${message} ${mend}`),
    more,
  };
}
