// The dialog that lists the keys of the open room, and says what this page is.

import { openDialog } from './dialog.js';
import { element } from './element.js';

const SHOWN = { ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

const pressed = (key) => {
  // The key `+` itself has no parts.
  const parts = key.length > 1 ? key.split('+') : [key];
  return parts.map((part) => element('kbd', {}, SHOWN[part] ?? (part.length === 1 ? part.toUpperCase() : part)));
};

export function openHelp(listed) {
  const all = [...listed, ['Tab', 'go to the next control']];
  openDialog(
    'Keys',
    element(
      'dl',
      { class: 'keys' },
      all.flatMap(([key, label]) => [element('dt', {}, pressed(key)), element('dd', {}, label)]),
    ),
    element(
      'p',
      { class: 'dialog-foot' },
      'gradling runs on your machine: nothing you type or open here is sent anywhere. ',
      element('a', { href: 'licences.txt' }, 'Licences'),
    ),
  );
}
