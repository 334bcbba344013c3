// Numbers that can be dragged: with the pointer on a leaf, or typed and stepped in a field over it.

import { element } from '../shell/element.js';

/** What a pixel, or a press of an arrow, changes: two hundredths of the number's size. */
export function stepOf(value) {
  const size = Math.max(Math.abs(value), 1);
  return Number.isFinite(size) ? 10 ** Math.floor(Math.log10(size)) / 50 : 1;
}

/** Without the digits that only come from adding up. */
export const rounded = (value, step) => Number((Math.round(value / step) * step).toPrecision(12));

/** A number as it is typed; null if it is none. */
export function typed(text) {
  const plain = text.trim().replaceAll('−', '-').replace(',', '.');
  if (/^[+-]?(inf|infinity)$/i.test(plain)) return plain.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  return Number(plain);
}

/** Steps a field by arrows: `change(number)`. Shift is a tenth, Page ten times. */
export function stepped(event, value, change) {
  const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
  if (!by) return;
  event.preventDefault();
  const step = stepOf(value) * (event.shiftKey ? 0.1 : 1);
  change(rounded(value + by * step, step * 0.5));
}

/** `leaf(place)` tells {name, value} of a leaf or null; `set(place, number)` gives it another. */
export function draggable(stage, picture, { leaf, set }) {
  let held = null;
  stage.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || held) return;
    const place = picture.placeOf(event.target);
    const found = place === null ? null : leaf(place);
    if (!found) return;
    held = { pointer: event.pointerId, place, from: found.value, x: event.clientX, y: event.clientY, moved: false };
  });
  const move = (event) => {
    if (held?.pointer !== event.pointerId) return;
    const away = event.clientX - held.x + held.y - event.clientY;
    if (!held.moved && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 4) return;
    if (!held.moved) {
      held.moved = true;
      stage.setPointerCapture(event.pointerId);
      stage.classList.add('is-dragging');
      getSelection().removeAllRanges();
    }
    const from = Number.isFinite(held.from) ? held.from : 0;
    const step = stepOf(from) * (event.shiftKey ? 0.1 : 1);
    set(held.place, rounded(from + away * step * 0.5, step * 0.5));
  };
  const end = (event) => {
    if (held?.pointer !== event.pointerId) return;
    stage.classList.remove('is-dragging');
    if (held.moved) {
      // The click that follows is the end of the drag.
      stage.addEventListener('click', (click) => click.stopPropagation(), { capture: true, once: true });
      setTimeout(() => stage.removeEventListener('click', () => {}), 0);
      stage.dataset.dragged = String(Number(stage.dataset.dragged ?? 0) + 1);
    }
    held = null;
  };
  stage.addEventListener('pointermove', move);
  stage.addEventListener('pointerup', end);
  stage.addEventListener('pointercancel', end);

  let field = null;
  /** A field over the leaf: what is typed counts at once; Escape takes it back. */
  function edit(place, begin) {
    const found = leaf(place);
    const shape = picture.shapeOf(place);
    if (!found || !shape) return;
    close();
    const before = found.value;
    const input = element('input', {
      class: 'input leaf-field', value: begin ?? String(before), 'aria-label': `${found.name}: a number`, inputMode: 'decimal', autocomplete: 'off',
      oninput: () => {
        const number = typed(input.value);
        input.setAttribute('aria-invalid', String(number === null));
        if (number !== null) set(place, number);
      },
      onkeydown: (event) => {
        if (event.key === 'Enter' || event.key === 'Escape') {
          if (event.key === 'Escape') set(place, before);
          event.preventDefault();
          close();
          picture.focus(place);
        } else stepped(event, typed(input.value) ?? before, (number) => {
          input.value = String(number);
          input.setAttribute('aria-invalid', 'false');
          set(place, number);
        });
      },
      onblur: () => close(),
    });
    const [at, around] = [shape.getBoundingClientRect(), stage.getBoundingClientRect()];
    input.style.left = `${Math.max(4, Math.min(at.left - around.left, around.width - 150))}px`;
    input.style.top = `${Math.max(4, Math.min(at.top - around.top + at.height / 2 - 20, around.height - 48))}px`;
    field = input;
    stage.append(input);
    input.focus();
    if (begin === undefined) input.select();
    const number = begin === undefined ? null : typed(begin);
    if (number !== null) set(place, number);
  }
  function close() {
    const open = field;
    field = null;
    open?.remove();
  }
  stage.addEventListener('keydown', (event) => {
    const place = picture.placeOf(event.target);
    if (place === null || !leaf(place) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter') edit(place);
    else if (/^[\d.]$/.test(event.key) && event.key !== '0') edit(place, event.key);
    else return;
    event.preventDefault();
  });
  stage.addEventListener('dblclick', (event) => {
    const place = picture.placeOf(event.target);
    if (place !== null && leaf(place)) edit(place);
  });
  return { edit, close };
}
