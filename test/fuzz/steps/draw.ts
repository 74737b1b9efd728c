/** How an instruction is drawn: its operands are chosen and made readable, then it is added where it is legal. */
import type { Draft } from '../draft';

export type Draw = (draft: Draft) => void;
