/** What the form of a tiling's check is filled with: our plan, and an example of loops. */
import { ourPlan, type Wanted } from '../tiling';

/**
 * A plan, with a line for each pass instead of six.
 *
 * @throws UserError for a product that the chip cannot do.
 */
export function planText(wanted: Wanted): string {
  const { passes, ...rest } = ourPlan(wanted);
  const listed = passes.map((pass) => `    ${JSON.stringify(pass)}`).join(',\n');
  return `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "passes": [\n${listed}\n  ]\n}\n`;
}

/** Blocks of 512 x 1024 of the output held in PSUM while K streams past. */
export function loopsText(): string {
  return `{
  "format": "systole tiling",
  "version": 1,
  "tile": { "m": 128, "n": 512, "k": 128 },
  "loops": [
    { "axis": "m", "step": 512 },
    { "axis": "n", "step": 1024 },
    { "axis": "k" },
    { "axis": "m" },
    { "axis": "n" }
  ],
  "banks": [0, 1, 2, 3, 4, 5, 6, 7],
  "buffers": { "a": 4, "b": 2, "out": 2 }
}
`;
}
