/** Kernels as texts: what each reads and writes, and how many invocations it has. */
import { conversionsWgsl } from '../../execute/webgpu/conversions';
import type { BindingType } from '../../execute/webgpu/gpu';
import { functionsWgsl, type Arithmetic } from '../../execute/webgpu/interpreter/functions';
import { render } from '../../execute/webgpu/template';
import philox from '../../../shaders/philox.wgsl';
import composed from '../../../shaders/tensor/composed.wgsl';
import frame from '../../../shaders/tensor/kernel.wgsl';
import order from '../../../shaders/tensor/order.wgsl';
import { add, constant, of, plus, scale, type Affine } from './affine';
import { accumulator, computed } from './computed';
import { Elements, type Rules } from './elements';
import type { Check } from './lower';
import { isWide } from './map';
import { viewed } from './views';
import { perWord, wordsOf, type Value } from './value';

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

const RULES: Rules = { viewed, computed };

type Context = { readonly arithmetic: Arithmetic; readonly isStored: (value: Value) => boolean };

/** Words of `told`: vectors of four. */
const toldVectors = (fills: number): number => 1 + Math.ceil(fills / 4);

function assemble(
  name: string,
  elements: Elements,
  writes: readonly Value[],
  arithmetic: Arithmetic,
  shape: { readonly lanes: number; readonly size: number },
  declarations: readonly string[] = [],
): KernelText {
  const { body, uses, reads, fills, decoded, encoded, draws, orders } = elements;
  const declare = (access: string, variable: string, binding: number): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${variable}: array<u32>;`;
  const buffers = [
    ...reads.map((_, i) => declare('read', `x${i}`, i + 1)),
    ...writes.map((_, i) => declare('read_write', `y${i}`, reads.length + i + 1)),
    ...declarations,
  ];
  const encode = Object.fromEntries(encoded);
  const conversions = conversionsWgsl({
    decode: Object.fromEntries([...decoded].map((dtype) => [`decode_from_${dtype}`, dtype])),
    encode,
  });
  const hasPhilox = [...encoded.values()].some(({ rounding }) => rounding === 'stochastic');
  const kernel = render(frame, {
    TOLD: toldVectors(fills.length),
    LANES,
    ROW,
    BODY: body.lines.map((line) => `  ${line}`).join('\n'),
  });
  const functions = functionsWgsl({
    arithmetic,
    alu: [...uses.alu],
    activations: [...uses.activations],
    integers: uses.integers,
  });
  return {
    name,
    source: [
      ...buffers,
      kernel,
      conversions,
      ...(draws && !hasPhilox ? [philox] : []),
      ...(uses.alu.size + uses.activations.size > 0 || uses.integers ? [functions] : []),
      ...(uses.composed ? [composed] : []),
      ...(orders ? [order] : []),
    ].join('\n'),
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

/** One element after the other, of values that have as many. An invocation owns whole words of each. */
export function elementwise(roots: readonly Value[], { arithmetic, isStored }: Context): KernelText {
  const size = roots[0]?.size ?? 0;
  const elements = new Elements((value) => !roots.includes(value) && isStored(value), RULES);
  const { body } = elements;
  const each = Math.max(...roots.map(perWord));
  const lanes = Math.ceil(size / each);
  const write = (place: Affine, store: (root: Value, index: number, code: string) => void): void => {
    roots.forEach((root, index) => {
      store(root, index, elements.code(root, body.coordinates(place, root.shape)));
    });
  };
  if (each === 1)
    write(of(body.variable('lane', size, 0)), (_, index, code) => {
      body.line(`y${index}[lane] = ${code};`);
    });
  else {
    for (const [index, root] of roots.entries()) if (perWord(root) > 1) body.line(`var word${index} = 0u;`);
    body.loop(`${each}u`, each, (turn) => {
      const element = `lane * ${each}u + ${turn.name}`;
      const place = body.settled(1, 'element', `min(${element}, told[0].z - 1u)`, size);
      const name = body.place(place);
      write(place, (root, index, code) => {
        const count = perWord(root);
        if (count === 1) {
          body.line(`y${index}[${name}] = ${code};`);
          return;
        }
        const within = `(${turn.name} & ${count - 1}u)`;
        body.line(`word${index} |= ${code} << (${within} * ${32 / count}u);`);
        if (count === each) return;
        body.line(`if ((${within} == ${count - 1}u) & (${element} < ${wordsOf(root) * count}u)) {`);
        body.line(`  y${index}[(${element}) / ${count}u] = word${index};`);
        body.line(`  word${index} = 0u;`);
        body.line('}');
      });
    });
    for (const [index, root] of roots.entries())
      if (perWord(root) === each) body.line(`y${index}[lane] = word${index};`);
  }
  return assemble('elements', elements, roots, arithmetic, { lanes, size });
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
