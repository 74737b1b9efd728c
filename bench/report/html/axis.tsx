/** Grid lines of a horizontal scale with their numbers, below the drawing and, where it is tall, above it too; and ticks of logarithmic scales. */

interface AxisProps {
  readonly scale: (value: number) => number;
  readonly ticks: readonly number[];
  readonly top: number;
  readonly bottom: number;
  readonly both?: boolean;
  readonly label?: (value: number) => string;
}

export function Axis({ scale, ticks, top, bottom, both = false, label = String }: AxisProps) {
  return (
    <g class="axis">
      {ticks.map((value) => {
        const x = Math.round(10 * scale(value)) / 10;
        return (
          <g key={value}>
            <line x1={x} x2={x} y1={top} y2={bottom} />
            <text x={x} y={bottom + 16} text-anchor="middle">
              {label(value)}
            </text>
            {both && (
              <text x={x} y={top - 8} text-anchor="middle">
                {label(value)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

/** 1, 2 and 5 times the powers of ten in the range, or the powers alone where those are more than `most`. */
export function logTicks([low = 1, high = 1]: readonly number[], most: number): number[] {
  const powers = Array.from(
    { length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, index) => Math.floor(Math.log10(low)) + index,
  );
  const within = (factors: readonly number[]): number[] =>
    powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((value) => value >= low && value <= high);
  const fine = within([1, 2, 5]);
  return fine.length <= most ? fine : within([1]);
}
