// The drawing of the network: found by pointer, walked by keyboard. The worker draws it; neurons and the
// weights of the neuron in focus are buttons above the picture, one of which is in the order of Tab.

import { element } from '../shell/element.js';
import { find, layout } from './layout.js';

/** `choose({layer, neuron, input})` is called when a neuron or a weight is chosen. */
export function drawing({ choose, say }) {
  const canvas = element('canvas', { class: 'net-canvas', 'aria-hidden': 'true' });
  const cover = element('div', { class: 'net-cover', role: 'group', 'aria-label': 'The network: arrows move between neurons and weights, Enter opens one' });
  const heads = element('div', { class: 'net-heads', 'aria-hidden': 'true' });
  const root = element('div', { class: 'net-drawing' }, canvas, heads, cover);
  let about = null;
  let at = { layer: 1, neuron: 0 };

  const sizes = () => [about.inputs.length, ...about.layers];
  const place = () => layout(about.inputs.length, about.layers, root.clientWidth, root.clientHeight);

  const layerName = (layer) => (layer === 0 ? 'input' : layer === about.layers.length ? 'output' : `layer ${layer}`);
  function name({ layer, neuron, input }) {
    const count = sizes()[layer];
    if (input !== undefined) {
      const from = layer === 1 ? about.inputs[input] : `neuron ${input + 1}`;
      return `weight from ${from} to ${layerName(layer)}, neuron ${neuron + 1}`;
    }
    if (layer === 0) return `input ${about.inputs[neuron]}`;
    return `${layerName(layer)}, neuron ${neuron + 1} of ${count}`;
  }

  // Where a button is: neurons at their tile, a weight in the middle of its edge.
  function spot({ layer, neuron, input }, { columns, size }) {
    const { x, ys } = columns[layer];
    if (input === undefined) return { x, y: ys[neuron], size: Math.max(size, 10) };
    const from = columns[layer - 1];
    return { x: (from.x + x) / 2, y: (from.ys[input] + ys[neuron]) / 2, size: 12 };
  }

  /** One button, that of the place in focus: there may be hundreds of neurons. */
  const cursor = element('button', { type: 'button', class: 'net-cursor' });
  cover.append(cursor);
  function refresh() {
    if (!about) return;
    const all = sizes();
    at.layer = Math.min(at.layer, all.length - 1);
    at.neuron = Math.min(at.neuron, all[at.layer] - 1);
    if (at.input !== undefined) at.input = Math.min(at.input, all[at.layer - 1] - 1);
    const { x, y, size } = spot(at, place());
    Object.assign(cursor.style, { left: `${x}px`, top: `${y}px`, width: `${size + 6}px`, height: `${size + 6}px` });
    cursor.setAttribute('aria-label', name(at));
    cursor.classList.toggle('net-cursor-edge', at.input !== undefined);
  }

  function go(next) {
    at = next;
    refresh();
    say(name(at));
  }

  function moved(key) {
    const all = sizes();
    const { layer, neuron, input } = at;
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      const count = input === undefined ? all[layer] : all[layer - 1];
      const now = (input ?? neuron) + step;
      if (now < 0 || now >= count) return at;
      return input === undefined ? { layer, neuron: now } : { layer, neuron, input: now };
    }
    if (key === 'ArrowLeft') {
      if (input !== undefined) return { layer: layer - 1, neuron: input };
      if (layer === 0) return at;
      return { layer, neuron, input: Math.min(neuron, all[layer - 1] - 1) };
    }
    if (key === 'ArrowRight') {
      if (input !== undefined) return { layer, neuron };
      return layer + 1 < all.length ? { layer: layer + 1, neuron: Math.min(neuron, all[layer + 1] - 1) } : at;
    }
    if (key === 'Home') return { layer: 0, neuron: 0 };
    if (key === 'End') return { layer: all.length - 1, neuron: 0 };
    return null;
  }

  cursor.addEventListener('keydown', (event) => {
    if (!about || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const next = moved(event.key);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (next !== at) go(next);
  });
  cursor.addEventListener('click', (event) => {
    event.stopPropagation();
    if (about) choose(at);
  });
  cover.addEventListener('click', (event) => {
    if (!about) return;
    const box = cover.getBoundingClientRect();
    const found = find(place(), event.clientX - box.left, event.clientY - box.top);
    if (!found) return choose(null);
    at = found;
    refresh();
    choose(at);
  });
  cover.addEventListener('pointermove', (event) => {
    if (!about || event.pointerType === 'touch') return;
    const box = cover.getBoundingClientRect();
    const found = find(place(), event.clientX - box.left, event.clientY - box.top);
    cover.classList.toggle('net-found', found !== null);
    cover.title = found ? name(found) : '';
  });

  return {
    root,
    canvas,
    /** What is drawn: names, sizes. */
    show(given, activations) {
      about = given;
      const { columns } = place();
      const last = about.layers.length;
      heads.replaceChildren(
        ...columns.map(({ x }, k) => {
          const text = k === 0 ? 'inputs' : k === last ? 'output' : (activations[k - 1] ?? activations.at(-1));
          const head = element('span', { class: 'net-head' }, text);
          head.style.left = `${x}px`;
          return head;
        }),
      );
      const label = `A network of ${about.inputs.length} inputs, ${last - 1} hidden layers (${about.layers.slice(0, -1).join(', ') || 'none'}) and ${about.layers.at(-1)} output${about.layers.at(-1) > 1 ? 's' : ''}`;
      cover.setAttribute('aria-label', `${label}. Arrows move between neurons and weights, Enter opens one.`);
      refresh();
    },
    refresh,
    focus: () => cursor.focus(),
  };
}
