/**
 * A Program from the text that print.ts writes. Lines are taken apart into the value that JSON would hold, and checked by the
 * same checks (structure.ts), so that a mistake is told with its line, what was required and what was received. Blank lines, and
 * lines that start with `#`, are passed over.
 */
import type { ChipName } from '../chip';
import { UserError } from '../numerics';
import type { Dtype } from '../numerics';
import { wrong } from './check';
import { FORMS, type Form } from './forms';
import { requireCount, requireDepth } from './limits';
import { Agreement, chipName, instruction, loop, tensor } from './structure';
import type { Tensor } from './tensors';
import type { Instruction, Loop, Opcode, Program, ProgramNode } from './types';

type Fields = Record<string, unknown>;

const wordsOf = (text: string): string[] => text.split(' ').filter((word) => word !== '');

const NUMERAL = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/;

/** A number where the word is one; else the word, for a check to refuse. */
function numeral(word: string | undefined): number | string | undefined {
  return word !== undefined && NUMERAL.test(word) ? Number(word) : word;
}

/** [first, second] of "first:second". */
function pair(word: string, between: string): unknown[] {
  return word.split(between).map(numeral);
}

/** A value that printValue wrote. */
function valueOf(word: string): unknown {
  if (word === 'true' || word === 'false') return word === 'true';
  return word.startsWith('[') && word.endsWith(']') ? listOf(word.slice(1, -1)) : numeral(word);
}

/** Values between commas, which may be lists themselves. */
function listOf(text: string): unknown[] {
  const values: unknown[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === '[') depth++;
    else if (character === ']') depth--;
    else if ((character === ',' || character === undefined) && depth === 0 && at > start) {
      values.push(valueOf(text.slice(start, at)));
      start = at + 1;
    }
  }
  return values;
}

/** `[stride,count][stride,count]`, or `[]`. */
function dimsOf(word: string): unknown {
  if (!word.endsWith(']')) return word;
  return word === '[]'
    ? []
    : word
        .slice(1, -1)
        .split('][')
        .map((dim) => pair(dim, ','));
}

const TENSOR = {
  hbm: /^hbm (?<name>\S+) (?<dtype>\S+) \[(?<shape>[^\]]*)\] (?<role>\S+)$/,
  sbuf: /^sbuf (?<name>\S+) (?<dtype>\S+) partitions (?<first>\S+):(?<count>\S+) elements (?<elements>\S+) address (?<address>\S+)$/,
  psum: /^psum (?<name>\S+) (?<dtype>\S+) partitions (?<first>\S+):(?<count>\S+) elements (?<elements>\S+) bank (?<bank>\S+)$/,
} as const;

const TENSOR_LINE = {
  hbm: 'hbm NAME DTYPE [EXTENT, ...] input|output|scratch',
  sbuf: 'sbuf NAME DTYPE partitions FIRST:COUNT elements COUNT address BYTES',
  psum: 'psum NAME DTYPE partitions FIRST:COUNT elements COUNT bank BANK',
} as const satisfies Record<keyof typeof TENSOR, string>;

const isSpace = (word: string | undefined): word is keyof typeof TENSOR =>
  word !== undefined && Object.hasOwn(TENSOR, word);

const isOpcode = (word: string): word is Opcode => Object.hasOwn(FORMS, word);

/** One line: what stands before the ` @ `, and where its author wrote it. */
interface Line {
  readonly where: string;
  readonly text: string;
  readonly at: string | undefined;
}

function lineOf(number: number, text: string): Line {
  const end = text.indexOf(' @ ');
  return {
    where: `line ${number}:`,
    text: (end < 0 ? text : text.slice(0, end)).trim(),
    at: end < 0 ? undefined : text.slice(end + 3),
  };
}

/** An instruction without its edges, and the ids that they name. No name or value has a semicolon. */
function edgesOf(text: string, where: string): readonly [text: string, after: readonly string[] | undefined] {
  const end = text.indexOf(';');
  if (end < 0) return [text, undefined];
  const [word, ...ids] = wordsOf(text.slice(end + 1));
  if (word !== 'after')
    throw wrong(`${where} what follows the ;`, 'written as after ID, ID', text.slice(end + 1).trim());
  return [text.slice(0, end), ids.join(' ').split(', ')];
}

/** Lines that say something, one after another. */
function* linesOf(text: string): Generator<Line> {
  let number = 0;
  for (const raw of text.split('\n')) {
    number++;
    const line = lineOf(number, raw.endsWith('\r') ? raw.slice(0, -1) : raw);
    if (line.text !== '' && !line.text.startsWith('#')) yield line;
  }
}

/** What the text has said so far. */
class Reader {
  readonly tensors: Tensor[] = [];
  readonly nodes: ProgramNode[] = [];
  readonly #dtypes = new Map<string, Dtype>();
  readonly #agreement = new Agreement();
  /** Loops that are open: what their heads said, their bodies, and where they began. */
  readonly #open: { readonly head: Loop; readonly body: ProgramNode[]; readonly where: string }[] = [];
  #count = 0;

  read(line: Line): void {
    const { where, text } = line;
    if (text === '}') {
      this.#close(where);
      return;
    }
    const [first = '', second] = text.split(' ', 2);
    if (isSpace(first)) this.#tensor(first, line);
    else if (second === 'fori' || second === 'while') this.#loop(line);
    else this.#instruction(line);
  }

  /** @throws UserError when a loop is still open. */
  end(): void {
    const last = this.#open.at(-1);
    if (last !== undefined)
      throw new UserError(`${last.where} the loop "${last.head.id}" has no } after its body.`);
  }

  #tensor(space: keyof typeof TENSOR, { where, text }: Line): void {
    const found = TENSOR[space].exec(text)?.groups;
    if (found === undefined) throw wrong(`${where} a tensor`, `written as ${TENSOR_LINE[space]}`, text);
    if (this.#count > 0)
      throw new UserError(`${where} tensors come before instructions, received one after them.`);
    const { name = '', dtype, shape, role, first, count, elements, address, bank } = found;
    const fields =
      space === 'hbm'
        ? { shape: (shape ?? '').split(',').map((extent) => numeral(extent.trim())), role }
        : {
            partition: numeral(first),
            partitions: numeral(count),
            elements: numeral(elements),
            ...(space === 'sbuf' ? { address: numeral(address) } : { bank: numeral(bank) }),
          };
    if (shape?.trim() === '') Object.assign(fields, { shape: [] });
    const read = tensor({ space, name, dtype, ...fields }, where);
    this.#agreement.addTensor(read, `${where} the name of the tensor`, `that of ${where.slice(0, -1)}`);
    this.#dtypes.set(name, read.dtype);
    this.tensors.push(read);
  }

  #add(node: ProgramNode, where: string): void {
    requireCount(++this.#count, 'The text');
    this.#agreement.addId(node.id, `${where} the id`, `that of ${where.slice(0, -1)}`);
    (this.#open.at(-1)?.body ?? this.nodes).push(node);
  }

  #loop({ where, text, at }: Line): void {
    const fori = /^(\S+) fori \$(\S+) = (\S+) to (\S+) step (\S+) \{$/.exec(text);
    const turns = /^(\S+) while \$(\S+) \{$/.exec(text);
    const [, id, register, lower, upper, step] = fori ?? turns ?? [];
    if (id === undefined) {
      const forms = '"ID fori $REGISTER = LOWER to UPPER step STEP {" or "ID while $REGISTER {"';
      throw wrong(`${where} a loop`, `written as ${forms}`, text);
    }
    const scalar = (word = '') => (word.startsWith('$') ? { register: word.slice(1) } : numeral(word));
    const bounds = fori ? { lower: scalar(lower), upper: scalar(upper), step: numeral(step) } : {};
    const head = {
      loop: fori ? 'fori' : 'while',
      id,
      register,
      ...(at !== undefined && { at }),
      ...bounds,
      body: [],
    };
    const body: ProgramNode[] = [];
    const node = { ...loop(head, where), body };
    requireDepth(this.#open.length + 1, `${where} "${id}"`);
    this.#add(node, where);
    this.#open.push({ head: node, body, where });
  }

  #close(where: string): void {
    if (this.#open.pop() === undefined) throw new UserError(`${where} } closes a loop, and none is open.`);
  }

  #instruction({ where, text: whole, at }: Line): void {
    const [text, after] = edgesOf(whole, where);
    const equals = ` ${text} `.indexOf(' = ');
    if (equals < 0)
      throw wrong(`${where} an instruction`, 'written as ID ENGINE OPCODE DST = OPERANDS', text);
    const [id = '', engine = '', opcode = '', ...rest] = wordsOf(text.slice(0, equals));
    if (!isOpcode(opcode)) throw wrong(`${where} opcode`, 'that of an instruction', opcode);
    const form: Form = FORMS[opcode];
    const groups = rest.length === 0 ? [] : rest.join(' ').split(', ').map(wordsOf);
    const dst = form.dst === null ? undefined : groups.shift();
    const fields: Fields = { opcode, id, engine, sources: {}, attributes: {} };
    if (at !== undefined) fields.at = at;
    if (after !== undefined) fields.after = after;
    if (dst !== undefined) fields.dst = this.#pattern(dst, where);
    if (groups.length > 0) fields.results = this.#operands(groups, form.results, opcode, where);
    const told = text.slice(equals + 1).trim();
    if (told !== '') this.#told(told.split(', ').map(wordsOf), form, fields, where);
    const read: Instruction = instruction(fields, where);
    this.#add(read, where);
  }

  #operands(groups: readonly string[][], forms: Form['results'], opcode: string, where: string): Fields {
    const operands: Fields = {};
    for (const [name = '', ...words] of groups) {
      if (!Object.hasOwn(forms, name)) {
        throw wrong(
          `${where} what ${opcode} writes after dst`,
          Object.keys(forms).join(', ') || 'nothing',
          name,
        );
      }
      put(operands, name, this.#pattern(words, where), where);
    }
    return operands;
  }

  /** Sources and attributes. An attribute is one word; a name that is both is a source where more words follow. */
  #told(groups: readonly string[][], { sources, attributes }: Form, fields: Fields, where: string): void {
    const read: Fields = {};
    const told: Fields = {};
    for (const [name = '', ...words] of groups) {
      const [word] = words;
      if (Object.hasOwn(attributes, name) && words.length === 1 && word !== undefined) {
        put(told, name, valueOf(word), where);
      } else if (Object.hasOwn(sources, name)) put(read, name, this.#pattern(words, where), where);
      else {
        const known = [...Object.keys(sources), ...Object.keys(attributes)].join(', ');
        throw wrong(
          `${where} what follows the =`,
          `sources and attributes of ${String(fields.opcode)} (${known})`,
          [name, ...words].join(' '),
        );
      }
    }
    fields.sources = read;
    fields.attributes = told;
  }

  #pattern([name = '', ...words]: readonly string[], where: string): Fields {
    const space = this.#agreement.spaceOf(name);
    if (space === undefined) throw wrong(`${where} the tensor of a pattern`, 'declared at the top', name);
    const pattern: Fields = { space, tensor: name, dtype: this.#dtypes.get(name), offset: 0 };
    const registers: unknown[] = [];
    for (let index = 0; index < words.length; index++) {
      const word = words[index] ?? '';
      const sign = word[0];
      if (sign === '[') pattern.dims = dimsOf(word);
      else if (word.startsWith('+$')) {
        const [register, stride] = word.slice(2).split('*');
        registers.push([register, numeral(stride)]);
      } else if (sign === '+' || sign === '-') pattern.offset = numeral(sign === '+' ? word.slice(1) : word);
      else if (sign === 'p' && word.includes(':')) {
        [pattern.partition, pattern.partitions] = pair(word.slice(1), ':');
      } else if (word === 'as') pattern.dtype = words[++index];
      else if (word === 'by') {
        pattern.index = this.#pattern(words.slice(index + 1), where);
        break;
      } else {
        throw wrong(
          `${where} the pattern of ${name}`,
          'written as pFIRST:COUNT +OFFSET +$REGISTER*STRIDE [STRIDE,COUNT]... as DTYPE by INDEX',
          [name, ...words].join(' '),
        );
      }
    }
    if (registers.length > 0) pattern.registers = registers;
    return pattern;
  }
}

function put(fields: Fields, name: string, value: unknown, where: string): void {
  if (Object.hasOwn(fields, name)) throw new UserError(`${where} ${name} is given twice.`);
  fields[name] = value;
}

function chipOf({ where, text }: Line): ChipName {
  const [word, chip] = wordsOf(text);
  if (word !== 'program') throw wrong(`${where} the first line`, 'written as program CHIP', text);
  return chipName(chip, `${where} the chip`);
}

/**
 * The Program that a text says, as `printProgram` writes it.
 *
 * @throws UserError when it is not such a text, naming the line, or is larger than a Program may be.
 */
export function parseProgram(text: string): Program {
  const lines = linesOf(text);
  const first = lines.next();
  if (first.done === true) throw new UserError('The text is empty: a Program starts with "program CHIP".');
  const chip = chipOf(first.value);
  const reader = new Reader();
  for (const line of lines) reader.read(line);
  reader.end();
  return { chip, tensors: reader.tensors, instructions: reader.nodes };
}
