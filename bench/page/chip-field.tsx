/** The choice of a chip, each with the core that it has. */
import { CHIP_NAMES, CHIPS, type ChipName } from '../../src/chip';
import { SelectField } from './fields';

interface ChipFieldProps {
  readonly id: string;
  readonly value: ChipName;
  /** All of them when left out. */
  readonly choices?: readonly ChipName[];
  readonly problem?: string | undefined;
  readonly onSelect: (chip: ChipName) => void;
}

export function ChipField({ id, value, choices = CHIP_NAMES, problem, onSelect }: ChipFieldProps) {
  return (
    <SelectField
      id={id}
      label="Chip"
      problem={problem}
      value={value}
      choices={choices}
      words={(chip) => `${chip} (${CHIPS[chip].core})`}
      onSelect={onSelect}
    />
  );
}
