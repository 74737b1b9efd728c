/** Kernels of one or several values that have as many elements. */
import { of, plus, scale, type Affine } from './affine';
import { Elements } from './elements';
import { assemble, RULES, type Context, type KernelText } from './kernel';
import { perWord, wordsOf, type Value } from './value';

/** From so many elements on, four are computed at once: fewer and wider accesses of memory, for a longer text. */
const QUADS_FROM = 4096;
/** Statements of four elements at most. */
const LONGEST_QUADS = 96;

export const elementwise = (roots: readonly Value[], context: Context): KernelText =>
  quads(roots, context) ?? singles(roots, context);

/** One element after the other, of values that have as many. An invocation owns whole words of each. */
function singles(roots: readonly Value[], { arithmetic, isStored }: Context): KernelText {
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

/** Whether computing an element takes little: of what takes long, memory is not what it waits for, and its text would be long too. */
const isLight = ({ uses, decoded, encoded, draws }: Elements): boolean =>
  !draws &&
  decoded.size === 0 &&
  uses.activations.size === 0 &&
  [...uses.alu].every((op) => LIGHT.test(op)) &&
  [...encoded.values()].every(({ dtype }) => dtype === 'float32' || dtype === 'bfloat16');

const LIGHT = /^(add|subtract|multiply|maximum|minimum|abs|square|relu|bitwise_\w+|\w*equal|greater|less)$/;

/**
 * Four elements for each invocation, read and written as one vector wherever they lie next to each other; undefined where that does
 * not pay.
 */
function quads(roots: readonly Value[], { arithmetic, isStored }: Context): KernelText | undefined {
  const size = roots[0]?.size ?? 0;
  if (size < QUADS_FROM || size % 4 !== 0 || roots.some((root) => perWord(root) > 4)) return undefined;
  const lanes = size / 4;
  // What turns out to be read otherwise too is read by words in a second try.
  const single = new Set<Value>();
  for (;;) {
    const elements = new Elements((value) => !roots.includes(value) && isStored(value), RULES, single);
    const { body } = elements;
    const first = scale(of(body.variable('lane', lanes, 0)), 4);
    const codes = roots.map((root) =>
      [0, 1, 2, 3].map((i) => elements.code(root, body.coordinates(plus(first, i), root.shape))),
    );
    if (!isLight(elements) || body.count > LONGEST_QUADS || body.lines.some((line) => line.startsWith('for')))
      return undefined;
    const mixed = elements.reads.filter((read) => elements.isMixed(read));
    if (mixed.length > 0) {
      for (const read of mixed) single.add(read);
      continue;
    }
    for (const [i, root] of roots.entries())
      body.line(`y${i}[lane] = ${packed(codes[i] ?? [], perWord(root))};`);
    return assemble('quads', elements, roots, arithmetic, { lanes, size });
  }
}

/** Four codes as the words that they take. */
function packed([a = '', b = '', c = '', d = '']: readonly string[], elements: number): string {
  if (elements === 1) return `vec4<u32>(${a}, ${b}, ${c}, ${d})`;
  if (elements === 2) return `vec2<u32>(${a} | (${b} << 16u), ${c} | (${d} << 16u))`;
  return `${a} | (${b} << 8u) | (${c} << 16u) | (${d} << 24u)`;
}
