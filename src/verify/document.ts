/** docs/errors.md, made from the rules. */
import { RULE_CODES, RULES } from './rules';

const FAMILIES: Readonly<Record<string, string>> = {
  1: 'Instructions',
  2: 'Tensors and patterns',
  3: 'Contents of memory',
  4: 'Accumulation groups in PSUM',
  5: 'Accumulator registers',
  6: 'Registers and loops',
  7: 'Values of a run',
  8: 'Random generators',
};

const HEAD = `# Errors

<!-- Made by scripts/docs.js from src/verify/rules.ts. -->

What \`systole verify\` and \`verifyProgram\` report on a Program before it runs, and what a run reports about its values. Each
finding has a code, which stays the same, and names the instruction, the operand, what was required, what was received, the
author's source line where it is known, and how to mend it. An **error** makes the result wrong or undefined on the chip, or
is refused there; a **warning** is work that comes to nothing.

Loops whose bounds are known are followed turn by turn (up to 2^20 instructions). Of others, and of accesses through indices or
registers that only a run knows, what is reported holds whatever their values are. Tensors that are accessed in more than 2^16
pieces, or cut into more than 2^20, are not followed; the verdict names them.
`;

export function errorsDocument(): string {
  const lines = [HEAD];
  let family = '';
  for (const code of RULE_CODES) {
    const { title, severity, explanation, mend } = RULES[code];
    const digit = code.charAt(3);
    if (digit !== family) lines.push(`## ${FAMILIES[digit] ?? ''}\n`);
    family = digit;
    lines.push(
      `### ${code}: ${title}\n`,
      `${severity === 'error' ? 'Error' : 'Warning'}. ${explanation}\n`,
      `To mend: ${mend}\n`,
    );
  }
  return lines.join('\n');
}
