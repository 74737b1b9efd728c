/** What the tests of the page's kernel editor do as a user does. */
import { openPage, type OpenPage, type Place } from './page';

/** The page with the editor open: by a press, or by the link. */
export async function openEditor(place: Place, link = ''): Promise<OpenPage> {
  const opened = await openPage(place.chromium.browser, place.server.url, { link });
  if (link === '') await opened.page.click('#kernel summary');
  await opened.page.locator('#kernel-source .cm-content').waitFor();
  return opened;
}

/** Pastes a text over what the editor has. */
export async function write({ page }: OpenPage, source: string): Promise<void> {
  await page.focus('#kernel-source .cm-content');
  await page.keyboard.press('ControlOrMeta+a');
  await page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    const content = document.querySelector('#kernel-source')?.shadowRoot?.querySelector('.cm-content');
    content?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, source);
}

/** Presses Run, and gives what is said of its end. */
export async function ended({ page }: OpenPage): Promise<string> {
  await page.click('#kernel-run');
  await page.locator('#kernel-stop').waitFor({ state: 'detached' });
  return (await page.textContent('#kernel-end')) ?? '';
}

/** A kernel without inputs, whose body begins at line 3. */
export const wrap = (body: string): string =>
  `import { kernel } from 'systole/kernel';\nexport default kernel('mine', [], (nc) => {\n${body}\n});\n`;

/** Removes the rows of all inputs. */
export async function withoutInputs(opened: OpenPage): Promise<void> {
  const remove = opened.page.getByRole('button', { name: /^Remove input/ });
  while ((await remove.count()) > 0) await remove.first().click();
}
