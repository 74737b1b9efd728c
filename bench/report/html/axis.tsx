/** Grid lines of a horizontal scale with their numbers, below the drawing and, where it is tall, above it too. */

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
