/** The options of `systole bench`, parsed. */
import type { BrowserName } from '../../bench/browser/run';
import type { DeviceName } from '../../bench/device-names';
import type { ChipName } from '../chip';
import type { Dtype } from '../numerics';

export interface BenchOptions {
  readonly case?: string;
  readonly dtype?: string;
  readonly shape?: readonly string[];
  readonly chip?: ChipName;
  readonly out?: Dtype;
  readonly kMajor?: true;
  readonly budget: number;
  readonly seed: number;
  readonly adapter?: string;
  readonly browser?: BrowserName;
  readonly weights?: string;
  readonly tensor?: string;
  readonly weightsLayout?: 'nk' | 'kn';
  readonly json?: string;
  readonly csv?: string;
  readonly html?: string;
  /** A folder. */
  readonly record?: string;
  readonly baseline: boolean;
  readonly peers?: true;
  readonly networks?: true;
  readonly device?: DeviceName;
  readonly threads?: number;
  /** One field of the peers in this process, which tells its parent: what --peers runs. */
  readonly peersField?: string;
  readonly overheads?: true;
  /** One start from cold of this process, as JSON: what --overheads runs. */
  readonly coldOnly?: true;
  readonly list?: true;
}
