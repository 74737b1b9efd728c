/** Kernels as texts: what each reads and writes, and how many invocations it has. */
import { conversionsWgsl, type Conversions } from '../../execute/webgpu/conversions';
import type { BindingType } from '../../execute/webgpu/gpu';
import { functionsWgsl, type Arithmetic } from '../../execute/webgpu/interpreter/functions';
import { render } from '../../execute/webgpu/template';
import composed from '../../../shaders/tensor/composed.wgsl';
import frame from '../../../shaders/tensor/kernel.wgsl';
import order from '../../../shaders/tensor/order.wgsl';
import { add, constant, of, plus, scale, type Affine } from './affine';
import { accumulator, computed } from './computed';
import { Elements, type Rules } from './elements';
import type { Check } from './lower';
import { isWide } from './map';
import { viewed } from './views';
import { perWord, type Value } from './value';

/** Invocations of a workgroup, and of a row of workgroups where there are more than one dimension takes. */
export const LANES = 64;
export const ROW = 65535 * LANES;

export interface KernelText {
  readonly name: string;
  readonly source: string;
  readonly bindings: readonly BindingType[];
  /** By binding, from 1 on. */
  readonly reads: readonly Value[];
  readonly writes: readonly Value[];
  /** Where the flag of a check is written: after all others. */
  readonly check?: number;
  /** Fills that it is told, and the three words before them. */
  readonly fills: readonly number[];
  readonly lanes: number;
  readonly size: number;
}

export const RULES: Rules = { viewed, computed };

export type Context = { readonly arithmetic: Arithmetic; readonly isStored: (value: Value) => boolean };

/** The words that four elements take. */
export const quadType = (value: Value): string =>
  ({ 1: 'vec4<u32>', 2: 'vec2<u32>', 4: 'u32' })[perWord(value)] ?? 'u32';

/** Words of `told`: vectors of four. */
const toldVectors = (fills: number): number => 1 + Math.ceil(fills / 4);

/** What the text of elements calls. */
export function callsOf(
  { uses, decoded, encoded, draws, orders }: Elements,
  arithmetic: Arithmetic,
): { readonly conversions: Conversions; readonly functions: readonly string[] } {
  const { alu, activations, integers } = uses;
  const calls = { arithmetic, alu: [...alu], activations: [...activations], integers };
  return {
    conversions: {
      decode: Object.fromEntries([...decoded].map((dtype) => [`decode_from_${dtype}`, dtype])),
      encode: Object.fromEntries(encoded),
      draws,
    },
    functions: [
      ...(alu.size + activations.size > 0 || integers ? [functionsWgsl(calls)] : []),
      ...(uses.composed ? [composed] : []),
      ...(orders ? [order] : []),
    ],
  };
}

export function assemble(
  name: string,
  elements: Elements,
  writes: readonly Value[],
  arithmetic: Arithmetic,
  shape: { readonly lanes: number; readonly size: number },
  declarations: readonly string[] = [],
): KernelText {
  const { body, reads, fills } = elements;
  const declare = (access: string, variable: string, binding: number, type: string): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${variable}: array<${type}>;`;
  const buffers = [
    ...reads.map((read, i) =>
      declare('read', `x${i}`, i + 1, elements.isQuad(read) ? quadType(read) : 'u32'),
    ),
    ...writes.map((write, i) =>
      declare('read_write', `y${i}`, reads.length + i + 1, elements.quads ? quadType(write) : 'u32'),
    ),
    ...declarations,
  ];
  const { conversions, functions } = callsOf(elements, arithmetic);
  const kernel = render(frame, {
    TOLD: toldVectors(fills.length),
    LANES,
    ROW,
    BODY: body.lines.map((line) => `  ${line}`).join('\n'),
  });
  return {
    name,
    source: [...buffers, kernel, conversionsWgsl(conversions), ...functions].join('\n'),
    bindings: [
      'uniform',
      ...reads.map(() => 'read' as const),
      ...writes.map(() => 'write' as const),
      ...declarations.map(() => 'write' as const),
    ],
    reads: [...reads],
    writes,
    fills: [...fills],
    ...shape,
  };
}

/** A row along the last axis for each invocation, from one end to the other. */
export function scan(value: Value, { arithmetic, isStored }: Context): KernelText {
  const { op, shape, size } = value;
  if (op.kind !== 'scan') throw new Error('Invariant violation: no scan');
  const elements = new Elements((each) => each !== value && isStored(each), RULES);
  const { body } = elements;
  const count = shape.at(-1) ?? 1;
  const rows = size / count;
  const x = value.input(0);
  const { form, start, join, code } = accumulator(elements, op.scan, x.dtype, value.dtype);
  const row = scale(of(body.variable('lane', rows, 0)), count);
  body.line(`var total = ${start};`);
  body.loop(`${count}u`, count, (turn) => {
    const along = op.reverse ? plus(scale(of(turn), -1), count - 1) : of(turn);
    const place = add(row, along);
    const element = elements.form(x, body.coordinates(place, x.shape), form);
    const next = body.fresh();
    body.line(`let ${next} = ${join('total', element)};`);
    const first = op.scan === 'add' && form === 'number' ? `select(total, 0u, ${turn.name} == 0u)` : 'total';
    body.line(`y0[${body.place(place)}] = ${code(op.exclusive ? first : next)};`);
    body.line(`total = ${next};`);
  });
  return assemble('scan', elements, [value], arithmetic, { lanes: rows, size });
}

/** A column for each invocation, into which rows go in order. What is written is there already, a copy of the base. */
export function scatter(value: Value, { arithmetic, isStored }: Context): KernelText {
  const { op, shape, dtype } = value;
  if (op.kind !== 'scatter') throw new Error('Invariant violation: no scatter');
  const [index, updates, totals] = [value.input(1), value.input(2), value.inputs[3]];
  const elements = new Elements((each) => each !== value && isStored(each), RULES);
  const { body } = elements;
  const [outer = 0, size = 0, inner = 0] = shape;
  const count = index.shape[1] ?? 0;
  const lane = of(body.variable('lane', outer * inner, 0));
  const [o = constant(0), k = constant(0)] = body.coordinates(lane, [outer, inner]);
  const { combine } = op;
  const turn = (write: (to: string, j: Affine) => string): void => {
    body.loop(`${count}u`, count, (each) => {
      const j = of(each);
      const { row, inside } = elements.row(index, [o, j], size, op.outside === 'clamp');
      const to = body.place(add(add(scale(o, size * inner), scale(row, inner)), k));
      const statement = write(to, j);
      body.line(op.outside === 'clamp' ? statement : `if (${inside}) { ${statement} }`);
    });
  };
  if (combine === 'set') turn((to, j) => `y0[${to}] = ${elements.code(updates, [o, j, k])};`);
  else {
    const wide = isWide(dtype);
    const kind = wide ? dtype : 'float32';
    const { join } = accumulator(elements, combine, kind, kind);
    const into = totals === undefined ? 'y0' : 'y1';
    turn((to, j) => {
      const update = elements.form(updates, [o, j, k], wide ? 'code' : 'number');
      const total = join(`${into}[${to}]`, update);
      return `${into}[${to}] = ${wide || totals !== undefined ? total : elements.encode(dtype, total)};`;
    });
    if (totals !== undefined) turn((to) => `y0[${to}] = ${elements.encode(dtype, `y1[${to}]`)};`);
  }
  const writes = totals === undefined ? [value] : [value, totals];
  return assemble('scatter', elements, writes, arithmetic, { lanes: outer * inner, size: value.size });
}

/** Raises a flag where an index lies outside. */
export function checkKernel(
  { index, size }: Check,
  flag: number,
  { arithmetic, isStored }: Context,
): KernelText {
  const elements = new Elements(isStored, RULES);
  const { body } = elements;
  const code = elements.code(index, body.coordinates(of(body.variable('lane', index.size, 0)), index.shape));
  body.line(`if (${code} >= ${size}u) {`);
  body.line(`  atomicStore(&flags[${flag}u], 1u);`);
  body.line('}');
  const binding = elements.reads.length + 1;
  const flags = `@group(0) @binding(${binding}) var<storage, read_write> flags: array<atomic<u32>>;`;
  return {
    ...assemble('check', elements, [], arithmetic, { lanes: index.size, size: index.size }, [flags]),
    check: flag,
  };
}
