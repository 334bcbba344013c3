// Keys of the room that is open, and the dialog that lists them.
//
// A key is written as KeyboardEvent.key says it, with `Shift+`, `Alt+` or `Ctrl+` in front where it takes
// them: ' ', 'r', 'Shift+ArrowLeft'. Keys do nothing while text is typed, in a dialog, and where the element
// in focus has a use of its own for them.

const TYPED = 'input:not([type=checkbox],[type=radio],[type=button],[type=range]), textarea, select, [contenteditable]';
const PRESSED = 'button, a, summary, [role=button], input[type=checkbox], input[type=radio]';
const ARROWED = 'input[type=range], input[type=radio], [role=slider], [role=tab], [role=listbox]';

const named = (event) => {
  const letter = event.key.length === 1;
  // Shift is in the letter already.
  const shift = event.shiftKey && !letter ? 'Shift+' : '';
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift}${event.key}`;
};

const hasOwnUse = (target, key) => {
  if (target.closest('dialog') || target.closest(TYPED)) return true;
  if ((key === ' ' || key === 'Enter') && target.closest(PRESSED)) return true;
  return /Arrow|Home|End|Page/.test(key) && target.closest(ARROWED) !== null;
};

export function keyboard() {
  let bindings = new Map();
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || !(event.target instanceof Element)) return;
    const key = named(event);
    const binding = bindings.get(key);
    if (!binding || hasOwnUse(event.target, event.key)) return;
    event.preventDefault();
    binding.run(event);
  });
  return {
    /** Adds keys: {key: {label, run}}, or {key: run} for one that is not listed. */
    add(given) {
      for (const [key, binding] of Object.entries(given)) {
        bindings.set(key, typeof binding === 'function' ? { run: binding } : binding);
      }
    },
    clear() {
      bindings = new Map();
    },
    /** [key, label] of those that have a label. */
    listed: () => [...bindings].filter(([, { label }]) => label).map(([key, { label }]) => [key, label]),
  };
}
