/** Faults in what keeps cores apart are seen: kernels are changed on their way to the adapter, and results must differ. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebGpuInterpreter } from '../../../../src/execute/webgpu/interpreter';
import type { Host } from '../../../../src/host';
import { codeArray } from '../../../../src/numerics';
import { parseProgram, type Program } from '../../../../src/program';
import type { Inputs } from '../../../fuzz/agreement';
import { compareCores } from '../../../fuzz/on-cores';
import { ADAPTERS, open } from '../devices';
import { INDEXED, indexedInputs } from './cores-programs';

/** A product that is accumulated, and a function that not every value may be given to. */
const PRODUCT = parseProgram(`program trn3
hbm x bfloat16 [64] input
hbm y float32 [64] output
sbuf a bfloat16 partitions 0:8 elements 8 address 0
sbuf b float32 partitions 0:8 elements 8 address 64
psum s float32 partitions 0:8 elements 8 bank 0
load sync dma_copy a p0:8 [1,8] = src x [1,64]
first tensor nc_matmul s p0:8 [1,8] = stationary a p0:8 [1,8], moving a p0:8 [1,8], accumulate false, performance none
more tensor nc_matmul s p0:8 [1,8] = stationary a p0:8 [1,8], moving a p0:8 [1,8], accumulate true, performance none
root scalar activation b p0:8 [1,8] = data s p0:8 [1,8], op sqrt
out sync dma_copy y [1,64] = src b p0:8 [1,8]
`);

/** Products of all of core 1 are negative somewhere, those of the others nowhere. */
const productInputs = (sign: number, core: number): Inputs => ({
  x: codeArray('bfloat16', 64).map((_, at) => 0x3f80 + core * 16 + at + (at % 3 === 0 ? sign : 0)),
});

const PRODUCTS = [0, 0x8000, 0].map(productInputs);
const INDICES = [[0, 1, 2, 3], [3, 3, 0, 9], [1, 0, 1, 0]].map(indexedInputs); // prettier-ignore

/** Where a core's own memory begins, in the text of kernels. */
const first = (memory: string): RegExp => new RegExp(`(?<=fn ${memory}_first[^]*?return )core \\* [^;]*`);

/** In the text of kernels: what is exchanged for what. */
const FAULTS: readonly (readonly [
  what: string,
  from: string | RegExp,
  to: string,
  Program,
  readonly Inputs[],
])[] = [
  ['all work on the memories of the first core', 'core = z % 3u;', 'core = 0u;', PRODUCT, PRODUCTS],
  ['SBUF and PSUM of all cores are one', first('chip'), '0u', PRODUCT, PRODUCTS],
  ['HBM of all cores is one', first('hbm'), '0u', PRODUCT, PRODUCTS],
  ['packed operands of all cores are one', first('scratch'), '0u', PRODUCT, PRODUCTS],
  ['all cores report in one place', '(core * lanes() + lane) * 3u', 'lane * 3u', PRODUCT, PRODUCTS],
  ['a core does what only another should', 'core) & 1u) == 1u;', 'core) & 1u) < 2u;', INDEXED, INDICES],
];

describe.each(ADAPTERS)('%s', (name) => {
  let host: Host;
  beforeEach(async () => {
    host = await open(name);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    host.close();
  });

  test.each(FAULTS)('%s', async (_, from, to, program, each) => {
    const right = await WebGpuInterpreter.create(host.device);
    expect(await compareCores(right, program, each)).toBeUndefined();
    let changed = 0;
    const create = host.device.createShaderModule.bind(host.device);
    vi.spyOn(host.device, 'createShaderModule').mockImplementation(({ code, ...rest }) => {
      const other = code.replace(from, to);
      if (other !== code) changed++;
      return create({ ...rest, code: other });
    });
    const wrong = await WebGpuInterpreter.create(host.device);
    expect(await compareCores(wrong, program, each)).toMatch(/^core [012]: /);
    expect(changed).toBeGreaterThan(0);
  });

  test('inputs that two cores have exchanged', async () => {
    const interpreter = await WebGpuInterpreter.create(host.device);
    const [first = {}, second = {}] = PRODUCTS;
    const [one, other] = await interpreter.run(PRODUCT, [first, second]);
    expect(await interpreter.run(PRODUCT, [second, first])).toEqual([other, one]);
    expect(one).not.toEqual(other);
  });
});
