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
  memoryOf,
  type Coverage,
  type Gap,
  type Groups,
  type Memory,
} from '../../src/verify/tiling';
import type { TilingCheck } from './verdict';

export interface PureChecks {
  readonly coverage: Coverage;
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

/** @throws UserError where the edges of the tiles are too many to count. */
export function pureChecks(tiled: Tiled): PureChecks {
  const { passes, product, sbuf } = tiled;
  const coverage = coverageOf(passes, product);
  const groups = groupsOf(passes, product);
  const memory = memoryOf(sbuf, groups, product.chip);
  const limits = limitProblems(passes, product).map(({ text, passes: broken }) =>
    broken > 1 ? `${text} So do ${count(broken - 1)} more passes.` : text,
  );
  // A plan is laid out as a whole, a tiling bank by bank, so that its faults show in what it computes.
  const fits = tiled.given === 'plan' ? memory.right : sbuf.bytes <= sbuf.usable;
  const { program, problem } =
    limits.length === 0 && fits && coverage.outside.length === 0 ? made(tiled) : {};
  const problems = [...limits, ...(problem === undefined ? [] : [problem])];
  return {
    coverage,
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
    ...(torn === undefined
      ? []
      : [
          `shared: ${areaText(torn)} belongs to the tiles of passes ${torn.passes.join(' and ')}, which have other edges: each stores its own sum over the other's`,
        ]),
  ];
  const words = [
    ...(missing > 0 ? [`${count(missing)} are never taken`] : []),
    ...(doubled > 0 ? [`${count(doubled)} are taken more than once`] : []),
    ...(outside.length > 0 ? [`${count(outside.length)} passes reach outside`] : []),
    ...(missing + doubled + outside.length === 0 && torn !== undefined
      ? ['tiles share elements of the output']
      : []),
  ];
  return {
    name: 'coverage',
    ...stateOf(found.right),
    text: found.right
      ? `each of the ${count(m * n * k)} products (m, n, k) is taken once, in ${count(passes.length)} passes`
      : `of the ${count(m * n * k)} products (m, n, k) ${words.join(', ')}`,
    ...listed(details),
  };
}

function gapText(gap: Gap): string {
  if (gap.times === 0) return `missing: ${boxText(gap)}: no pass takes it`;
  const more = gap.times > gap.passes.length ? ', ..' : '';
  return `doubled: ${boxText(gap)}: taken ${gap.times} times, by passes ${gap.passes.join(', ')}${more}`;
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
      ? `${count(opened)} ${opened === 1 ? 'group' : 'groups'}, each started once, alone in its banks, copied out after its last pass`
      : `${count(found)} ${found === 1 ? 'problem' : 'problems'}`,
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
  return {
    name: 'verifier',
    ...stateOf(sound),
    text:
      found === 0
        ? `nothing to say of ${count(program.instructions.length)} instructions`
        : `${count(found)} ${found === 1 ? 'finding' : 'findings'} in ${count(program.instructions.length)} instructions${sound ? ', none an error' : ''}`,
    details: findings.map(({ code, message, mend }) => `${code} ${message} ${mend}`),
    more,
  };
}
