/** What operands of random instructions are asked to be. */
import type { Dtype } from '../../src/numerics';
import type { Content } from './contents';

/** What an operand on chip must be; what is left out is chosen. */
export interface ChipWanted {
  readonly partitions: number;
  /** Elements of each partition. */
  readonly width: number;
  readonly dtypes?: readonly Dtype[];
  readonly spaces?: readonly ('sbuf' | 'psum')[];
  /** First partition. */
  readonly start?: number;
  /** Most dimensions. */
  readonly rank?: number;
  /** What it holds: a tensor of its own. */
  readonly content?: Content;
  /** DMA starts at any partition. */
  readonly anyStart?: boolean;
  /** Whether registers may move it. */
  readonly still?: boolean;
}

export interface TargetWanted extends Omit<ChipWanted, 'content'> {
  /** What is written may be less than all of it, so that it holds something before. */
  readonly partly?: boolean;
}

export interface HbmWanted {
  readonly count: number;
  readonly dtypes: readonly Dtype[];
  readonly content?: Content;
  readonly rank?: number;
}
