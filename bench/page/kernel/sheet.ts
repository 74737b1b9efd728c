/** The styles of this section, which come with it instead of with the page. */
import text from './kernel.css';

let adopted = false;

export function adoptSheet(): void {
  if (adopted) return;
  adopted = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}
