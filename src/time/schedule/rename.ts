/**
 * The tensors of a scheduled Program, and its nodes over them. Versions of a tensor that lie at one place are one tensor; the place
 * of the first version has the tensor's own name, and others have a number behind it.
 */
import { CHIPS } from '../../chip';
import { isLoop } from '../../program';
import type { Instruction, Pattern, Patterns, Program, ProgramNode, Tensor } from '../../program';
import type { Accesses } from './accesses';
import type { Versions } from './versions';

/** Names have at most 200 characters. */
const MOST_CHARACTERS = 200;

/** `address`: the first byte of each version in its memory's partitions. Both lists are the Program's own where all stays. */
export function renamed(
  program: Program,
  accesses: Accesses,
  versions: Versions,
  address: Int32Array,
): { readonly tensors: readonly Tensor[]; readonly nodes: readonly ProgramNode[] } {
  const { names, tensors } = placesNamed(program, accesses, versions, address);
  const plain = names.every(
    (name, version) => name === accesses.tensors[versions.tensor[version] ?? 0]?.name,
  );
  const same =
    tensors.length === program.tensors.length &&
    tensors.every((tensor, index) => tensor === program.tensors[index]);
  return {
    tensors: same ? program.tensors : tensors,
    nodes: plain ? program.instructions : withNames(accesses, versions, names),
  };
}

/** The name of each version, and all tensors, new ones behind those that they are versions of. */
function placesNamed(
  program: Program,
  { tensors, numbers }: Accesses,
  versions: Versions,
  address: Int32Array,
): { readonly names: readonly string[]; readonly tensors: readonly Tensor[] } {
  const { bankBytes } = CHIPS[program.chip].psum;
  const names: string[] = [];
  /** Of each tensor: those at its places, by address. */
  const places = tensors.map(() => new Map<number, Tensor>());
  const taken = new Set<string>();
  for (let version = 0; version < versions.count; version++) {
    const number = versions.tensor[version] ?? 0;
    const tensor = tensors[number];
    const own = places[number];
    if (tensor === undefined || tensor.space === 'hbm' || own === undefined) continue;
    const at = address[version] ?? 0;
    let place = own.get(at);
    if (place === undefined) {
      const name = own.size === 0 ? tensor.name : unused(tensor.name, own.size, numbers, taken);
      place = placed({ ...tensor, name }, at, bankBytes);
      own.set(at, place);
    }
    names.push(place.name);
  }
  const all = tensors.flatMap((tensor, number) => {
    const own = [...(places[number]?.values() ?? [])];
    return own.length === 0 ? [tensor] : own.map((place) => (isSame(place, tensor) ? tensor : place));
  });
  return { names, tensors: all };
}

function placed(tensor: Tensor, address: number, bankBytes: number): Tensor {
  if (tensor.space === 'sbuf') return { ...tensor, address };
  return tensor.space === 'psum' ? { ...tensor, bank: address / bankBytes } : tensor;
}

function isSame(a: Tensor, b: Tensor): boolean {
  if (a.name !== b.name) return false;
  if (a.space === 'sbuf') return b.space === 'sbuf' && a.address === b.address;
  return a.space === 'psum' && b.space === 'psum' && a.bank === b.bank;
}

function unused(
  name: string,
  from: number,
  numbers: ReadonlyMap<string, number>,
  taken: Set<string>,
): string {
  for (let count = from; ; count++) {
    const end = `.${count}`;
    const made = name.slice(0, MOST_CHARACTERS - end.length) + end;
    if (numbers.has(made) || taken.has(made)) continue;
    taken.add(made);
    return made;
  }
}

function withNames(
  { nodes, tensors, offsets, tensor }: Accesses,
  { of }: Versions,
  names: readonly string[],
): readonly ProgramNode[] {
  /** Of the node at hand: the names that change. */
  const changes = new Map<string, string>();
  return nodes.map((node, at) => {
    changes.clear();
    const end = offsets[at + 1] ?? 0;
    for (let access = offsets[at] ?? 0; access < end; access++) {
      const old = tensors[tensor[access] ?? 0]?.name;
      const name = names[of[access] ?? -1];
      if (old !== undefined && name !== undefined && name !== old) changes.set(old, name);
    }
    return changes.size === 0 ? node : nodeWith(node, changes);
  });
}

type Changes = ReadonlyMap<string, string>;

function nodeWith(node: ProgramNode, changes: Changes): ProgramNode {
  if (isLoop(node)) return { ...node, body: node.body.map((inner) => nodeWith(inner, changes)) };
  const { dst, results, sources } = node;
  return {
    ...node,
    ...(dst !== undefined && { dst: patternWith(dst, changes) }),
    ...(results !== undefined && { results: allWith(results, changes) }),
    sources: allWith(sources, changes),
  } as Instruction;
}

function allWith(patterns: Patterns, changes: Changes): Record<string, Pattern> {
  const changed: Record<string, Pattern> = {};
  for (const name in patterns) {
    const pattern = patterns[name];
    if (pattern !== undefined) changed[name] = patternWith(pattern, changes);
  }
  return changed;
}

function patternWith<P extends Pattern>(pattern: P, changes: Changes): P {
  const { tensor, index } = pattern;
  const name = changes.get(tensor);
  if (index === undefined) return name === undefined ? pattern : { ...pattern, tensor: name };
  return { ...pattern, tensor: name ?? tensor, index: patternWith(index, changes) };
}
