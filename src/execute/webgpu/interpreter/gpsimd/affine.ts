/** The affine values of iota and affine_select: see src/isa/gpsimd/affine.ts. */
import affineWgsl from '../../../../../shaders/interpreter/gpsimd/affine.wgsl';
import type { Affine } from '../../../../isa/gpsimd/affine';

/** WGSL of `fn affine(lane: u32, i: u32) -> u32` beside a body. */
export const withAffine = (body: string): string => `${affineWgsl}\n${body}`;

/** What the text takes: words from number `at` on. */
export const affineTemplate = ({ pattern }: Affine, at: number) => ({ AT: at, RANK: pattern.length });

export function affineWords({ pattern, offset = 0, channel_multiplier = 0 }: Affine): readonly number[] {
  const dims = pattern.toReversed().flatMap(([step, count]) => [step >>> 0, count]);
  return [offset >>> 0, channel_multiplier >>> 0, ...dims];
}
