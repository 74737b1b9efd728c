/** Errors that are the user's to mend: a message of one sentence or two, printed without a stack trace. */
export class UserError extends Error {
  override readonly name: string = 'UserError';
}
