// Control groups that are hidden: by a teacher's link, or by a lesson within its room. The rules are made by
// script, so they hold for what a room draws later.

/** Hides groups by name within what a selector finds; returns what is called with the names. */
export function hider(within = '') {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  return (names) => {
    // Names of an address were checked when it was read.
    const chosen = [...names].map((name) => `${within} [data-group="${name}"]`);
    sheet.replaceSync(chosen.length === 0 ? '' : `${chosen.join(',')} { display: none !important }`);
  };
}
