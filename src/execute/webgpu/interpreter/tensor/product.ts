/** The kernels that multiply an accumulation group: a quick one, and an exact one for what the quick one must leave. */
import dispatchWgsl from '../../../../../shaders/interpreter/dispatch.wgsl';
import groupWgsl from '../../../../../shaders/interpreter/tensor/group.wgsl';
import productWgsl from '../../../../../shaders/interpreter/tensor/product.wgsl';
import exactRowWgsl from '../../../../../shaders/interpreter/tensor/exact_row.wgsl';
import exactWgsl from '../../../../../shaders/interpreter/tensor/product_exact.wgsl';
import { decoderWgsl } from '../../decoders';
import { render } from '../../template';
import {
  descriptorWords,
  extentKey,
  extentTemplate,
  operandsWgsl,
  type Kernel,
  type KernelSpec,
} from '../kernel';
import type { Lowering, Use } from '../lowering';
import type { Touch, Work } from '../work';
import { formatOf, perWord, scans, touchOfPacked, type Packed, type Packing } from './packing';

export interface Pass {
  readonly stationary: Packed;
  readonly moving: Packed;
  readonly rows: number;
}

/** What an accumulation group multiplies, and where to. */
export interface Group {
  readonly dst: Use;
  readonly m: number;
  readonly n: number;
  readonly packing: { readonly stationary: Packing; readonly moving: Packing };
  readonly rowWords: { readonly stationary: number; readonly moving: number };
  /** Whether the first pass is added to what dst holds, and then the place in stats of what is known of that. */
  readonly held: number | undefined;
  readonly passes: readonly Pass[];
}

/** The register tile of an invocation, and a workgroup's shape: those of the fused matmul. */
const TILE = { m: 16, n: 8, unroll: 4, lanesX: 16, lanesY: 4 } as const;
/** Multiply-adds that take as long as an element of the costs that session.ts cuts dispatches by. */
const CHEAP = 512;
const DEAR = 16;
/** Exponents of what PSUM holds from which on sums are multiples of the smallest normal number: 2^-103 in 24 bits. */
const HELD_LIMIT = 255 - 24;

/** The works of a group. */
export function productWorks(lowering: Lowering, group: Group): readonly Work[] {
  const { dst, m, n, passes, packing, rowWords, held } = group;
  const down = Math.ceil(m / (TILE.m * TILE.lanesY));
  const across = Math.ceil(n / (TILE.n * TILE.lanesX));
  const macs = passes.reduce((sum, { rows }) => sum + rows * m * n, 0);
  const words = [
    m,
    n,
    passes.length,
    0,
    held === undefined ? 0 : 1,
    held ?? 0,
    down,
    rowWords.stationary / 4,
    rowWords.moving,
  ];
  const table = {
    at: 3,
    words: passes.flatMap(({ stationary, moving, rows }) => [
      stationary.word,
      moving.word,
      rows,
      stationary.stat,
      moving.stat,
    ]),
  };
  const mx = packing.stationary === 'mx';
  const isScanned = scans(lowering, packing.stationary);
  const values = {
    A_PER_WORD: perWord(packing.stationary),
    B_PER_WORD: perWord(packing.moving),
    NARROW: Number(dst.place.dtype === 'bfloat16'),
    SCANS: Number(isScanned),
    MX: Number(mx),
    HELD_LIMIT,
  };
  const [exact] = lowering.lane('product_exact', `${groupWgsl}\n${exactRowWgsl}\n${exactWgsl}`, {
    operands: { dst },
    counted: 'dst',
    elementwise: true,
    values,
    words,
    functions: {},
  });
  if (exact === undefined) throw new Error('Invariant violation: a product is one work');
  const touches = [...exact.touches, ...touchesOf(passes)];
  const kernel = quickKernel(lowering, dst, packing, values, words.length);
  const quick: Work = {
    kernel,
    lanes: down * across * kernel.lanes,
    elements: 1,
    words: exact.words,
    touches,
    start: undefined,
    splits: false,
    cost: macs / CHEAP,
    table,
  };
  return isScanned ? [quick, { ...exact, touches, start: undefined, table, cost: macs / DEAR }] : [quick];
}

const touchesOf = (passes: readonly Pass[]): readonly Touch[] =>
  passes.flatMap(({ stationary, moving }) =>
    [stationary, moving].map((packed) => touchOfPacked(packed, false)),
  );

function quickKernel(
  lowering: Lowering,
  dst: Use,
  packing: Group['packing'],
  values: Readonly<Record<string, number>>,
  attributes: number,
): Kernel {
  const { dtype, steps, aligned } = dst.place;
  const key = `product|${packing.stationary}|${packing.moving}|${dtype}:${steps.length}${aligned ? '' : 'u'}|${lowering.arithmetic}|${extentKey(lowering.layout.extent)}`;
  return lowering.kernels.of(key, () => {
    const spec: KernelSpec = {
      name: 'product',
      body: `${groupWgsl}\n${productWgsl}`,
      values: {
        ...values,
        TILE_M: TILE.m,
        TILE_N: TILE.n,
        UNROLL: TILE.unroll,
        LANES_X: TILE.lanesX,
        LANES_Y: TILE.lanesY,
        A_VECTORS: TILE.m / perWord(packing.stationary) / 4,
        B_WORDS: TILE.n / perWord(packing.moving),
        // Products of two bfloat16 are exact: fused or not, they are the same.
        ROUND_PRODUCT: packing.stationary === 'bfloat16' && packing.moving === 'bfloat16' ? '' : 'rounded',
        ROUND_TOTAL: dtype === 'bfloat16' ? 'kept' : '',
        HELD: dtype === 'bfloat16' ? 'narrow_held' : 'dst_value',
        PUT: dtype === 'bfloat16' ? 'narrow_put' : 'dst_put',
      },
      operands: { dst: { memory: 'chip', dtype, rank: steps.length, aligned, encoding: {} } },
      attributes,
      extent: lowering.layout.extent,
      counted: 'dst',
      functions: '',
      conversions:
        dtype === 'bfloat16'
          ? { decode: { decode_bfloat16: dtype }, encode: { encode_bfloat16: { dtype } } }
          : {},
    };
    const words = descriptorWords(spec);
    return {
      key,
      words,
      lanes: TILE.lanesX * TILE.lanesY,
      bindings: 'product',
      extent: spec.extent,
      wgsl: () => {
        const extent = extentTemplate(spec.extent);
        const body = render(spec.body, { ...spec.values, ...extent, WORDS: words });
        const decoders = [
          decoderWgsl('decode_a', formatOf(packing.stationary), 'general'),
          decoderWgsl('decode_b', formatOf(packing.moving), 'general'),
        ];
        const { own, shared } = operandsWgsl(spec, body);
        return [render(dispatchWgsl, extent), body, own, shared, ...decoders].join('\n');
      },
    };
  });
}
