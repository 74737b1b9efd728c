/** The graph that calls record: primitives, nodes, and what makes them. */
export * from './functions';
export * as make from './make';
export { sameShape } from './make';
export { currentRecorder, Node, sizeOf, withRecorder, type Recorder, type Shape, type Stored } from './node';
export * from './ops';
