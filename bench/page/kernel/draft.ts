/** The form of a kernel's run as it stands, texts that may not be anything yet, and the settings that are read from it. */
import { parseDtype, shortName, UserError, type Dtype } from '../../../src/numerics';
import {
  checkKernelSettings,
  distributionOf,
  distributionText,
  shapeOf,
  shapeText,
  type KernelSettings,
} from './settings';

export interface InputDraft {
  readonly name: string;
  readonly shape: string;
  readonly dtype: Dtype;
  readonly values: string;
}

type Same = 'kernel' | 'chip' | 'executor';

export interface KernelDraft extends Pick<KernelSettings, Same> {
  readonly inputs: readonly InputDraft[];
  readonly seed: string;
  readonly seconds: string;
  readonly budget: string;
}

export function draftOf({
  kernel,
  chip,
  executor,
  inputs,
  seed,
  seconds,
  budget,
}: KernelSettings): KernelDraft {
  return {
    kernel,
    chip,
    executor,
    inputs: inputs.map(({ name, shape, dtype, distribution }) => ({
      name,
      shape: shapeText(shape),
      dtype,
      values: distributionText(distribution),
    })),
    seed: String(seed),
    seconds: String(seconds),
    budget: String(budget),
  };
}

/** @throws UserError for the first field that cannot be. */
export function readKernelDraft(draft: KernelDraft, source: string): KernelSettings {
  const { inputs, seed, seconds, budget, ...same } = draft;
  return checkKernelSettings({
    ...same,
    source,
    inputs: inputs.map(({ name, shape, dtype, values }) => ({
      name,
      shape: shapeOf(name, shape),
      dtype: parseDtype(dtype),
      distribution: distributionOf(name, values),
    })),
    seed: number('The seed', seed),
    seconds: number('The time limit in seconds', seconds),
    budget: number('The instruction budget', budget),
  });
}

/** The rows of the inputs that a kernel takes: those that stand, and new ones like the last. */
export function withInputs(draft: KernelDraft, names: readonly string[]): KernelDraft {
  const like = draft.inputs.at(-1) ?? { shape: '128x128', dtype: 'float32' as const, values: 'normal 0 1' };
  const inputs = names.map((name) => draft.inputs.find((input) => input.name === name) ?? { ...like, name });
  return { ...draft, inputs };
}

export const dtypeWords = (dtype: Dtype): string => shortName(dtype);

function number(what: string, text: string): number {
  if (/^\d{1,12}$/.test(text.trim())) return Number(text);
  throw new UserError(`${what} is a whole number; received "${text.slice(0, 40)}".`);
}
