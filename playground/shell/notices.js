// Notices: what went wrong or is worth knowing, until it is closed.

import { element } from './element.js';

const AT_MOST = 4;

export function noticeBoard(board) {
  /**
   * Shows an error or a text. `kind` is 'error' (what an Error has by itself) or 'info'; `action` is {label, run}.
   * Returns what closes it.
   */
  return function tell(what, { kind = what instanceof Error ? 'error' : 'info', action = null } = {}) {
    const text = String(what?.message ?? what);
    const same = [...board.children].find((notice) => notice.dataset.text === text);
    same?.remove();
    const close = () => notice.remove();
    const act = () => {
      close();
      action.run();
    };
    const notice = element(
      'div',
      { class: `notice notice-${kind}`, role: 'alert' },
      element('span', { class: 'notice-text' }, text),
      action && element('button', { type: 'button', class: 'button', onclick: act }, action.label),
      element('button', { type: 'button', class: 'tool', 'aria-label': 'Close this notice', onclick: close }, '✕'),
    );
    notice.dataset.text = text;
    board.append(notice);
    while (board.children.length > AT_MOST) board.firstChild.remove();
    return close;
  };
}
