/** Asks the worker of what is in sight now, one question at a time: what was asked for meanwhile and is of no use any more is left out. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Detail } from './protocol';

/** The answer to the last question that was answered; `undefined` asks nothing and has no answer. */
export function useAnswer<Question, Answer>(
  question: Question | undefined,
  ask: (question: Question) => Promise<Answer>,
): Answer | undefined {
  const [answer, setAnswer] = useState<Answer | undefined>(undefined);
  const latest = useRef({ question, ask });
  const busy = useRef(false);
  latest.current = { question, ask };
  useEffect(() => {
    if (question === undefined) setAnswer(undefined);
    else if (!busy.current) void answerLatest();
  }, [question, ask]);
  const answerLatest = async (): Promise<void> => {
    busy.current = true;
    try {
      let asked = latest.current;
      while (asked.question !== undefined) {
        const answered = await asked.ask(asked.question);
        const now = latest.current;
        if (now.question !== undefined) setAnswer(answered);
        if (now.question === asked.question && now.ask === asked.ask) return;
        asked = now;
      }
    } finally {
      busy.current = false;
    }
  };
  return answer;
}

/** Labels that are kept; beyond, all are forgotten. */
const MOST = 5000;

/** What instructions are called, asked for as they come into sight. */
export class Labels {
  readonly #known = new Map<number, Pick<Detail, 'id' | 'opcode'>>();
  readonly #ask: (at: number) => Promise<Detail>;
  readonly #changed: () => void;
  #wanted: number[] = [];
  #busy = false;

  /** @param changed is called when there are more of them. */
  constructor(ask: (at: number) => Promise<Detail>, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** Before each frame: what was wanted before is out of sight, or is asked for again. */
  begin(): void {
    this.#wanted = [];
  }

  /** In at most so many characters: its name and opcode, or else the opcode. */
  readonly of = (at: number, most: number): string => {
    const known = this.#known.get(at);
    if (known === undefined) {
      this.#wanted.push(at);
      return '';
    }
    const { id, opcode } = known;
    const both = `${id}: ${opcode}`;
    if (both.length <= most) return both;
    return opcode.length <= most ? opcode : `${opcode.slice(0, Math.max(0, most - 1))}…`;
  };

  /** After each frame. */
  end(): void {
    if (!this.#busy && this.#wanted.length > 0) void this.#fill();
  }

  async #fill(): Promise<void> {
    this.#busy = true;
    try {
      let at = this.#wanted.pop();
      while (at !== undefined) {
        if (this.#known.size > MOST) this.#known.clear();
        this.#known.set(at, await this.#ask(at));
        if (this.#wanted.length % 8 === 0) this.#changed();
        at = this.#wanted.pop();
      }
    } finally {
      this.#busy = false;
    }
  }
}
