/** Cases that were not run, grouped by reason: reasons that differ only in their numbers are one. */
import type { LeftOut as LeftOutCase } from '../../cases';
import { counted } from './format';
import { groupBy } from './view';

export function LeftOut({ leftOut }: { leftOut: readonly LeftOutCase[] }) {
  return (
    <>
      {[...groupBy(leftOut, ({ reason }) => reason.replace(NUMBER, '0'))].map(([key, members]) => (
        <details key={key} class="left-out">
          <summary>
            <strong>{counted(members.length, 'case')}</strong>{' '}
            {commonReason(members.map(({ reason }) => reason))}
          </summary>
          <ul class="names">
            {members.map(({ name, reason }) => (
              <li key={name} title={reason}>
                {name}
              </li>
            ))}
          </ul>
        </details>
      ))}
    </>
  );
}

/** One that stands alone: the digits of a dtype or a chip are part of its name. */
const NUMBER = /(?<![\w.-])\d+(?:\.\d+)?(?![\w.]*\w)/g;

/** The reasons as one, each number as the range of those that stand in its place. */
export function commonReason(reasons: readonly string[]): string {
  const [first = ''] = reasons;
  const numbers = reasons.map((reason) => reason.match(NUMBER) ?? []);
  let place = 0;
  return first.replace(NUMBER, (own) => {
    const here = numbers.map((each) => each[place] ?? own).sort((a, b) => Number(a) - Number(b));
    place++;
    const [least = own, most = own] = [here.at(0), here.at(-1)];
    return least === most ? own : `${least} to ${most}`;
  });
}
