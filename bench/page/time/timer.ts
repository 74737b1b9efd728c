/** What the timing worker answers: a request with what the page draws; then, as long as it lives, questions about that timeline. */
import { CHIPS } from '../../../src/chip';
import { UserError } from '../../../src/numerics';
import { timeProgram, traceChunks } from '../../../src/time';
import { occupancyOf } from '../../../src/time/occupancy';
import { detailsOf } from './detail';
import type { Detail, FromTimer, TimeRequest, ToTimer } from './protocol';
import { residentsAt, type Residents } from './residents';
import { memoryOf } from './shown';
import { openSubject } from './subject';
import { timedOf } from './timed';

/** Instructions that the page times: what it draws of more would fill a tab. */
export const MOST_INSTRUCTIONS = 1_000_000;

type Send = (message: FromTimer, given?: readonly ArrayBuffer[]) => void;

/** Answers about the last timeline. */
interface Answers {
  readonly detail: (at: number) => Detail;
  readonly memory: (time: number) => Residents;
  readonly trace: () => readonly Uint8Array<ArrayBuffer>[];
}

/** Takes messages one after the other. Its `send` is called before each returns. */
export function newTimer(send: Send): (message: ToTimer) => void {
  let answers: Answers | undefined;
  const asked = (): Answers => {
    if (answers === undefined) throw new Error('Invariant violation: nothing was timed yet');
    return answers;
  };
  return (message) => {
    switch (message.type) {
      case 'time':
        try {
          answers = time(message.request, send);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          send({ type: 'refused', message: error.message });
        }
        return;
      case 'detail':
        send({ type: 'detail', detail: asked().detail(message.at) });
        return;
      case 'memory':
        send({ type: 'memory', time: message.time, ...asked().memory(message.time) });
        return;
      case 'trace': {
        const parts = asked().trace();
        send(
          { type: 'trace', parts },
          parts.map(({ buffer }) => buffer),
        );
      }
    }
  };
}

function time({ subject, chip, schedule, cores, turns }: TimeRequest, send: Send): Answers {
  send({ type: 'progress', words: 'making the Program' });
  const opened = openSubject(subject, chip);
  send({ type: 'progress', words: 'verifying and simulating it' });
  const timeline = timeProgram(opened.program, { schedule, cores, turns, budget: MOST_INSTRUCTIONS });
  send({ type: 'progress', words: 'reporting on it' });
  const occupancy = occupancyOf(timeline);
  const timed = timedOf(opened, { schedule }, timeline, occupancy);
  send({ type: 'timed', timed }, memoryOf(timed));
  return {
    detail: detailsOf(timeline),
    memory: (at) => residentsAt(occupancy, at, CHIPS[timeline.chip]),
    // Copies: a chunk may be a part of a larger memory, which is given away.
    trace: () => Array.from(traceChunks(timeline), (chunk) => new Uint8Array(chunk)),
  };
}
