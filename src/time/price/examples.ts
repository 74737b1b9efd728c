/**
 * Prices that somebody wrote down, with where and when: examples to start from. They change, differ by region and contract, and none
 * was verified, so whatever is made of one says all of that beside it.
 */
import type { InstanceName } from './instances';

/** GPU instances of the same vendor, for the other side of a comparison. */
export const GPU_INSTANCES = { 'p5.4xlarge': 1, 'p5.48xlarge': 8 } as const satisfies Record<string, number>;

export type GpuInstanceName = keyof typeof GPU_INSTANCES;

export interface ExamplePrice {
  readonly instance: InstanceName | GpuInstanceName;
  /** USD per hour of the whole instance. */
  readonly perHour: number;
  /** How it is rented: by the hour, or reserved for days ahead and paid whether it is used or not. */
  readonly contract: 'on demand' | 'capacity block';
  readonly region: string;
  /** As exactly as the source has it: YEAR-MONTH-DAY, or without the day. */
  readonly date: string;
  /** Of third parties, all of them. */
  readonly source: string;
}

const VANTAGE = 'instances.vantage.sh, as collected by github.com/tsaol/aws-gpu';

/** The first of an instance is the one that its name stands for. */
export const EXAMPLE_PRICES: readonly ExamplePrice[] = [
  {
    instance: 'trn1.2xlarge',
    perHour: 1.34375,
    contract: 'on demand',
    region: 'us-east-1',
    date: '2026-08-26',
    source: VANTAGE,
  },
  {
    instance: 'trn1.32xlarge',
    perHour: 21.5,
    contract: 'on demand',
    region: 'us-east-1',
    date: '2026-08-26',
    source: VANTAGE,
  },
  {
    instance: 'trn1.32xlarge',
    perHour: 15.49,
    contract: 'capacity block',
    region: 'ap-southeast-4',
    date: '2024-12',
    source: 'a mirror of the vendor’s page, sibshop.uat.jiralog.com/ec2/capacityblocks/pricing',
  },
  {
    instance: 'trn1n.32xlarge',
    perHour: 24.78,
    contract: 'on demand',
    region: 'us-east-1',
    date: '2026-01-21',
    source: VANTAGE,
  },
  {
    // Of a block of 24 hours at 53.64. That no price on demand is published is written there too.
    instance: 'trn2.3xlarge',
    perHour: 2.235,
    contract: 'capacity block',
    region: 'sa-east-1',
    date: '2026-08',
    source: 'notes of a user in a public repository on GitHub',
  },
  {
    instance: 'trn2.48xlarge',
    perHour: 35.76,
    contract: 'on demand',
    region: 'us-east-2',
    date: '2025-11-30',
    source: `${VANTAGE}; later collections list no price`,
  },
  {
    instance: 'p5.4xlarge',
    perHour: 6.88,
    contract: 'on demand',
    region: 'us-east-1',
    date: '2026-08-26',
    source: VANTAGE,
  },
  {
    instance: 'p5.48xlarge',
    perHour: 55.04,
    contract: 'on demand',
    region: 'us-east-1',
    date: '2026-08-26',
    source: VANTAGE,
  },
  {
    instance: 'p5.48xlarge',
    perHour: 39.33,
    contract: 'capacity block',
    region: 'us-east-1',
    date: '2024-12',
    source: 'a mirror of the vendor’s page, sibshop.uat.jiralog.com/ec2/capacityblocks/pricing',
  },
];

/** The example that the name of an instance stands for, where there is one. */
export const exampleOf = (name: string): ExamplePrice | undefined =>
  EXAMPLE_PRICES.find(({ instance }) => instance === name);

/** Where a price comes from, as the end of a sentence. */
export const sourceOf = ({ instance, contract, region, date, source }: ExamplePrice): string =>
  `an example that was not verified: ${instance}, ${contract}, ${region}, ${date}, from ${source}`;
