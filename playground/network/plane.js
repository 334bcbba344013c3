// The plane: what the network gives for every point of it, and the points. Points are chosen, and drawn where the
// data are drawn by hand, by pointer or by keyboard.

import { element } from '../shell/element.js';
import { short } from './controls.js';

/** `pick(row)`, `add(x, y)` and `erase(row)` are called; `read(x, y)` asks for scores. */
export function plane({ pick, add, erase, say, describe }) {
  const canvas = element('canvas', { class: 'plane-canvas', 'aria-hidden': 'true' });
  const cross = element('div', { class: 'plane-cross', hidden: true });
  const cover = element('div', { class: 'plane-cover', role: 'application', tabIndex: 0 }, cross);
  const left = element('span', { class: 'plane-scale number' });
  const right = element('span', { class: 'plane-scale number' });
  const bottom = element('span', { class: 'plane-scale number' });
  const top = element('span', { class: 'plane-scale number' });
  const xName = element('span', { class: 'plane-axis' });
  const yName = element('span', { class: 'plane-axis' });
  const root = element(
    'div',
    { class: 'plane' },
    element('div', { class: 'plane-y', 'aria-hidden': 'true' }, top, yName, bottom),
    element('div', { class: 'plane-square' }, canvas, cover),
    element('div', { class: 'plane-x', 'aria-hidden': 'true' }, left, xName, right),
  );
  let about = null;
  let points = null;
  let mode = 'pick';
  let at = [0.5, 0.5]; // parts of width and height, from the top left

  const toPlane = ([u, v]) => {
    const [l, b, r, t] = about.view;
    return [l + u * (r - l), t - v * (t - b)];
  };
  const toParts = (x, y) => {
    const [l, b, r, t] = about.view;
    return [(x - l) / (r - l), (t - y) / (t - b)];
  };

  /** The row nearest to a place, if it is near. */
  function nearest([u, v], most) {
    let best = null;
    for (let row = 0; row < points.length / 4; row += 1) {
      const [pu, pv] = toParts(points[4 * row], points[4 * row + 1]);
      const away = Math.hypot(pu - u, pv - v);
      if (away <= most && (best === null || away < best.away)) best = { row, away };
    }
    return best?.row ?? null;
  }

  function act(where, most) {
    if (!about) return;
    if (mode === 'draw') {
      const [x, y] = toPlane(where);
      add(x, y);
    } else {
      const row = points ? nearest(where, most) : null;
      if (mode === 'erase') {
        if (row !== null) erase(row);
      } else pick(row);
    }
  }

  const parts = (event) => {
    const box = cover.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  let drawn = null;
  cover.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    cover.setPointerCapture(event.pointerId);
    drawn = parts(event);
    act(drawn, 0.06);
  });
  cover.addEventListener('pointermove', (event) => {
    if (drawn === null || mode === 'pick') return;
    // A stroke leaves points behind, not a line of them.
    const now = parts(event);
    if (Math.hypot(now[0] - drawn[0], now[1] - drawn[1]) < 0.035 || now.some((part) => part < 0 || part > 1)) return;
    drawn = now;
    act(now, 0.06);
  });
  for (const end of ['pointerup', 'pointercancel']) cover.addEventListener(end, () => (drawn = null));

  const showCross = () => {
    cross.hidden = !cover.matches(':focus-visible');
    Object.assign(cross.style, { left: `${100 * at[0]}%`, top: `${100 * at[1]}%` });
  };
  cover.addEventListener('focus', showCross);
  cover.addEventListener('blur', () => (cross.hidden = true));
  cover.addEventListener('keydown', (event) => {
    if (!about || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 0.1 : 0.025;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    const stop = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (moves[event.key]) {
      stop();
      at = at.map((part, k) => Math.min(0.995, Math.max(0.005, part + moves[event.key][k])));
      cross.hidden = false;
      showCross();
      const [x, y] = toPlane(at);
      describe(x, y).then((text) => say(`${about.axes[0]} ${short(x)}, ${about.axes[1]} ${short(y)}: ${text}`));
    } else if (event.key === 'Enter' || (event.key === ' ' && mode !== 'pick')) {
      stop();
      act(at, mode === 'pick' ? 0.25 : 0.06);
    } else if ((event.key === 'Delete' || event.key === 'Backspace') && mode !== 'pick') {
      stop();
      const row = nearest(at, 0.08);
      if (row !== null) erase(row);
    }
  });

  return {
    root,
    canvas,
    show(given, rows) {
      about = given;
      points = rows;
      [xName.textContent, yName.textContent] = about.axes;
      const [l, b, r, t] = about.view;
      [left.textContent, bottom.textContent, right.textContent, top.textContent] = [l, b, r, t].map((x) => short(x).replace(/\.?0+$/, ''));
    },
    /** 'pick', 'draw' or 'erase'. */
    use(given) {
      mode = given;
      cover.dataset.mode = mode;
      const how = { pick: 'Arrows move a cross, Enter chooses the sample nearest to it', draw: 'Arrows move a cross, Enter draws a point, Delete erases one', erase: 'Arrows move a cross, Enter erases a point' };
      cover.setAttribute('aria-label', `The plane. ${how[mode]}.`);
    },
    square: () => root.querySelector('.plane-square').clientWidth,
  };
}
