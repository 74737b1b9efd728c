/**
 * What is rented: instances and UltraServers, and the chips that each has. Sources: about-neuron/arch/neuron-hardware/trn1-arch.rst,
 * trn2-arch.rst and trn3-arch.rst of the AWS Neuron SDK documentation (2.32.0), but for trn2.3xlarge, which those pages do not list.
 */
import { CHIPS } from '../../chip';
import type { ChipName } from '../../chip';

export const INSTANCE_NAMES = [
  'trn1.2xlarge',
  'trn1.32xlarge',
  'trn1n.32xlarge',
  'trn2.3xlarge',
  'trn2.48xlarge',
  'trn2u.48xlarge',
  'trn2-ultraserver',
  'trn3-gen1-ultraserver',
  'trn3-gen2-ultraserver',
] as const;

export type InstanceName = (typeof INSTANCE_NAMES)[number];

export interface Instance {
  readonly chip: ChipName;
  readonly chips: number;
  /** Physical cores of all its chips. */
  readonly cores: number;
}

const instance = (chip: ChipName, chips: number): Instance => ({
  chip,
  chips,
  cores: chips * CHIPS[chip].cores,
});

export const INSTANCES = {
  'trn1.2xlarge': instance('trn1', 1),
  'trn1.32xlarge': instance('trn1', 16),
  'trn1n.32xlarge': instance('trn1', 16),
  'trn2.3xlarge': instance('trn2', 1),
  'trn2.48xlarge': instance('trn2', 16),
  'trn2u.48xlarge': instance('trn2', 16),
  'trn2-ultraserver': instance('trn2', 64),
  'trn3-gen1-ultraserver': instance('trn3', 64),
  'trn3-gen2-ultraserver': instance('trn3', 144),
} as const satisfies Record<InstanceName, Instance>;

export const isInstance = (name: string): name is InstanceName =>
  INSTANCE_NAMES.some((each) => each === name);
