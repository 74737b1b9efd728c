/** The form while one subject after the other is picked: sizes of each stay, and what the user chose comes back where a subject lacked it. */
import { draftFor, FIRST, type TimeDraft } from './settings';

export interface TimeForm {
  readonly draft: TimeDraft;
  /** What the user chose last: the draft has something else only while its subject is not for it. */
  readonly chosen: Pick<TimeDraft, 'chip' | 'dtype'>;
  /** Of subjects that stood in the form before, by their names. */
  readonly sizes: ReadonlyMap<string, TimeDraft['sizes']>;
}

export const FIRST_FORM: TimeForm = { draft: FIRST, chosen: FIRST, sizes: new Map() };

export function edited({ draft, chosen, sizes }: TimeForm, change: Partial<TimeDraft>): TimeForm {
  const { chip = chosen.chip, dtype = chosen.dtype } = change;
  return { draft: { ...draft, ...change }, chosen: { chip, dtype }, sizes };
}

export function picked({ draft, chosen, sizes: before }: TimeForm, subject: string): TimeForm {
  const sizes = new Map(before).set(draft.subject, draft.sizes);
  const next = draftFor(subject, { ...draft, ...chosen });
  return { draft: { ...next, sizes: sizes.get(subject) ?? next.sizes }, chosen, sizes };
}
