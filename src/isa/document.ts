/**
 * docs/isa.md, made from the forms and the entries: what an instruction takes, what it does, what it may not do, what it costs.
 * `npm run docs` writes the page; a test holds it against what is made here.
 */
import {
  ACTIVATE2_OPS,
  ACTIVATION_OPS,
  ALU_OPS,
  ARITHMETIC_OPS,
  BITWISE_OPS,
  FAMILIES,
  NAME_RULE,
  REDUCE_COMMANDS,
  UNARY_OPS,
  WRITE,
} from '../program';
import type { AttributeForm, Form, Opcode, OperandForm } from '../program';
import type { Indirect } from './entry';
import { ISA } from './index';

interface Chapter {
  readonly title: string;
  readonly text?: string;
  readonly forms: Readonly<Record<string, Form>>;
}

const LOOPS = `Registers hold 32-bit signed integers. A pattern's offset may add a register times a stride, so that one instruction works on
another place in each turn of a loop. \`fori\` runs its body for register = lower, lower + step, ... below upper, where lower and upper
are whole numbers or registers; \`while\` runs its body as long as its register is not zero, which is asked before each turn.`;

const CHAPTERS: readonly Chapter[] = Object.values({
  dma: { title: 'DMA', forms: FAMILIES.dma },
  tensor: { title: 'Tensor engine', forms: FAMILIES.tensor },
  scalar: { title: 'Scalar engine', forms: FAMILIES.scalar },
  vector: { title: 'Vector engine', forms: FAMILIES.vector },
  gpsimd: { title: 'GpSimd engine', forms: FAMILIES.gpsimd },
  random: { title: 'Random numbers', forms: FAMILIES.random },
  register: { title: 'Registers and loops', text: LOOPS, forms: FAMILIES.register },
} satisfies Record<keyof typeof FAMILIES, Chapter>);

const code = (text: string) => `\`${text}\``;
const list = (words: readonly string[]) => words.map(code).join(', ');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Long lists of words, which are told once. */
const KNOWN: ReadonlyMap<string, string> = new Map([
  [`one of ${ALU_OPS.join(', ')}`, 'an [ALU operator](#operators)'],
  [`one of ${ACTIVATION_OPS.join(', ')}`, 'a [function](#operators)'],
  [`one of ${ACTIVATE2_OPS.join(', ')}`, 'a [function](#operators) or `prelu`'],
  [`one of ${REDUCE_COMMANDS.join(', ')}`, 'a [reduce command](#operators)'],
  [NAME_RULE, 'a [name](#names)'],
]);

/** What a number may be besides is told by the JSON reader. */
const NAMED_NUMBERS = ', "inf", "-inf" or "nan"';

function valueOf({ check: { required = 'a value' } }: AttributeForm): string {
  const words = /^one of (.*)$/.exec(required)?.[1]?.split(', ');
  return KNOWN.get(required) ?? (words === undefined ? required.replace(NAMED_NUMBERS, '') : list(words));
}

const isWrite = (name: string, form: AttributeForm) =>
  Object.entries(WRITE).some(([key, write]) => key === name && write === form);

/** Operands of one text that follow each other, like the further sources of dma_compute, share a row. */
function joined(rows: readonly (readonly string[])[]): string[][] {
  const runs: { readonly names: string[]; readonly rest: string[] }[] = [];
  for (const [name = '', ...rest] of rows) {
    const run = runs.at(-1);
    if (run?.rest.join() === rest.join()) run.names.push(name);
    else runs.push({ names: [name], rest });
  }
  return runs.map(({ names, rest }) => [
    names.length > 2 ? `${names[0] ?? ''} to ${names.at(-1) ?? ''}` : names.join(', '),
    ...rest,
  ]);
}

function operandRow(name: string, role: string, { optional, place, what }: OperandForm): readonly string[] {
  return [
    code(name),
    `${role}${optional ? ', optional' : ''}`,
    place === 'chip' ? 'on chip' : 'anywhere',
    what,
  ];
}

function operandsOf({ dst, results, sources }: Form): string {
  const rows = [
    ...(dst === null ? [] : [operandRow('dst', 'written', dst)]),
    ...Object.entries(results).map(([name, form]) => operandRow(name, 'written', form)),
    ...Object.entries(sources).map(([name, form]) => operandRow(name, 'read', form)),
  ];
  return rows.length === 0 ? '' : table(['operand', 'is', 'lies', 'shape and meaning'], joined(rows));
}

function attributesOf({ attributes }: Form): string {
  const all = Object.entries(attributes);
  const own = all.filter(([name, form]) => !isWrite(name, form));
  const rows = own.map(([name, form]) => [
    code(name),
    `${valueOf(form)}${form.optional ? ', optional' : ''}`,
    form.what,
  ]);
  if (own.length < all.length) {
    rows.push([list(Object.keys(WRITE)), 'optional', 'the [one rounding](#rounding) of the write to dst']);
  }
  return rows.length === 0 ? '' : table(['attribute', 'value', 'meaning'], rows);
}

function instruction(opcode: Opcode, form: Form): string {
  const { summary, chips, engines, indirect, rules, cost } = ISA[opcode];
  return [
    `### ${opcode}`,
    summary,
    `Issued to ${engines.join(', ')}. On ${chips.join(', ')}.`,
    operandsOf(form),
    attributesOf(form),
    [...rules, ...(indirect === undefined ? [] : [indirectRule(indirect)])]
      .map((rule) => `- ${rule}`)
      .join('\n'),
    `Cost${cost.documented ? '' : ' (a choice: no document gives it)'}: ${cost.words}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function indirectRule({ sources, engines }: Indirect): string {
  const where = engines === undefined ? '' : `, on ${engines.join(' and ')}`;
  return `On trn3 ${['dst', ...sources].join(sources.length > 1 ? ', ' : ' and ')} may be [indirect](#indirect-operands)${where}.`;
}

const isOpcode = (name: string): name is Opcode => Object.hasOwn(ISA, name);

function family({ title, text, forms }: Chapter): string {
  const parts = Object.entries(forms).map(([name, form]) => (isOpcode(name) ? instruction(name, form) : ''));
  return [`## ${title}`, ...(text === undefined ? [] : [text]), ...parts].join('\n\n');
}

const HEAD = `# Instructions

<!-- Made by \`npm run docs\` from src/program/forms and src/isa: change those, not this page. -->

Every instruction of a Program: what it takes, what it does, what it may not do, and what it costs. Names are those of NKI (nki.isa, NKI
0.6); how numbers are rounded is in [numerics.md](numerics.md). A constant in the place of a tile is an attribute of the same
name: \`tensor_scalar\` takes \`operand0\` as a source or as an attribute.

Operands are access patterns: a tensor, its partitions (on chip), an offset, and [stride, count] of each free dimension. P is the
number of partitions of an operand, N that of elements of each. Rules that hold of every instruction of a compute engine:

- more than 64 partitions start at partition 0, more than 32 at 0 or 64, fewer at 0, 32, 64 or 96;
- at most 4 free dimensions, of 1 to 65535 elements, with strides of -32768 to 32767;
- GpSimd does not reach PSUM; a format must be one of the chip's;
- where no rule says otherwise, operands have equal partitions and equal elements of each, whatever their shapes.`;

const INDIRECT = `## Indirect operands

On trn3 an operand of some instructions, which say so below, may have an index: a tile [P, K] in SBUF of \`uint16\`, \`uint32\` or
\`int32\` that holds, when the instruction starts, which elements of its tensor it takes. As a source it gathers, as dst it scatters.
In groups of G partitions, 32 on the Tensor engine and else 16, each takes the offsets that its own partitions of the index hold, first
partitions, then columns: element i of a partition lies index[i mod G, floor(i / G)] of its group behind the pattern's offset.

- the pattern has one free dimension [0, N], and the index as many partitions as the pattern;
- where P is a multiple of G, N is at most G K; else at most the P mod G partitions of the last group;
- the index starts at a quadrant, and a source at the same partition as its index; dst's index starts where the first data operand does,
  if that is in SBUF, or where its index does, if it is in PSUM and has one;
- Scalar scatters into SBUF only;
- an offset that leaves the tensor stops the run before the instruction has written anything; of offsets of dst that repeat within a
  partition the last one stays, and a run reports them.`;

const WORDS = `## Operators

- arithmetic, two float32 in, one out: ${list(ARITHMETIC_OPS)}
- unary, one float32 in, one out: ${list(UNARY_OPS)}
- bitwise, on integer codes as they are: ${list(BITWISE_OPS)}
- functions of the Scalar engine: ${list(ACTIVATION_OPS)}
- what happens to an accumulator register: ${list(REDUCE_COMMANDS)}

## Rounding

${table(
  ['attribute', 'value', 'meaning'],
  Object.entries<AttributeForm>(WRITE).map(([name, form]) => [code(name), valueOf(form), form.what]),
)}

## Names

A name of a tensor, instruction, loop or register is ${NAME_RULE.replaceAll('"_"', '`_`').replaceAll('"."', '`.`').replaceAll('"-"', '`-`')}.`;

/** The page, as Markdown whose tables are not aligned yet. */
export function isaDocument(): string {
  const contents = CHAPTERS.map(({ title, forms }) => {
    const links = Object.keys(forms).map((opcode) => `[${opcode}](#${opcode})`);
    return `- **${title}**: ${links.join(', ')}`;
  });
  const sections = CHAPTERS.map(family);
  return `${[HEAD, contents.join('\n'), WORDS, INDIRECT, ...sections].join('\n\n')}\n`;
}
