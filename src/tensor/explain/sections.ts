/** When the instructions of each section run. */
import type { Timeline } from '../../time';
import type { Section } from './writer';

export interface TimedSection extends Section {
  /** ns from the start: when its first instruction starts, and its last one ends. */
  readonly from: number;
  readonly to: number;
}

export function timed(
  sections: readonly Section[],
  { instructions, start, end }: Timeline,
): readonly TimedSection[] {
  const spans = new Map<string, { from: number; to: number }>();
  for (const [i, { id }] of instructions.entries()) {
    const section = id.slice(0, id.indexOf('.'));
    const [from, to] = [start[i] ?? 0, end[i] ?? 0];
    const span = spans.get(section);
    if (span === undefined) spans.set(section, { from, to });
    else {
      span.from = Math.min(span.from, from);
      span.to = Math.max(span.to, to);
    }
  }
  return sections.map((section) => ({ ...section, ...(spans.get(section.id) ?? { from: 0, to: 0 }) }));
}
