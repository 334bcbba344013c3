// What is chosen: a neuron with its weights and their gradients, to be edited; or a sample.

import { element } from '../shell/element.js';
import { button, short } from './controls.js';

/** `edit(parameter, number)` changes a weight; `openNeuron()` and `openLoss()` go to the other room. */
export function inspector({ edit, openNeuron, openLoss, close, wrong }) {
  const body = element('div', { class: 'inspector-body' });
  const root = element('section', { class: 'inspector', 'aria-label': 'What is chosen', 'data-group': 'weights', 'data-group-label': 'Weights and samples' }, body);
  let rows = [];
  let shown = null;

  function neuron(title, names, first, target) {
    shown = `neuron ${first}`;
    rows = names.map((name, k) => {
      const input = element('input', { class: 'input weight', type: 'number', step: '0.05', id: `weight-${k}`, inputMode: 'decimal' });
      const slope = element('td', { class: 'number grad' }, '–');
      input.addEventListener('change', () => {
        const number = Number(input.value);
        if (input.value.trim() !== '' && Number.isFinite(number)) {
          input.removeAttribute('aria-invalid');
          edit(first + k, number);
        } else {
          input.setAttribute('aria-invalid', 'true');
          wrong(`The weight of ${name}: take a number`);
        }
      });
      return { input, slope, row: element('tr', {}, element('th', { scope: 'row' }, element('label', { for: input.id }, name)), element('td', {}, input), slope) };
    });
    const table = element(
      'table',
      { class: 'weights' },
      element('thead', {}, element('tr', {}, element('th', { scope: 'col' }, 'from'), element('th', { scope: 'col' }, 'weight'), element('th', { scope: 'col', title: 'of the loss over all training rows' }, 'gradient'))),
      element('tbody', {}, rows.map(({ row }) => row)),
    );
    body.replaceChildren(
      element('div', { class: 'inspector-head' }, element('h2', {}, title), element('button', { type: 'button', class: 'tool', 'aria-label': 'Close', onclick: close }, '✕')),
      element('div', { class: 'weights-scroll', tabIndex: 0, role: 'group', 'aria-label': `Weights of ${title}` }, table),
      button('Open as a graph', openNeuron, { id: 'open-neuron' }),
    );
    root.dataset.shown = 'neuron';
    if (target !== undefined) rows[target].input.focus();
  }

  function know({ first, parameters, slopes }) {
    if (shown !== `neuron ${first}`) return;
    for (const [k, { input, slope }] of rows.entries()) {
      if (document.activeElement !== input) input.value = String(Number(parameters[k].toPrecision(6)));
      input.dataset.exact = String(parameters[k]);
      slope.textContent = short(slopes[k]);
      slope.dataset.exact = String(slopes[k]);
    }
  }

  function sample(title, facts) {
    shown = 'sample';
    rows = [];
    body.replaceChildren(
      element('div', { class: 'inspector-head' }, element('h2', {}, title), element('button', { type: 'button', class: 'tool', 'aria-label': 'Close', onclick: close }, '✕')),
      element('dl', { class: 'facts' }, facts.flatMap(([name, text]) => [element('dt', {}, name), element('dd', { class: 'number' }, text)])),
      button('Open its loss as a graph', openLoss, { id: 'open-loss' }),
    );
    root.dataset.shown = 'sample';
  }

  function nothing() {
    shown = null;
    rows = [];
    body.replaceChildren(element('p', { class: 'muted' }, 'Choose a neuron or a weight in the drawing to edit it, or a point to see its sample.'));
    root.dataset.shown = 'nothing';
  }
  nothing();
  return { root, neuron, know, sample, nothing };
}
