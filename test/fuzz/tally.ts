/** Counts what was run, shows it while it runs, and sums it up by chip. */
import type { ChipName } from '../../src/chip';
import type { Opcode } from '../../src/program';
import type { BatchResult } from './batches';
import { opcodesOf } from './program';

const LINE_MS = 1000;

export class Tally {
  readonly #programs: number;
  #chip: ChipName = 'trn1';
  #started = 0;
  #shown = 0;
  #seen = 0;
  #kernels = 0;
  #unsound = 0;
  #agreed = 0;
  #stopped = 0;
  #adapter = '';
  #counts = new Map<string, number>();
  #refused = new Map<string, number>();

  constructor(programs: number) {
    this.#programs = programs;
  }

  start(chip: ChipName): void {
    this.#chip = chip;
    this.#started = performance.now();
    [this.#seen, this.#kernels, this.#unsound, this.#agreed, this.#stopped] = [0, 0, 0, 0, 0];
    this.#counts = new Map();
    this.#refused = new Map();
  }

  /** One more was drawn. */
  program(): void {
    this.#seen++;
    const now = performance.now();
    if (now - this.#shown < LINE_MS || !process.stderr.isTTY) return;
    this.#shown = now;
    process.stderr.write(`\r${this.#line()} `);
  }

  add({ programs, unsound, stopped, counts, refused, kernels, adapter }: BatchResult): void {
    this.#agreed += programs;
    this.#unsound += unsound;
    this.#stopped += stopped;
    this.#kernels += kernels;
    this.#adapter = adapter;
    for (const [opcode, count] of Object.entries(counts))
      this.#counts.set(opcode, (this.#counts.get(opcode) ?? 0) + count);
    for (const [opcode, count] of Object.entries(refused))
      this.#refused.set(opcode, (this.#refused.get(opcode) ?? 0) + count);
    if (!process.stderr.isTTY) process.stderr.write(`${this.#line()}\n`);
  }

  /** Sums up a chip, once. */
  end(): void {
    if (this.#seen === 0) return;
    if (process.stderr.isTTY) process.stderr.write('\n');
    console.log(
      `${this.#line()}; ${this.#unsound} were not sound and left out, ${this.#stopped} stopped with the same error on both; on ${this.#adapter}`,
    );
    const opcodes: readonly Opcode[] = opcodesOf(this.#chip);
    console.log(opcodes.map((opcode) => `  ${opcode} ${this.#counts.get(opcode) ?? 0}`).join('\n'));
    const never = opcodes.filter((opcode) => !this.#counts.has(opcode));
    if (never.length > 0) console.log(`  never drawn: ${never.join(', ')}`);
    if (this.#refused.size > 0)
      console.log(
        `  drawn and not legal: ${[...this.#refused].map(([opcode, count]) => `${opcode} ${count}`).join(', ')}`,
      );
    this.#seen = 0;
  }

  #line(): string {
    const rate = this.#seen / ((performance.now() - this.#started) / 1000);
    return `${this.#chip}: ${this.#seen} of ${this.#programs} programs, ${rate.toFixed(1)} a second, ${this.#kernels} kernels`;
  }
}
