// Controls: a label, what it sets, and what is said about it.

import { element } from '../shell/element.js';

let count = 0;

/** A labelled control of one line; `hint` is read with it. */
export function field(label, control, { hint = null, wide = false } = {}) {
  control.id ||= `network-field-${(count += 1)}`;
  const note = hint && element('p', { class: 'hint', id: `${control.id}-hint` }, hint);
  if (note) control.setAttribute('aria-describedby', note.id);
  return element('div', { class: wide ? 'field field-wide' : 'field' }, element('label', { for: control.id }, label), control, note);
}

/** A choice among {value: title}. */
export function choice(name, titles, value, change) {
  const select = element('select', { class: 'select', name });
  for (const [key, title] of Object.entries(titles)) select.append(element('option', { value: key, selected: key === String(value) }, title));
  select.addEventListener('change', () => change(select.value));
  return select;
}

/** A number; what cannot be one is refused with a word about it. */
export function numeric(name, value, { min = null, max = null, step = 'any', change, wrong }) {
  const input = element('input', { class: 'input', type: 'number', name, value: String(value), step: String(step), inputMode: 'decimal' });
  if (min !== null) input.min = String(min);
  if (max !== null) input.max = String(max);
  input.addEventListener('change', () => {
    const given = Number(input.value);
    const fits = input.value.trim() !== '' && Number.isFinite(given) && (min === null || given >= min) && (max === null || given <= max);
    const isWhole = step !== 1 || Number.isInteger(given);
    if (fits && isWhole) {
      input.removeAttribute('aria-invalid');
      change(given);
    } else {
      input.setAttribute('aria-invalid', 'true');
      const range = `${min === null ? '' : ` from ${min}`}${max === null ? '' : ` to ${max}`}`;
      wrong(`${name}: take a ${step === 1 ? 'whole ' : ''}number${range}`);
    }
  });
  return input;
}

/** A slider with its number beside it. */
export function slider(name, value, { min, max, step, show = String, change }) {
  const shown = element('output', { class: 'number slider-value' }, show(value));
  const input = element('input', { type: 'range', name, min: String(min), max: String(max), step: String(step), value: String(value) });
  const text = () => input.setAttribute('aria-valuetext', show(Number(input.value)));
  text();
  input.addEventListener('input', () => {
    shown.textContent = show(Number(input.value));
    text();
  });
  input.addEventListener('change', () => change(Number(input.value)));
  return { input, shown };
}

/** A labelled slider. */
export function sliderField(label, name, value, options) {
  const { input, shown } = slider(name, value, options);
  input.id = `network-field-${(count += 1)}`;
  return element('div', { class: 'field field-wide' }, element('label', { for: input.id, class: 'slider-label' }, element('span', {}, label), shown), input);
}

/** A toggle button. */
export function toggle(label, pressed, change, given = {}) {
  const button = element('button', { type: 'button', class: 'button chip', 'aria-pressed': String(pressed), ...given }, label);
  button.addEventListener('click', () => change(button.getAttribute('aria-pressed') !== 'true'));
  return button;
}

export const button = (label, run, given = {}) => element('button', { type: 'button', class: 'button', onclick: run, ...given }, label);

/** A part of the settings that folds. */
export function section(name, title, open, ...children) {
  const details = element('details', { class: 'section', open, 'data-group': name, 'data-group-label': title }, element('summary', {}, title), element('div', { class: 'section-body' }, children));
  details.dataset.section = name;
  return details;
}

/** A number in few characters. */
export function short(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return '–';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '−∞';
  const size = Math.abs(x);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? x.toExponential(2) : x.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
  return text.replace('-', '−');
}

export const percent = (part) => `${(100 * part).toFixed(part === 1 ? 0 : 1)} %`;
