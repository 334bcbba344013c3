// The curve of the losses, with a table of the same numbers for those who do not see it.

import uPlot from '../vendor/uplot.js';
import { element } from '../shell/element.js';
import { short } from './controls.js';

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const ROWS = 12;

export function curve() {
  const holder = element('div', { class: 'curve-plot', 'aria-hidden': 'true' });
  const key = element('p', { class: 'curve-key hint', 'aria-hidden': 'true' });
  const caption = element('p', { class: 'unseen' });
  const body = element('tbody');
  const head = element('tr');
  const table = element(
    'details',
    { class: 'curve-table' },
    element('summary', {}, 'As a table'),
    element('div', { class: 'curve-scroll', tabIndex: 0, role: 'group', 'aria-label': 'Losses by epoch' }, element('table', {}, element('thead', {}, head), body)),
  );
  const root = element('figure', { class: 'curve', 'aria-label': 'Curve of the losses' }, key, holder, caption, table);
  let plot = null;
  let names = null;
  let latest = null;
  let before = null;

  function make(data, labels) {
    plot?.destroy();
    const racing = labels.length > 2 && labels[0] !== 'training';
    const colours = racing ? [style('--data'), style('--grad'), style('--accent'), style('--good'), style('--bad')] : [style('--data'), style('--grad')];
    const dashes = [[], [6, 3], [2, 3], [10, 4, 2, 4], [1, 4]];
    const axis = { stroke: style('--muted'), grid: { stroke: style('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    plot = new uPlot(
      {
        width: Math.max(120, holder.clientWidth),
        height: Math.max(80, holder.clientHeight),
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_, low, high) => (low === null ? [0, 1] : [Math.min(0, low), high > 0 ? high * 1.05 : 1]) } },
        axes: [{ ...axis, size: 26 }, { ...axis, size: 46 }],
        series: [{}, ...labels.map((label, k) => ({ label, stroke: colours[k], width: 2, dash: dashes[k], points: { show: (self) => self.data[0].length < 3, size: 6, fill: colours[k] } }))],
      },
      data,
      holder,
    );
    names = labels.join();
    key.replaceChildren(
      element('span', {}, racing ? 'Held-out loss by epoch' : 'Loss by epoch'),
      ...labels.map((label, k) => {
        const sample = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
        const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
        for (const [name, value] of Object.entries({ width: 26, height: 8 })) sample.setAttribute(name, value);
        const how = { x1: 0, x2: 26, y1: 4, y2: 4, stroke: colours[k], 'stroke-width': 2.5, 'stroke-dasharray': dashes[k].join(' ') };
        for (const [name, value] of Object.entries(how)) line.setAttribute(name, value);
        sample.append(line);
        return element('span', { class: 'curve-name' }, sample, label);
      }),
    );
  }

  function draw() {
    if (!latest) return;
    const { data, labels } = latest;
    if (names !== labels.join() || plot === null) make(data, labels);
    else plot.setData(data);
  }

  const watch = new ResizeObserver(() => {
    if (plot && holder.clientWidth > 0) plot.setSize({ width: holder.clientWidth, height: Math.max(80, holder.clientHeight) });
  });
  watch.observe(holder);

  /** `lines` is [{label, points: Float64Array of step, epoch, training, held}] or one, which has two losses. */
  function show(lines) {
    // Most pictures come between two points.
    const now = lines.map(({ label, points }) => [label, points.length, ...points.slice(-4)].join(' ')).join('|');
    if (now === before) return;
    before = now;
    const [{ points }] = lines;
    const count = Math.min(...lines.map((line) => line.points.length / 4));
    const column = (from, k) => Array.from({ length: count }, (_, i) => from[4 * i + k]).map((x) => (Number.isFinite(x) ? x : null));
    const epochs = column(points, 1);
    const held = count > 0 && Number.isFinite(points[3]);
    const data = lines.length > 1 ? [epochs, ...lines.map((line) => column(line.points, Number.isFinite(line.points[3]) ? 3 : 2))] : [epochs, column(points, 2), ...(held ? [column(points, 3)] : [])];
    const labels = lines.length > 1 ? lines.map((line) => line.label) : held ? ['training', 'held out'] : ['training'];
    latest = { data, labels };
    root.dataset.points = String(count);
    draw();
    const at = count - 1;
    const said = labels.map((label, k) => `${label} ${short(data[k + 1][at])}`).join(', ');
    caption.textContent = count > 0 ? `After epoch ${epochs[at]}: ${said}.` : 'No epoch is complete yet.';
    if (table.open) list();
  }

  function list() {
    if (!latest) return;
    const { data, labels } = latest;
    const cell = (name, text, more = {}) => element(name, more, text);
    head.replaceChildren(cell('th', 'epoch', { scope: 'col' }), ...labels.map((label) => cell('th', label, { scope: 'col' })));
    const count = data[0].length;
    const every = Math.max(1, Math.ceil(count / ROWS));
    const rows = [];
    for (let i = count - 1; i >= 0; i -= every) {
      rows.push(element('tr', {}, cell('th', String(data[0][i]), { scope: 'row' }), ...labels.map((_, k) => cell('td', short(data[k + 1][i])))));
    }
    body.replaceChildren(...rows);
  }
  table.addEventListener('toggle', list);

  return {
    root,
    show,
    restyle() {
      names = null;
      draw();
    },
    remove() {
      watch.disconnect();
      plot?.destroy();
    },
  };
}
