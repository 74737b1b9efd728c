/** What goes wrong while a kernel is traced: an error that names the kernel, the call, the rule and the caller's place. */
import { UserError } from '../numerics';

/** Which call of which kernel. */
export interface Call {
  readonly kernel: string;
  /** The instruction, or the method of a view or of the builder; absent where no call was made. */
  readonly call?: string | undefined;
  /** Where the author made it, as file:line:column. */
  readonly at?: string | undefined;
}

const place = (at: string | undefined) => (at === undefined ? '' : ` at ${at}`);

/** A call that breaks a rule, or a kernel that threw: then `cause` is what it threw. */
export class KernelError extends UserError {
  override readonly name = 'KernelError';
  readonly kernel: string;
  readonly call: string | undefined;
  readonly at: string | undefined;
  /** The rule that was broken, as a sentence with what was required and what was received. */
  readonly rule: string;

  constructor(rule: string, { kernel, call, at }: Call, options?: ErrorOptions) {
    const made = call === undefined ? '' : `, ${call}${place(at)}`;
    super(`Kernel "${kernel}"${made}: ${rule}`, options);
    this.kernel = kernel;
    this.call = call;
    this.at = at;
    this.rule = rule;
  }

  /** The kernel function itself threw, after its last call. */
  static thrown(cause: unknown, { kernel, call, at }: Call): KernelError {
    const message = cause instanceof Error ? cause.message : String(cause);
    const after = call === undefined ? 'before its first call' : `after ${call}${place(at)}`;
    return new KernelError(`${message} (thrown by the kernel, ${after})`, { kernel }, { cause });
  }
}

/** Why a function that was traced must not have returned what it did, or nothing. */
export function asyncProblem(returned: unknown): string | undefined {
  if (!(returned instanceof Promise)) return undefined;
  returned.catch(() => undefined); // this problem is told instead of its own
  return 'the function must not be async, received a promise: what it calls after an await is in no Program. Read what it needs before trace.';
}
