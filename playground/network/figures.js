// Figures of the network as it is now: losses, accuracy, confusion; of each racer, where optimisers race.

import { element } from '../shell/element.js';
import { percent, short } from './controls.js';

export function figures() {
  const cells = element('dl', { class: 'figures' });
  const confusion = element('div', { class: 'confusion', hidden: true });
  const race = element('div', { class: 'race-table', hidden: true });
  const root = element('section', { 'aria-label': 'Figures' }, cells, confusion, race);

  const figure = (name, text, about, exact) => {
    const value = element('dd', { class: 'number' }, text);
    if (exact !== undefined && exact !== null) value.dataset.exact = String(exact);
    return element('div', { class: 'figure', title: about }, element('dt', {}, name), value);
  };

  function show(status, about) {
    const { train, held, penalty } = status;
    const list = [figure('Training loss', short(train?.loss), 'The mean loss of the rows that are learned from, without the penalty', train?.loss)];
    if (held) list.push(figure('Held-out loss', short(held.loss), 'The mean loss of the rows that are held out', held.loss));
    const best = held ?? train;
    if (best?.accuracy !== null && best?.accuracy !== undefined) list.push(figure(held ? 'Held-out accuracy' : 'Accuracy', percent(best.accuracy), 'The share of rows whose class is right', best.accuracy));
    if (best?.r2 !== null && best?.r2 !== undefined) {
      list.push(figure('R²', short(best.r2), '1 is perfect, 0 as good as the mean', best.r2));
      list.push(figure('RMSE', short(best.rmse), 'Root of the mean squared error, in the unit of the target', best.rmse));
    }
    if (penalty > 0) list.push(figure('Penalty', short(penalty), 'What L1 and L2 add to the training loss', penalty));
    cells.replaceChildren(...list);
    matrix(best?.confusion ?? [], about.labels, held ? 'held-out rows' : 'training rows');
  }

  function matrix(counts, labels, which) {
    confusion.hidden = counts.length < 3;
    if (confusion.hidden) return;
    const most = Math.max(1, ...counts.flat());
    const name = (k) => (labels[k].length > 10 ? `${labels[k].slice(0, 9)}…` : labels[k]);
    const head = element('tr', {}, element('th', { scope: 'col' }, 'true ↓ said →'), ...counts.map((_, k) => element('th', { scope: 'col', title: labels[k] }, name(k))));
    const rows = counts.map((row, k) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row', title: labels[k] }, name(k)),
        ...row.map((count, j) => {
          const cell = element('td', { class: `number ${j === k ? 'hit' : 'miss'}` }, String(count));
          cell.style.setProperty('--part', `${Math.round((60 * count) / most)}%`);
          return cell;
        }),
      ),
    );
    confusion.replaceChildren(element('table', {}, element('caption', {}, `Confusion of ${which}`), element('thead', {}, head), element('tbody', {}, rows)));
  }

  /** One line for each racer: {label, canvas, status}. */
  function racers(lines) {
    race.hidden = lines.length === 0;
    if (lines.length === 0) return race.replaceChildren();
    const head = ['', 'optimiser', 'loss', 'accuracy'].map((text) => element('th', { scope: 'col' }, text || element('span', { class: 'unseen' }, 'plane')));
    const rows = lines.map(({ label, canvas, status }) => {
      const best = status?.held ?? status?.train;
      const score = best?.accuracy ?? best?.r2;
      const loss = element('td', { class: 'number' }, short(best?.loss));
      if (best) loss.dataset.exact = String(best.loss);
      return element('tr', {}, element('td', {}, canvas), element('th', { scope: 'row' }, label), loss, element('td', { class: 'number' }, best?.accuracy !== null && best?.accuracy !== undefined ? percent(score) : short(score)));
    });
    race.replaceChildren(element('table', {}, element('caption', {}, 'Race: same first weights, same batches'), element('thead', {}, element('tr', {}, head)), element('tbody', {}, rows)));
  }

  return { root, show, racers };
}
