// The text, the examples, and what is wrong with it.

import { element } from '../shell/element.js';

const HELP = 'Statements on lines of their own, or with ; between them. A name without a value is a number to drag.';

/** `typed(text)` and `picked(example)` are called; `examples` are {key, title, text}. */
export function editor(examples, { typed, picked, resetEdits }) {
  const choice = element('select', { class: 'select', id: 'example', onchange: () => picked(examples.find(({ key }) => key === choice.value)) },
    examples.map(({ key, title }) => element('option', { value: key }, title)),
    element('option', { value: '', hidden: true }, 'Own text'));
  const text = element('textarea', {
    class: 'textarea', id: 'expression', rows: 7, spellcheck: false, autocapitalize: 'off', autocomplete: 'off',
    'aria-describedby': 'expression-help expression-error', oninput: () => typed(text.value),
  });
  const message = element('span');
  const help = element('span', { class: 'muted' });
  const place = element('button', { type: 'button', class: 'error-place', title: 'Go to the place in the text' });
  const wrong = element('div', { class: 'wrong', id: 'expression-error', hidden: true }, message, place, help);
  const edits = element('div', { class: 'edits', hidden: true },
    element('span', { id: 'edits' }),
    element('button', { type: 'button', class: 'button button-plain', onclick: resetEdits }, 'Undo'));
  let span = null;
  place.addEventListener('click', () => {
    text.focus();
    text.setSelectionRange(...span);
  });

  return {
    root: element('section', { class: 'editor', 'aria-label': 'Expression' },
      element('div', { class: 'field', 'data-group': 'examples', 'data-group-label': 'Examples' }, element('label', { for: 'example' }, 'Example'), choice),
      element('div', { class: 'field editor-field', 'data-group': 'text', 'data-group-label': 'The text' },
        element('label', { for: 'expression' }, 'Expression'), text,
        element('p', { class: 'unseen', id: 'expression-help' }, HELP)),
      edits, wrong),
    set(value) {
      if (text.value !== value) text.value = value;
      choice.value = examples.find((example) => example.text === value)?.key ?? '';
    },
    show(changed) {
      edits.hidden = changed.length === 0;
      const names = changed.slice(0, 3).join(', ') + (changed.length > 3 ? ` and ${changed.length - 3} more` : '');
      edits.firstChild.textContent = `Not as in the text: ${names}`;
    },
    good() {
      wrong.hidden = true;
      text.removeAttribute('aria-invalid');
    },
    bad({ message: what, place: error }) {
      wrong.hidden = false;
      text.setAttribute('aria-invalid', 'true');
      const [line, column] = error?.line ?? [];
      message.textContent = line ? `Line ${line}, column ${column}: ${what}.` : `${what}.`;
      help.textContent = error?.help ? `To mend it: ${error.help}.` : '';
      span = error?.span ?? null;
      place.hidden = !error?.excerpt || text.value.trim() === '';
      if (error?.excerpt) {
        const [excerpt, from, to] = error.excerpt;
        place.replaceChildren(element('span', {}, excerpt), element('span', { class: 'caret', 'aria-hidden': 'true' }, `${' '.repeat(from)}${'^'.repeat(Math.max(1, to - from))}`));
      }
      return `${message.textContent} ${help.textContent}`;
    },
  };
}
