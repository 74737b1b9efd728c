/** Faults in the edges that authors add between instructions: the verifier finds each of them. */
import { isLoop } from '../../src/program';
import type { Instruction, Program, ProgramNode } from '../../src/program';
import { orderOf, replace } from './edit';
import type { Mutation } from './mutation';

const seeded = (what: string, mutate: Mutation['mutate']): Mutation => ({ what, verifier: true, mutate });

/** The Program with an edge from one instruction to another. */
const withEdge = (program: Program, consumer: Instruction, after: string): Program =>
  replace(program, consumer, [{ ...consumer, after: [after] }]);

const straightOf = ({ instructions }: Program): readonly Instruction[] =>
  instructions.filter((node: ProgramNode): node is Instruction => !isLoop(node));

export const EDGE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'edge to nothing': seeded('an instruction comes after one that is not there', (program, pick) => {
    const consumer = pick(orderOf(program));
    return consumer && withEdge(program, consumer, 'gone');
  }),
  'edge to itself': seeded('an instruction comes after itself', (program, pick) => {
    const consumer = pick(orderOf(program));
    return consumer && withEdge(program, consumer, consumer.id);
  }),
  'edge out of a loop': seeded('an instruction comes after one of a loop’s body', (program, pick) => {
    const consumer = pick(straightOf(program));
    const inside = pick(program.instructions.flatMap((node) => (isLoop(node) ? node.body : [])));
    return consumer && inside && withEdge(program, consumer, inside.id);
  }),
  'edges in a circle': seeded('two instructions come after each other', (program, pick) => {
    const first = pick(straightOf(program));
    const last = pick(straightOf(program).filter((each) => each !== first));
    return first && last && withEdge(withEdge(program, first, last.id), last, first.id);
  }),
};
