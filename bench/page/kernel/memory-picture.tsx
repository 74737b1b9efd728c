/** SBUF and PSUM over the time of a Program: instructions from left to right, bytes of a partition from bottom to top, a box for each tensor. */
import { counted } from '../../report/html/format';
import { tenths } from '../../report/html/marks';
import type { MemoryUse, SpaceUse, TensorUse } from './memory-use';

const WIDTH = 480;
const HEIGHT = 180;
/** Boxes beyond which the smallest are left out, and rows of the table. */
const MOST = 600;
const ROWS = 12;

export function MemoryPicture({ memory }: { memory: MemoryUse }) {
  return (
    <div class="memory">
      {memory.spaces.map((use) => (
        <Space key={use.space} use={use} instructions={memory.instructions} />
      ))}
    </div>
  );
}

function Space({ use, instructions }: { use: SpaceUse; instructions: number }) {
  const { space, capacity, allPartitions, peak, tensors } = use;
  const name = space.toUpperCase();
  const largest = [...tensors].sort((a, b) => b.bytes * b.partitions - a.bytes * a.partitions);
  const drawn = largest.slice(0, MOST);
  const reach = tensors.reduce((most, { start, bytes }) => Math.max(most, start + bytes), 0);
  const share = `${((100 * peak) / allPartitions).toFixed(1)} %`;
  const title = `${name}: ${counted(tensors.length, 'tensor')}, at most ${kibibytes(peak)} of ${kibibytes(allPartitions)} (${share}) at one time`;
  return (
    <figure>
      <figcaption>
        <b>{name}</b>{' '}
        {tensors.length === 0
          ? 'is not used'
          : `at most ${kibibytes(peak)} of ${kibibytes(allPartitions)} at one time, ${share}; the picture has the first ${reach} of ${capacity} bytes of a partition`}
        {drawn.length < tensors.length && `; the ${MOST} largest of ${tensors.length} tensors`}
      </figcaption>
      {tensors.length > 0 && (
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
          <rect class="frame" x="0.5" y="0.5" width={WIDTH - 1} height={HEIGHT - 1} />
          {drawn.map((tensor) => (
            <Box key={tensor.name} tensor={tensor} reach={reach} instructions={instructions} />
          ))}
        </svg>
      )}
      {tensors.length > 0 && (
        <details>
          <summary>
            {tensors.length > ROWS ? `The ${ROWS} largest tensors` : counted(tensors.length, 'tensor')}
          </summary>
          <div class="wide" tabIndex={0} role="region" aria-label={`Tensors in ${name}`}>
            <table>
              <thead>
                <tr>
                  {['tensor', 'format', 'partitions', 'bytes of each', 'instructions'].map((head) => (
                    <th key={head} scope="col">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {largest.slice(0, ROWS).map((tensor) => (
                  <Row key={tensor.name} tensor={tensor} />
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </figure>
  );
}

function Row({
  tensor: { name, dtype, partition, partitions, start, bytes, first, last },
}: {
  tensor: TensorUse;
}) {
  return (
    <tr>
      <th scope="row">
        <code>{name}</code>
      </th>
      <td>{dtype}</td>
      <td>
        {partition} to {partition + partitions - 1}
      </td>
      <td>
        {start} to {start + bytes - 1}
      </td>
      <td>
        {first} to {last}
      </td>
    </tr>
  );
}

interface BoxProps {
  readonly tensor: TensorUse;
  /** Bytes that the picture is high, and instructions that it is wide. */
  readonly reach: number;
  readonly instructions: number;
}

function Box({ tensor: { name, start, bytes, first, last }, reach, instructions }: BoxProps) {
  const x = (first / instructions) * WIDTH;
  const width = Math.max(1, ((last + 1 - first) / instructions) * WIDTH);
  const height = Math.max(1, (bytes / reach) * HEIGHT);
  return (
    <rect
      class="tensor"
      x={tenths(x)}
      y={tenths(HEIGHT - (start / reach) * HEIGHT - height)}
      width={tenths(width)}
      height={tenths(height)}
    >
      <title>{name}</title>
    </rect>
  );
}

function kibibytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return `${Number((bytes / 1024).toFixed(1))} KiB`;
}
