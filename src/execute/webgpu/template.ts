/**
 * The template layer of shaders/: WGSL that reads as it stands, with loops unrolled and variants chosen when a kernel is
 * specialised. Nothing is evaluated as code, so a strict content security policy holds. Directives stand on lines of
 * their own:
 *
 *     //: for i in COUNT      the lines up to its `//: end`, once for each i = 0 .. COUNT-1
 *     //: if CONDITION        the lines up to `//: else` or `//: end`, when the condition is not 0
 *     //: block name          lines kept for `//: use name`, which renders them with the variables of the place of use
 *
 * `{{ expression }}` becomes its value. Expressions have integers, names, + - * / % == < > and parentheses; `/` drops the
 * remainder, comparisons give 1 or 0.
 */

export type TemplateValues = Readonly<Record<string, number | string>>;

export function render(source: string, values: TemplateValues): string {
  const blocks = new Map<string, readonly Node[]>();
  const out: string[] = [];
  emit(parse(source), values, blocks, out);
  return out.join('\n') + '\n';
}

type Node =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'for'; readonly name: string; readonly count: string; readonly body: readonly Node[] }
  | {
      readonly kind: 'if';
      readonly condition: string;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'block'; readonly name: string; readonly body: readonly Node[] }
  | { readonly kind: 'use'; readonly name: string };

const DIRECTIVE = /^\s*\/\/:\s*(\w+)\s*(.*)$/;

function parse(source: string): Node[] {
  const lines = source.trimEnd().split('\n');
  let at = 0;

  /** Nodes up to one of the closing words; returns the word that closed them. */
  function section(closing: readonly string[]): { nodes: Node[]; closedBy: string } {
    const nodes: Node[] = [];
    while (at < lines.length) {
      const text = lines[at++] ?? '';
      const [, word, rest = ''] = DIRECTIVE.exec(text) ?? [];
      if (word === undefined) nodes.push({ kind: 'line', text });
      else if (closing.includes(word)) return { nodes, closedBy: word };
      else nodes.push(directive(word, rest.trim()));
    }
    if (closing.length > 0)
      throw new Error(`Invariant violation: a shader template lacks "//: ${closing.join('" or "//: ')}"`);
    return { nodes, closedBy: '' };
  }

  function directive(word: string, rest: string): Node {
    switch (word) {
      case 'for': {
        const [name = '', count = ''] = rest.split(' in ');
        return { kind: 'for', name, count, body: section(['end']).nodes };
      }
      case 'if': {
        const { nodes, closedBy } = section(['else', 'end']);
        return {
          kind: 'if',
          condition: rest,
          body: nodes,
          otherwise: closedBy === 'else' ? section(['end']).nodes : [],
        };
      }
      case 'block':
        return { kind: 'block', name: rest, body: section(['end']).nodes };
      case 'use':
        return { kind: 'use', name: rest };
      default:
        throw new Error(`Invariant violation: unknown shader directive "${word} ${rest}"`);
    }
  }

  return section([]).nodes;
}

function emit(
  nodes: readonly Node[],
  values: TemplateValues,
  blocks: Map<string, readonly Node[]>,
  out: string[],
): void {
  for (const node of nodes) {
    switch (node.kind) {
      case 'line':
        out.push(
          node.text.replace(/\{\{(.*?)\}\}/g, (_, expression: string) =>
            String(evaluate(expression, values)),
          ),
        );
        break;
      case 'for': {
        const count = Number(evaluate(node.count, values));
        for (let index = 0; index < count; index++)
          emit(node.body, { ...values, [node.name]: index }, blocks, out);
        break;
      }
      case 'if':
        emit(
          Number(evaluate(node.condition, values)) === 0 ? node.otherwise : node.body,
          values,
          blocks,
          out,
        );
        break;
      case 'block':
        blocks.set(node.name, node.body);
        break;
      case 'use': {
        const body = blocks.get(node.name);
        if (body === undefined)
          throw new Error(`Invariant violation: shader block "${node.name}" is not defined`);
        emit(body, values, blocks, out);
      }
    }
  }
}

type Operator = (left: number, right: number) => number;

/** Loosest first; operators of one level group from the left. */
const LEVELS: readonly Readonly<Record<string, Operator>>[] = [
  { '==': (a, b) => Number(a === b), '<': (a, b) => Number(a < b), '>': (a, b) => Number(a > b) },
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  { '*': (a, b) => a * b, '/': (a, b) => Math.floor(a / b), '%': (a, b) => a % b },
];

function evaluate(expression: string, values: TemplateValues): number | string {
  const tokens = expression.match(/\d+|[A-Za-z_]\w*|==|[-+*/%<>()]/g) ?? [];
  let at = 0;

  function level(depth: number): number | string {
    const operators = LEVELS[depth];
    if (operators === undefined) return atom();
    let left = level(depth + 1);
    for (;;) {
      const operator = operators[tokens[at] ?? ''];
      if (operator === undefined) return left;
      at++;
      left = operator(Number(left), Number(level(depth + 1)));
    }
  }

  function atom(): number | string {
    const token = tokens[at++];
    if (token === '(') {
      const inner = level(0);
      at++;
      return inner;
    }
    if (token === undefined)
      throw new Error(`Invariant violation: incomplete shader expression "${expression}"`);
    if (/^\d/.test(token)) return Number(token);
    const value = values[token];
    if (value === undefined)
      throw new Error(`Invariant violation: shader value "${token}" is not given ("${expression.trim()}")`);
    return value;
  }

  const result = level(0);
  if (at !== tokens.length)
    throw new Error(`Invariant violation: shader expression "${expression}" ends at "${tokens[at] ?? ''}"`);
  return result;
}
