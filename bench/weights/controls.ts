/** What a user sets to have a file read otherwise, in the words of the place where it is set: messages tell what to do by them. */

export interface Controls {
  /** Follows "choose one with". */
  readonly tensor: string;
  /** Follows "name it,". */
  readonly dtype: string;
  /** That A lies as [K, M], B as [N, K]; follows "say" and "near with". */
  readonly turnA: string;
  readonly turnB: string;
}

export const COMMAND_LINE: Controls = {
  tensor: '--tensor',
  dtype: 'as in --dtype fp8e4m3fn',
  turnA: '--a-layout km',
  turnB: '--b-layout nk',
};
