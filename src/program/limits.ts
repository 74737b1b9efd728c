/** How large a Program may be: what is larger is refused before anything of it runs. */
import { UserError } from '../numerics';

/** Instructions and loops of a Program, each counted once however often it runs. */
export const MAX_INSTRUCTIONS = 5_000_000;

/** Loops within loops. */
export const MAX_LOOP_DEPTH = 32;

/** @throws UserError when a Program has more instructions than it may have. */
export function requireCount(count: number, where: string): void {
  if (count <= MAX_INSTRUCTIONS) return;
  throw new UserError(
    `${where} has ${count} instructions and loops, more than the ${MAX_INSTRUCTIONS} that a Program may have: take larger tiles, or loop over a register.`,
  );
}

/** `depth` is 1 for a loop that lies in none. @throws UserError when loops lie deeper in each other than they may. */
export function requireDepth(depth: number, where: string): void {
  if (depth <= MAX_LOOP_DEPTH) return;
  throw new UserError(
    `${where} is a loop within ${depth - 1} others, and at most ${MAX_LOOP_DEPTH} may lie in each other.`,
  );
}
