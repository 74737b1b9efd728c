/**
 * A kernel and its settings as the fragment of a link, and back: `#kernel=` and JSON, deflated, in base64url. A link comes from
 * a stranger: its length and what it unfolds to are bounded, every value is checked, and reading one runs nothing.
 */
import { UserError } from '../../../src/numerics';
import { KERNEL_LINK } from '../link';
import { checkKernelSettings, type KernelSettings } from './settings';

/** Characters of a fragment: browsers take more, but what passes links on cuts them. */
export const LONGEST_LINK = 64_000;
/** Bytes that a link may unfold to: 64,000 characters could hold fifty megabytes of zeros. */
const LARGEST = 2 ** 20;

/** @throws UserError for a kernel that is too long for a link. */
export async function writeKernelLink(settings: KernelSettings): Promise<string> {
  const packed = await streamed(
    new TextEncoder().encode(JSON.stringify(settings)),
    new CompressionStream('deflate-raw'),
    Infinity,
  );
  const link = KERNEL_LINK + base64url(packed);
  if (link.length <= LONGEST_LINK) return link;
  throw new UserError(
    `The link would have ${link.length} characters, more than the ${LONGEST_LINK} that are read: share the source as a file.`,
  );
}

/** A fragment without `#`. @throws UserError for one that is too long, damaged, or holds what cannot be. */
export async function readKernelLink(fragment: string): Promise<KernelSettings> {
  if (fragment.length > LONGEST_LINK) {
    throw new UserError(
      `The link has ${fragment.length} characters; at most ${LONGEST_LINK} are read. It was not used.`,
    );
  }
  const value = parsed(await unfolded(fragment.slice(KERNEL_LINK.length)));
  try {
    return checkKernelSettings(value);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`This link does not hold a kernel: ${error.message}`);
  }
}

async function unfolded(text: string): Promise<string> {
  try {
    const bytes = await streamed(fromBase64url(text), new DecompressionStream('deflate-raw'), LARGEST);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged();
  }
}

const damaged = (): UserError =>
  new UserError(
    'The link is damaged, perhaps cut off on its way: no kernel can be read from it. Ask for it again.',
  );

async function streamed(
  bytes: Uint8Array<ArrayBuffer>,
  through: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const reader = new Blob([bytes]).stream().pipeThrough(through).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new UserError(
        `The link unfolds to more than ${most} bytes, which are read at most. It was not used.`,
      );
    }
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function base64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Throws for what is none, as `atob` does. */
function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
