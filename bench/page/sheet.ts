/** Styles of a section, which come with its scripts instead of with the page. Each sheet is adopted once. */
const adopted = new Set<string>();

export function adoptSheet(text: string): void {
  if (adopted.has(text)) return;
  adopted.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}
