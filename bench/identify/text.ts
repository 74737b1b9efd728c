/** An identification as text for a terminal. */
import type { Explanation, Identification, WrittenElement } from './identification';

/** Of explanations that are equally good. */
const LINES = 8;

export function identificationText(identification: Identification): string {
  return [heading, systolicLines, float64Line, verdictLines, noteLines]
    .flatMap((part) => part(identification))
    .map((line) => line.replaceAll(/\p{Cc}/gu, '\u{fffd}')) // names of files and tensors may hold what a terminal obeys
    .join('\n');
}

function counted(count: number): string {
  return count === 1 ? '1 element' : `${count} elements`;
}

function allOf(count: number): string {
  return count === 1 ? 'the one element' : `all ${count} elements`;
}

function heading({ shape: { m, n, k }, files: { a, b, c } }: Identification): readonly string[] {
  const file = (letter: string, { name, dtype }: typeof a, shape: string): string =>
    `${letter}  ${name}, ${dtype} ${shape}`;
  return [file('A', a, `[${m}, ${k}]`), file('B', b, `[${k}, ${n}]`), file('C', c, `[${m}, ${n}]`), ''];
}

function systolicLines({ systolic, files: { c } }: Identification): readonly string[] {
  const { chip, title, compared, elements, differing, first, maxUlp } = systolic;
  const of = compared === elements ? allOf(elements) : `${compared} of ${elements} elements`;
  const head = `against the systolic order of ${chip} (${title}), ${of} compared: `;
  if (first === null) return [`${head}no difference`];
  const distance =
    maxUlp === null ? '' : `, at most ${maxUlp} ${maxUlp === 1 ? 'step' : 'steps'} of ${c.dtype}`;
  return [
    `${head}${differing} ${differing === 1 ? 'differs' : 'differ'} (${percent(differing / compared)})${distance}`,
    `first difference at ${elementText(first)}`,
  ];
}

function float64Line({ float64: { maxAbs, relative, at, notFinite } }: Identification): readonly string[] {
  if (Number.isNaN(maxAbs)) return ['against float64: no finite element to compare', ''];
  const left = notFinite > 0 ? `; ${counted(notFinite)} not finite, left out` : '';
  const where = at ? ` at m ${at.m}, n ${at.n}` : '';
  return [
    `against float64: largest error ${maxAbs.toExponential(2)}${where}, ${relative.toExponential(2)} relative (Frobenius)${left}`,
    '',
  ];
}

function verdictLines(identification: Identification): readonly string[] {
  const { verdict, explanations, further, best, tried, complete, seconds } = identification;
  const [first, ...others] = explanations;
  const effort = `${tried} hypotheses tried in ${seconds.toFixed(1)} s${complete ? '' : '; there are more that were not'}`;
  if (verdict === 'unexplained' || first === undefined) {
    return ['None of these.', ...bestLines(best), effort];
  }
  const share = `confirmed on ${coverage(first, identification)}`;
  const more = [
    ...others.slice(0, LINES).map(({ title }) => `  ${title}`),
    ...(others.length > LINES ? [`  and ${others.length - LINES} more (--json lists them)`] : []),
    ...(further > 0 ? [`  and ${further} that give the sample, not tried on every element`] : []),
  ];
  const equally =
    more.length > 0
      ? [
          `${more.length === others.length ? others.length : others.length + further} more explain it equally; this data does not tell them apart:`,
          ...more,
        ]
      : [];
  return [
    `${verdict === 'immune' ? 'Explained by any order, as' : 'Explained by'}: ${first.title}`,
    ...first.meaning.map((sentence) => `  ${sentence}`),
    `  ${share}`,
    ...equally,
    effort,
  ];
}

function coverage({ compared }: Explanation, { shape: { m, n } }: Identification): string {
  return compared === m * n ? allOf(compared) : `${compared} of ${m * n} elements, windows drawn at random`;
}

function bestLines(best: Identification['best']): readonly string[] {
  if (best === null) return ['No hypothesis gives more than a tenth of the elements of a random sample.'];
  const { title, matching, compared, exception } = best;
  return [
    `Closest: ${title}: ${matching} of ${compared} elements (${percent(matching / compared)})`,
    ...(exception ? [`  its first exception is at ${elementText(exception)}`] : []),
  ];
}

function noteLines({ notes }: Identification): readonly string[] {
  return notes.map((note) => `note: ${note}`);
}

function elementText({ m, n, expected, actual }: WrittenElement): string {
  return `m ${m}, n ${n}: expected ${expected.code} (${expected.value}), C has ${actual.code} (${actual.value})`;
}

/** Never 0 % or 100 % of what is not. */
function percent(share: number): string {
  const text = (100 * share).toPrecision(3);
  return share > 0 && share < 1 && Number(text) === 100 ? 'more than 99.9%' : `${text}%`;
}
