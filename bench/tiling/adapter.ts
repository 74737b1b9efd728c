/**
 * A tiling on the WebGPU adapter: the fused kernel is given the tiling's own cut of K and its order as a plan, and held to the
 * checks of the benchmark. It has one order for all outputs, so that a tiling whose tiles differ in theirs cannot be given to it.
 */
import type { MatmulOperands } from '../../src/execute/matmul';
import { largestTile, withOrder, type Tiled } from '../../src/lower';
import { areaText } from '../../src/verify/tiling';
import { runChecks, type CheckReport } from '../check';
import type { MatmulDevice, MatmulReference, PreparedProduct } from '../tools';
import { count } from './pure-checks';
import { commonOrder, type OrderedTile } from './tiles';
import type { TilingCheck } from './verdict';

export interface Adapter {
  readonly name: string;
  readonly device: MatmulDevice;
}

export interface OnAdapter {
  readonly check: TilingCheck;
  readonly report?: CheckReport;
}

export interface AdapterPace {
  readonly seed: number;
  readonly onShare: (share: number) => void;
  readonly signal: AbortSignal | undefined;
}

export const leftOut = (why: string): OnAdapter => ({
  check: { name: 'adapter', state: 'left-out', text: why, details: [], more: 0 },
});

export async function onAdapter(
  tiled: Tiled,
  tiles: readonly OrderedTile[],
  { name, device }: Adapter,
  reference: MatmulReference,
  { seed, onShare, signal }: AdapterPace,
): Promise<OnAdapter> {
  const common = commonOrder(tiles);
  if (common === undefined)
    return leftOut('the tiles of this tiling are no partition of K, so that there is no order to give it');
  if ('differ' in common) {
    const [one, other] = common.differ;
    return leftOut(
      `the fused kernel adds every output in one order, and ${areaText(one)} adds in another than ${areaText(other)}`,
    );
  }
  const plan = withOrder(tiled.canonical, common.order, largestTile(tiled.passes));
  let product: PreparedProduct | undefined;
  const execute = async (operands: MatmulOperands) => {
    product?.release();
    const prepared = await device.prepare(plan, operands, { ...(signal && { signal }) });
    product = prepared;
    await prepared.run(signal);
    return prepared.read.bind(prepared);
  };
  try {
    const report = await runChecks({
      ...{ plan, execute, reference, seed, subnormals: device.subnormals },
      onProgress: ({ operands, share }) => {
        onShare((operands === 'random' ? 0.5 : 0) + share / 2);
      },
      ...(signal && { signal }),
    });
    return { check: checkOf(name, report), report };
  } finally {
    product?.release();
  }
}

function checkOf(name: string, report: CheckReport): TilingCheck {
  const details = report.kinds.map(
    ({ name: kind, elementsCompared, elements, mismatches, subnormals }) =>
      `${kind}: ${mismatches === 0 ? 'equal' : `${count(mismatches)} differ`} in ${count(elementsCompared)} of ${count(elements)} elements${subnormals === 'ftz' ? ', subnormals flushed' : ''}`,
  );
  return {
    name: 'adapter',
    state: report.passed ? 'right' : 'wrong',
    text: report.passed
      ? `${name}: the fused kernel, given this order, equals the same loop`
      : `${name}: the fused kernel, given this order, is wrong`,
    details,
    more: 0,
  };
}
