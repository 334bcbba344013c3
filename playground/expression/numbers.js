// Every value as a row: the graph for whoever reads tables, and the value in focus in full.

import { element } from '../shell/element.js';
import { stepped, typed } from './drag.js';

/** Rows that are made at once; the rest follows on demand. */
const ROWS = 100;

export function numbers({ chosen, set, check }) {
  const head = element('tr');
  const body = element('tbody');
  const more = element('button', { type: 'button', class: 'button', hidden: true, onclick: () => build(Infinity) });
  const verdict = element('p', { class: 'verdict', role: 'status' });
  const toggle = element('button', { type: 'button', class: 'button', id: 'check', 'aria-pressed': 'false', onclick: () => check() }, 'Check slopes');
  const detail = element('div', { class: 'detail' });
  const table = element('table', { class: 'values' }, element('caption', { class: 'unseen' }, 'Every value of the graph'), element('thead', {}, head), body);
  let drawn = null;
  let frame = null;
  let slopes = null;
  let mask = null;
  let rows = [];
  let shown = 0;

  const root = element('div', { class: 'numbers' },
    detail,
    element('div', { class: 'numbers-bar', 'data-group': 'check', 'data-group-label': 'Gradient check' }, toggle, verdict),
    element('div', { class: 'values-frame', tabIndex: 0, role: 'region', 'aria-label': 'Values' }, table, more));

  function build(limit) {
    const focused = document.activeElement?.closest?.('tr')?.dataset.place;
    head.replaceChildren(...['value', 'made by', 'data', 'gradient', slopes ? 'slope' : null].filter(Boolean).map((name) => element('th', { scope: 'col' }, name)));
    shown = Math.min(drawn.nodes.length, limit);
    rows = drawn.nodes.slice(0, shown).map((node, place) => {
      const leaf = drawn.leafOf.get(place);
      const name = element('button', { type: 'button', class: 'value-name', onclick: () => chosen(place) });
      const data = leaf === undefined ? element('span', { class: 'data' }) : field(place);
      const grad = element('span', { class: 'grad' });
      const slope = slopes ? element('td', { class: 'figure' }) : null;
      const row = element('tr', { 'data-place': place }, element('th', { scope: 'row' }, name), element('td', { class: 'made' }, node.made || (node.constant ? 'constant' : 'leaf')),
        element('td', { class: 'figure' }, data), element('td', { class: 'figure' }, grad), slope);
      return { row, name, data, grad, slope, leaf };
    });
    body.replaceChildren(...rows.map(({ row }) => row));
    more.hidden = shown >= drawn.nodes.length;
    more.textContent = `Show all ${drawn.nodes.length} values`;
    apply();
    if (focused !== undefined) rows[focused]?.row.querySelector('button, input')?.focus();
  }

  function field(place) {
    const change = (number) => set(place, number);
    const input = element('input', {
      class: 'input value-field', inputMode: 'decimal', autocomplete: 'off',
      oninput: () => {
        const number = typed(input.value);
        input.setAttribute('aria-invalid', String(number === null));
        if (number !== null) change(number);
      },
      onkeydown: (event) => {
        if (event.key === 'Enter') input.blur();
        stepped(event, typed(input.value) ?? 0, (number) => {
          input.value = String(number);
          change(number);
        });
      },
      onblur: () => {
        input.setAttribute('aria-invalid', 'false');
        apply();
      },
    });
    return input;
  }

  const put = (node, value) => node.textContent !== value && (node.textContent = value);

  function apply() {
    rows.forEach(({ row, name, data, grad, slope, leaf }, place) => {
      put(name, frame.names[place]);
      if (leaf === undefined) put(data, frame.data[place]);
      else {
        data.setAttribute('aria-label', `${frame.names[place]}: a number`);
        const value = String(frame.leaves[leaf]);
        if (document.activeElement !== data && data.value !== value) data.value = value;
      }
      put(grad, mask?.has(place) ? '?' : frame.grads[place] ?? '–');
      row.className = frame.last && !mask ? (frame.last.to === place ? 'is-receiving' : frame.last.from === place ? 'is-sending' : '') : '';
      if (!slope) return;
      const one = slopes.get(place);
      const hidden = mask?.has(place);
      put(slope, hidden ? '?' : one ? `${one.slope} ${one.agrees ? '✓' : '≠'}` : '');
      slope.classList.toggle('is-bad', one ? !one.agrees : false);
    });
  }

  return {
    root,
    show(given, hidden) {
      drawn = given;
      frame = given.frame;
      mask = hidden;
      build(ROWS);
    },
    frame(given, hidden) {
      frame = given;
      mask = hidden;
      apply();
    },
    /** The slopes that were measured, or null for none. */
    slopes(found, error) {
      toggle.setAttribute('aria-pressed', String(found !== null));
      const columns = (slopes === null) !== (found === null);
      slopes = found && new Map(found.map((one) => [one.place, one]));
      const apart = found?.filter(({ agrees }) => !agrees) ?? [];
      verdict.textContent = error ?? (!found ? '' : apart.length === 0
        ? `All ${found.length} gradients agree with slopes measured by nudging.`
        : `${apart.length} of ${found.length} differ: there may be a corner or a jump.`);
      verdict.classList.toggle('is-bad', apart.length > 0 || Boolean(error));
      if (!drawn) return verdict.textContent;
      if (columns) build(Math.max(shown, ROWS));
      else apply();
      return verdict.textContent;
    },
    detail(found, made) {
      detail.hidden = !found;
      if (!found) return;
      const uses = found.uses.map(({ by, local, gradient, flow }) =>
        element('li', {}, `through ${by}: `, element('span', { class: 'muted' }, local), ` × ${gradient} = `, element('b', { class: 'grad' }, flow)));
      detail.replaceChildren(
        element('h2', {}, found.name, made && made !== found.name ? element('span', { class: 'muted' }, ` = ${made}`) : null),
        element('p', { class: 'detail-figures' }, element('span', { class: 'data' }, `data ${found.data}`), ' ', element('span', { class: 'grad' }, `grad ${found.grad ?? '–'}`)),
        uses.length > 0 ? element('ul', {}, uses) : '');
    },
  };
}
