/** What lies in SBUF and PSUM at the cursor's time: partitions across, bytes of a partition down. */
import { useState } from 'preact/hooks';
import { CHIPS, type ChipName } from '../../../src/chip';
import { counted } from '../../report/html/format';
import { tenths } from '../../report/html/marks';
import { useAnswer } from './asked';
import type { Resident } from './protocol';
import { bytesText } from './quantities';
import type { Residents } from './residents';

interface MemoryMapsProps {
  readonly chip: ChipName;
  readonly time: number;
  readonly onMemory: (time: number) => Promise<Residents>;
}

export function MemoryMaps({ chip, time, onMemory }: MemoryMapsProps) {
  const residents = useAnswer(time, onMemory);
  const { sbuf, psum } = CHIPS[chip];
  return (
    <div class="memory-maps">
      <MemoryMap
        name="SBUF"
        partitions={sbuf.partitions}
        bytes={sbuf.bytes}
        residents={residents?.sbuf ?? []}
      />
      <MemoryMap
        name="PSUM"
        partitions={psum.partitions}
        bytes={psum.banks * psum.bankBytes}
        banks={psum.banks}
        residents={residents?.psum ?? []}
      />
    </div>
  );
}

const WIDTH = 256;
const HEIGHT = 200;
/** Rows of the list. */
const MOST = 40;

interface MapProps {
  readonly name: string;
  readonly partitions: number;
  /** Of a partition. */
  readonly bytes: number;
  readonly banks?: number;
  readonly residents: readonly Resident[];
}

function MemoryMap({ name, partitions, bytes, banks = 1, residents }: MapProps) {
  const [over, setOver] = useState<Resident | undefined>(undefined);
  const used = residents.reduce((sum, each) => sum + each.partitions * each.bytes, 0);
  const summary = `${counted(residents.length, 'tensor')}, ${bytesText(used)} of ${bytesText(partitions * bytes)}`;
  return (
    <figure>
      <figcaption>
        <b>{name}</b> {summary}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${name}: ${summary}`}>
        <rect class="frame" x="0.5" y="0.5" width={WIDTH - 1} height={HEIGHT - 1} />
        {Array.from({ length: banks - 1 }, (_, bank) => (
          <line
            key={`bank ${bank}`}
            class="bank"
            x1="0"
            x2={WIDTH}
            y1={tenths(((bank + 1) / banks) * HEIGHT)}
            y2={tenths(((bank + 1) / banks) * HEIGHT)}
          />
        ))}
        {residents.map((each) => (
          <rect
            key={each.name}
            class={each.name === over?.name ? 'tensor over' : 'tensor'}
            x={tenths((each.partition / partitions) * WIDTH)}
            y={tenths((each.start / bytes) * HEIGHT)}
            width={tenths((each.partitions / partitions) * WIDTH)}
            height={Math.max(1, tenths((each.bytes / bytes) * HEIGHT))}
            onPointerEnter={() => {
              setOver(each);
            }}
            onPointerLeave={() => {
              setOver(undefined);
            }}
          >
            <title>{each.name}</title>
          </rect>
        ))}
      </svg>
      <p class="hint memory-over">
        {over === undefined ? 'Partitions across, bytes down.' : placeText(over)}
      </p>
      {residents.length > 0 && (
        <details>
          <summary>What is there</summary>
          <ul class="memory-names" tabIndex={0} aria-label={`Tensors in ${name}`}>
            {residents.slice(0, MOST).map((each) => (
              <li key={each.name}>{placeText(each)}</li>
            ))}
            {residents.length > MOST && <li>and {residents.length - MOST} more</li>}
          </ul>
        </details>
      )}
    </figure>
  );
}

function placeText({ name, partition, partitions, start, bytes }: Resident): string {
  return `${name}: partitions ${partition} to ${partition + partitions - 1}, bytes ${start} to ${start + bytes - 1}`;
}
