/**
 * A kernel of the interpreter: the WGSL of one kind of instruction, made of the frame (shaders/interpreter/kernel.wgsl), the
 * access of each operand (operand.wgsl), the conversions of its formats, and what the instruction does. All of it can be printed.
 */
import dispatch from '../../../../shaders/interpreter/dispatch.wgsl';
import frame from '../../../../shaders/interpreter/kernel.wgsl';
import philox from '../../../../shaders/philox.wgsl';
import operand from '../../../../shaders/interpreter/operand.wgsl';
import { type Dtype, type EncodeOptions } from '../../../numerics';
import { bytesOf } from '../../../program';
import { conversionsWgsl, type Conversions, type Encoding } from '../conversions';
import { render, type TemplateValues } from '../template';
import { SCRATCH_BYTES, STATS_BYTES, type Extent, type Memory } from './layout';

/** What of an operand the text depends on; the rest is in descriptors. */
export interface OperandKind {
  readonly memory: Memory;
  readonly dtype: Dtype;
  /** Dimensions. */
  readonly rank: number;
  readonly aligned: boolean;
  /** How values are rounded that are written to it. */
  readonly encoding?: EncodeOptions;
}

export interface KernelSpec {
  /** The instruction, for labels. */
  readonly name: string;
  /** WGSL with `fn run(lane: u32)`, a template. */
  readonly body: string;
  readonly values: TemplateValues;
  /** By their names in the body, in the order of the descriptor. */
  readonly operands: Readonly<Record<string, OperandKind>>;
  /** Words of attributes. */
  readonly attributes: number;
  readonly extent: Extent;
  /** The operand whose elements are counted. */
  readonly counted: string;
  /** WGSL of the functions that the body calls. */
  readonly functions: string;
  /** Conversions besides those of the operands. */
  readonly conversions: Conversions;
}

/** Which buffers a kernel sees besides its dispatch and the descriptors (session.ts). */
export type Bindings = 'lanes' | 'product';

export interface Kernel {
  /** What its text depends on. */
  readonly key: string;
  /** Words of a descriptor. */
  readonly words: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  readonly bindings: Bindings;
  readonly wgsl: () => string;
  /** What a kernel of lanes is made of; undefined of others, and of those that see more than chip memory. */
  readonly parts?: () => KernelParts;
  /** The memories that it knows of. */
  readonly extent: Extent;
}

/** The text of a kernel of lanes without its frame. */
export interface KernelParts {
  /** Names that begin with one of these and `_` are the kernel's own. */
  readonly operands: readonly string[];
  /** Declares `open`, `width` and `run`, and what else no other kernel has. */
  readonly own: string;
  /** Conversions and functions, the same by their names in every kernel that has them. */
  readonly shared: string;
}

/** Invocations of a workgroup: 128 partitions keep four cores busy. */
export const LANES = 32;

/** Words before the attributes: lanes, slot for reports, cores. */
export const HEADER_WORDS = 3;
const DRAW_WORDS = 6;

export const isStochastic = ({ encoding }: OperandKind): boolean => encoding?.rounding === 'stochastic';

/** Whether elements are words at equal steps of chip memory. */
const isLinear = ({ memory, dtype, rank, aligned }: OperandKind): boolean =>
  memory === 'chip' && rank === 1 && aligned && bytesOf(dtype) === 4;

const wordsOf = (kind: OperandKind) => 3 + 2 * kind.rank + (isStochastic(kind) ? DRAW_WORDS : 0);

export function descriptorWords({ operands, attributes }: KernelSpec): number {
  return Object.values(operands).reduce((sum, kind) => sum + wordsOf(kind), HEADER_WORDS + attributes);
}

/** The WGSL of a kernel of lanes. */
export function kernelWgsl(spec: KernelSpec): string {
  const body = render(spec.body, spec.values);
  const operands = operandsWgsl(spec, body);
  const extent = extentTemplate(spec.extent);
  return [
    render(dispatch, extent),
    render(frame, {
      ...extent,
      LANES,
      WORDS: descriptorWords(spec),
      VARIANTS: 0,
      ATOMIC: Number(operands.atomic),
      SCRATCH: Number(body.includes('scratch[')),
      STATS: Number(body.includes('&stats[')),
    }),
    operands.own,
    operands.shared,
    spec.functions,
    body,
  ].join('\n');
}

/** What of the memories every text knows. */
export const extentTemplate = ({ chipWords, cores }: Extent) => ({
  CORES: cores,
  CHIP_WORDS: chipWords,
  SCRATCH_WORDS: SCRATCH_BYTES / 4,
  STATS_WORDS: STATS_BYTES / 4,
});

export const extentKey = ({ chipWords, cores }: Extent): string => `${cores}x${chipWords}`;

function partsOf(spec: KernelSpec): KernelParts {
  const body = render(spec.body, spec.values);
  const { own, shared } = operandsWgsl(spec, body);
  return {
    operands: Object.keys(spec.operands),
    own: `${own}\n${body}`,
    shared: `${shared}\n${spec.functions}`,
  };
}

/** The access of operands (own), and the conversions that a body calls (shared); whether it must write HBM by atomic operations. */
export function operandsWgsl(
  spec: KernelSpec,
  body: string,
): { readonly own: string; readonly shared: string; readonly atomic: boolean } {
  const called = (name: string) => body.includes(`${name}(`);
  const entries = Object.entries(spec.operands);
  const atomic = entries.some(
    ([name, { memory, dtype, aligned }]) =>
      memory === 'hbm' &&
      (called(`${name}_put`) || called(`${name}_put_code`)) &&
      !(aligned && bytesOf(dtype) === 4),
  );
  const decode: Record<string, Dtype> = { ...spec.conversions.decode };
  const encode: Record<string, Encoding> = { ...spec.conversions.encode };
  const accessors = entries.map(([name, kind]) => {
    const { dtype, encoding = {} } = kind;
    const value = called(`${name}_value`);
    const put = called(`${name}_put`);
    const flat = called(`${name}_flat`);
    if (value || called(`decode_${dtype}`)) decode[`decode_${dtype}`] = dtype;
    if (put) encode[`${name}_encode`] = { dtype, ...encoding };
    const load = value || called(`${name}_code`) || flat;
    return render(operand, {
      NAME: name,
      RANK: kind.rank,
      CHIP: Number(kind.memory === 'chip'),
      ALIGNED: Number(kind.aligned),
      LINEAR: Number(isLinear(kind)),
      BITS: bytesOf(dtype) * 8,
      MASK: `0x${(2 ** (bytesOf(dtype) * 8) - 1).toString(16)}`,
      LOAD: Number(load),
      FLAT: Number(flat || (kind.memory === 'hbm' && load)),
      STORE: Number(put || called(`${name}_put_code`)),
      VALUE: Number(value),
      PUT: Number(put),
      STOCHASTIC: Number(put && isStochastic(kind)),
      DECODE: `decode_${dtype}`,
    });
  });
  const conversions = conversionsWgsl({ decode, encode });
  const draws = called('philox4x32') && !conversions.includes(philox) ? [philox] : [];
  return {
    atomic,
    own: [openWgsl(spec, called), ...accessors].join('\n'),
    shared: [conversions, ...draws].join('\n'),
  };
}

/** Reads the operands of the descriptor that is due. */
function openWgsl(spec: KernelSpec, called: (name: string) => boolean): string {
  let at = HEADER_WORDS + spec.attributes;
  const lines: string[] = [];
  for (const [name, kind] of Object.entries(spec.operands)) {
    lines.push(`  ${name}_open(descriptor + ${at}u);`);
    if (isLinear(kind)) lines.push(`  ${name}_open_words();`);
    if (called(`${name}_put`) && isStochastic(kind)) {
      lines.push(`  ${name}_open_draws(descriptor + ${at + 3 + 2 * kind.rank}u);`);
    }
    at += wordsOf(kind);
  }
  return `fn open() {\n${lines.join('\n')}\n}\n\nfn width() -> u32 {\n  return ${spec.counted}_width;\n}\n`;
}

/** A kernel of lanes. */
export function laneKernel(key: string, spec: KernelSpec): Kernel {
  const onChip = Object.values(spec.operands).every(({ memory }) => memory === 'chip');
  return {
    key,
    words: descriptorWords(spec),
    lanes: LANES,
    bindings: 'lanes',
    extent: spec.extent,
    wgsl: () => kernelWgsl(spec),
    ...(onChip && { parts: () => partsOf(spec) }),
  };
}

/** Kernels by what their texts depend on. */
export class Kernels {
  readonly #byKey = new Map<string, Kernel>();

  /** The kernel of a key; it is made the first time. */
  of(key: string, make: (key: string) => Kernel): Kernel {
    let kernel = this.#byKey.get(key);
    if (kernel === undefined) this.#byKey.set(key, (kernel = make(key)));
    return kernel;
  }
}
