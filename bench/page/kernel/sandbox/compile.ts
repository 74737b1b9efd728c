/**
 * A kernel's source, TypeScript with imports and exports, as a function of CommonJS that the sandbox's worker evaluates. Sucrase
 * removes the types and keeps every line where it is, so that lines of errors are those of the source.
 */
import { transform } from 'sucrase';
import { UserError } from '../../../../src/numerics';
import { SOURCE_NAME } from './answer';

/** A mistake at a line of the source. */
export class SourceError extends UserError {
  override readonly name = 'SourceError';
  /** From 1; null where it is not known. */
  readonly line: number | null;

  constructor(message: string, line: number | null) {
    super(message);
    this.line = line;
  }
}

export type Exports = Record<string, unknown>;

/** @throws SourceError for what is no TypeScript. */
export function compile(source: string): string {
  try {
    const { code } = transform(source, {
      transforms: ['typescript', 'imports'],
      filePath: SOURCE_NAME,
      disableESTransforms: true,
      preserveDynamicImport: true,
    });
    return code;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, line] = /\((\d+):\d+\)/.exec(message) ?? [];
    const words = message.replace(/^Error transforming [^:]*: /, '').replace(/ \(\d+:\d+\)/, '');
    throw new SourceError(`It does not compile: ${words}.`, line === undefined ? null : Number(line));
  }
}

/**
 * Evaluates compiled code and gives its exports. Whatever it does, it does in this realm: only a sandbox may call this.
 *
 * @throws whatever the code throws.
 */
export function evaluate(code: string, modules: Readonly<Record<string, object>>): Exports {
  const require = (name: string): object => {
    if (Object.hasOwn(modules, name)) return modules[name] ?? {};
    throw new UserError(
      `A kernel on the page imports ${Object.keys(modules).join(' and ')}; received "${name}". Put the helpers that it needs into the same source.`,
    );
  };
  const exported: Exports = {};
  const indirect = eval; // of the global scope, whose line 1 is the source's
  const run = indirect(`(function (exports, require) {${code}\n})\n//# sourceURL=${SOURCE_NAME}`) as (
    exported: Exports,
    require: (name: string) => object,
  ) => void;
  run(exported, require);
  return exported;
}
