/** What a function of nodes hands back: tfjs-core has kernels for gradients of some of its kernels. */
import { backward, Tape } from '../../tensor/gradient';
import { make, type Node } from '../../tensor/graph';

/** The gradient of x, of that of fn(x). */
export function pulledBack(x: Node, fn: (x: Node) => Node, gradient: Node): Node {
  const tape = new Tape();
  try {
    const y = tape.record(() => fn(x));
    const [own] = backward(tape.entries, new Map([[y, gradient]]), [x]);
    return own ?? make.fill(x.shape, 'float32', 0);
  } finally {
    tape.end();
  }
}
