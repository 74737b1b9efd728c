/** Messages between the page and the worker that identifies somebody's product. To stop it, the page ends it. */
import type { Identification, IdentifyProgress } from '../identify';
import type { Controls, MatrixRequest } from '../weights';

export const OPERANDS = { a: 'A', b: 'B', c: 'C' } as const;
export type Operand = keyof typeof OPERANDS;

/** The labels of the boxes that say how A and B lie. */
export const TURNED = { a: 'lies as [K, M]', b: 'lies as [N, K]' } as const;

/** The fields of the page, as messages name them. */
export const PAGE_CONTROLS: Controls = {
  tensor: 'the field “tensor”',
  dtype: 'which the command line can (systole identify --dtype) and this page cannot',
  turnA: `“${TURNED.a}” at A`,
  turnB: `“${TURNED.b}” at B`,
};

export interface ToIdentifier {
  readonly files: Readonly<Record<Operand, File>>;
  readonly how: Readonly<Partial<Record<Operand, MatrixRequest>>>;
  readonly budgetSeconds: number;
}

/** Any number of `progress`, then one of the others. */
export type FromIdentifier =
  | { readonly type: 'progress'; readonly progress: IdentifyProgress }
  | { readonly type: 'identified'; readonly identification: Identification; readonly text: string }
  /** The user's to mend: a file that is no matrix, shapes that make no product. */
  | { readonly type: 'refused'; readonly message: string };
