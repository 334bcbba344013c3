// Control groups that a link hides. The rule is made by script, so it holds for what a room draws later.

const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

/** Names were checked when the address was read. */
export function hide(names) {
  const chosen = [...names].map((name) => `[data-group="${name}"]`);
  sheet.replaceSync(chosen.length === 0 ? '' : `${chosen.join(',')} { display: none !important }`);
}
