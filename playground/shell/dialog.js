// A dialog of the page: opened by a button, closed by Escape, its cross or a click beside it.

import { element } from './element.js';

/** Opens a dialog with these contents; it is gone when it closes. */
export function openDialog(title, ...contents) {
  const close = () => dialog.close();
  const dialog = element(
    'dialog',
    { class: 'dialog', 'aria-labelledby': 'dialog-title' },
    element(
      'div',
      { class: 'dialog-head' },
      element('h2', { id: 'dialog-title' }, title),
      element('button', { type: 'button', class: 'tool', 'aria-label': 'Close', onclick: close }, '✕'),
    ),
    ...contents,
  );
  dialog.addEventListener('click', (event) => event.target === dialog && close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return { close, dialog };
}
