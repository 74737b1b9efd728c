/** The time that an identification may take, and what it does between two pieces of work: look for a stop, and tell how far it is. */

export type Stage = 'comparing' | 'trying' | 'confirming';

export interface IdentifyProgress {
  readonly stage: Stage;
  /** Of the stage, 0 to 1. */
  readonly share: number;
}

export interface IdentifyOptions {
  /** Rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: IdentifyProgress) => void) | undefined;
}

/** Timers and signals act this often. */
const TURN_MS = 40;

export class Clock {
  private readonly startMs = performance.now();
  private readonly budgetMs: number;
  private readonly options: IdentifyOptions;
  private endMs: number;
  private lastTurnMs = this.startMs;

  constructor(budgetSeconds: number, options: IdentifyOptions) {
    this.budgetMs = 1000 * budgetSeconds;
    this.options = options;
    this.endMs = this.startMs + this.budgetMs;
  }

  /** The work that follows may last until this share of the whole budget is spent. */
  until(share: number): void {
    this.endMs = this.startMs + share * this.budgetMs;
  }

  get expired(): boolean {
    return performance.now() >= this.endMs;
  }

  get seconds(): number {
    return (performance.now() - this.startMs) / 1000;
  }

  /** Called between pieces of work; rejects with the signal's reason when it has aborted. */
  async turn(stage: Stage, share: number): Promise<void> {
    if (performance.now() - this.lastTurnMs < TURN_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.lastTurnMs = performance.now();
    this.options.signal?.throwIfAborted();
    this.options.onProgress?.({ stage, share });
  }
}
