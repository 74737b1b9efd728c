/**
 * What registers hold while a Program is analysed: a whole number, or no more than its bounds. There are no operations on
 * registers besides moves, loads and loops, so a loop with constant bounds is known exactly.
 */
import { isLoop } from '../program';
import type { Pattern, ProgramNode, Scalar } from '../program';
import type { Findings, Subject } from './finding';

export interface Range {
  readonly low: number;
  readonly high: number;
}

const UNKNOWN: Range = { low: -Infinity, high: Infinity };

/** Of a sequencer (NKI architecture guides). */
export const MAX_REGISTERS = 64;

/** Registers that nodes set, in whatever turn. */
export function registersSet(nodes: readonly ProgramNode[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of nodes) {
    if (isLoop(node)) {
      if (node.loop === 'fori') names.add(node.register);
      for (const name of registersSet(node.body)) names.add(name);
    } else if (node.opcode === 'register_move' || node.opcode === 'register_load') {
      names.add(node.attributes.register);
    }
  }
  return names;
}

export class Registers {
  readonly #values = new Map<string, Range>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  set(name: string, low: number, high = low): void {
    this.#values.set(name, { low, high });
  }

  forget(name: string): void {
    this.#values.set(name, UNKNOWN);
  }

  /** What a register holds; anything, and a finding, where it was never set. */
  valueOf(name: string, subject: Subject): Range {
    const value = this.#values.get(name);
    if (value !== undefined) return value;
    this.#findings.add('SYS601', subject, `register "${name}" to be set`, 'a register that nothing has set');
    this.forget(name);
    return UNKNOWN;
  }

  scalar(value: Scalar, subject: Subject): Range {
    return typeof value === 'number' ? { low: value, high: value } : this.valueOf(value.register, subject);
  }

  /** The offsets that a pattern may have, its registers added. */
  offsetsOf({ offset, registers = [] }: Pattern, subject: Subject): Range {
    let [low, high] = [offset, offset];
    for (const [name, stride] of registers) {
      if (stride === 0) continue;
      const range = this.valueOf(name, subject);
      low += stride * (stride > 0 ? range.low : range.high);
      high += stride * (stride > 0 ? range.high : range.low);
    }
    return { low, high };
  }
}
