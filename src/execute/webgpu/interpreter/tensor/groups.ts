/** placeholder */
import type { Instruction } from '../../../../program';
import type { ArithmeticProbe } from '../../probes';
import type { Lowering } from '../lowering';
import type { Work } from '../work';

export class MatmulGroups {
  constructor(_lowering: Lowering, _arithmetic: ArithmeticProbe) {}
  take(_instruction: Instruction): readonly Work[] | undefined {
    return undefined;
  }
  touched(_work: Work): readonly Work[] {
    return [];
  }
  close(): readonly Work[] {
    return [];
  }
}
