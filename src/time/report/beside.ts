/** What has to stand beside a total wherever that is shown: what it takes for granted, and how far the model is from silicon. */
import type { ReportFacts } from './facts';

/** Sentences, the most telling first. */
export function besideTotal({
  assumed,
  accuracy,
}: Pick<ReportFacts, 'assumed' | 'accuracy'>): readonly string[] {
  const turns = assumed.map(({ name, turns: count }) => `${count} turn${count === 1 ? '' : 's'} of ${name}`);
  return [
    ...(turns.length === 0 ? [] : [`It assumes ${turns.join(', ')}: only a run knows how many.`]),
    accuracy.words,
  ];
}
