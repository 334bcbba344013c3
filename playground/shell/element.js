// Elements from plain data. Text goes in as text: there is no way to write markup.

/**
 * An element with properties and children. Keys with `-`, and `role` and `for`, are attributes; `on…` are
 * listeners; the rest are properties. Children are nodes or text; null and false are left out.
 */
export function element(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key.includes('-') || key === 'role' || key === 'for') made.setAttribute(key, value);
    else if (key === 'class') made.className = value;
    else made[key] = value;
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}
