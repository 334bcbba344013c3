// The dialog that gives what is shown to others: a link, with controls hidden where a teacher wants that, or a
// file.

import { LONGEST } from './address.js';
import { openDialog } from './dialog.js';
import { element } from './element.js';

/** Groups of controls on the page: name to label. */
export function groups() {
  const found = new Map();
  for (const group of document.querySelectorAll('[data-group]')) {
    const name = group.dataset.group;
    // A group may be in several places; one of them names it.
    found.set(name, group.dataset.groupLabel ?? found.get(name) ?? name);
  }
  return found;
}

/**
 * `link(hidden)` is the link, `unshared` a text on what it leaves out or null; `saveFile` and `openFile` are
 * the two ways of a file.
 */
export function openShare({ link, hidden, unshared, saveFile, openFile, say, tell }) {
  const chosen = new Set(hidden);
  const shown = element('input', { class: 'input', id: 'share-link', readOnly: true, type: 'text' });
  shown.addEventListener('focus', () => shown.select());
  const note = element('p', { class: 'muted', id: 'share-note', role: 'status' });
  const refresh = () => {
    shown.value = link(chosen);
    const tooLong = shown.value.length > LONGEST;
    const long = tooLong && `This link has ${shown.value.length} characters; some programs cut it. A file is safer.`;
    note.textContent = [unshared, long].filter(Boolean).join(' ');
    note.hidden = note.textContent === '';
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(shown.value);
      say('The link is copied');
      copied.textContent = 'Copied';
    } catch {
      shown.select();
      tell('The browser does not let this page copy: the link is selected, copy it with Ctrl+C');
    }
  };
  const copied = element('button', { type: 'button', class: 'button button-main', id: 'share-copy', onclick: copy }, 'Copy link');
  const boxes = [...groups()].map(([name, label]) => {
    const box = element('input', { type: 'checkbox', id: `hide-${name}`, checked: chosen.has(name) });
    box.addEventListener('change', () => {
      if (box.checked) chosen.add(name);
      else chosen.delete(name);
      copied.textContent = 'Copy link';
      refresh();
    });
    return element('div', { class: 'choice' }, box, element('label', { for: box.id }, label));
  });
  refresh();
  const { close } = openDialog(
    'Share',
    element('label', { for: 'share-link', class: 'field-name' }, 'A link to exactly this, seed included'),
    element('div', { class: 'link-row' }, shown, copied),
    note,
    boxes.length > 0 &&
      element(
        'section',
        { role: 'group', 'aria-labelledby': 'share-hide' },
        element('h3', { id: 'share-hide' }, 'Hide from whoever opens the link'),
        element('div', { class: 'choices' }, boxes),
      ),
    element(
      'section',
      {},
      element('h3', {}, 'A file'),
      element('p', { class: 'muted' }, 'It keeps everything, also what is too large for a link.'),
      element(
        'div',
        { class: 'buttons' },
        element('button', { type: 'button', class: 'button', id: 'share-save', onclick: saveFile }, 'Save'),
        element(
          'button',
          {
            type: 'button',
            class: 'button',
            id: 'share-open',
            onclick: () => {
              close();
              openFile();
            },
          },
          'Open…',
        ),
      ),
    ),
  );
}
