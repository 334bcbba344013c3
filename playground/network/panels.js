// The settings, as panels that fold: what they show follows the state, and what is changed goes to `set`.

import { element } from '../shell/element.js';
import { button, choice, field, numeric, section, sliderField, toggle } from './controls.js';
import {
  ACTIVATIONS,
  INITS,
  LOSSES,
  MOST_LAYERS,
  MOST_NEURONS,
  OPTIMISERS,
  ORDERS,
  REGRESSION_LOSSES,
  SCHEDULES,
  SETS,
} from './settings.js';

const titles = (names) => Object.fromEntries(names.map((name) => [name, name.replace('_', ' ')]));
const CLASSES = ['circle', 'square', 'triangle', 'diamond', 'wedge'];

/**
 * `set(group, name, value)` changes a setting. The rest are deeds: `roll` a seed, `loadTable`, `pasteTable`,
 * `draw({mode, class})`, `clearPoints`, `save(kind)`.
 */
export function panels({ set, wrong, deeds }) {
  const root = element('div', { class: 'settings' });
  let open = new Set(matchMedia('(min-width: 960px)').matches ? ['data', 'net', 'training'] : []);

  // Whoever types the name of a choice goes through others on the way: the list stays until the name is typed.
  let typed = -Infinity;
  let waiting = null;
  root.addEventListener('keydown', ({ key, target }) => {
    if (key.length === 1 && target instanceof HTMLSelectElement) typed = performance.now();
  });

  function show(...given) {
    clearTimeout(waiting);
    const left = typed + 900 - performance.now();
    if (left > 0) waiting = setTimeout(() => render(...given), left);
    else render(...given);
  }

  function render(state, training, about, brush) {
    const focused = root.contains(document.activeElement) ? document.activeElement.getAttribute('name') ?? document.activeElement.id : null;
    for (const details of root.querySelectorAll('details')) {
      if (details.open) open.add(details.dataset.section);
      else open.delete(details.dataset.section);
    }
    const is = (name) => open.has(name);
    root.replaceChildren(
      section('data', 'Data', is('data'), ...data(state, about, brush)),
      section('net', 'Network', is('net'), ...net(state, training, about)),
      section('training', 'Training', is('training'), ...trained(training, about)),
      section('stop', 'Stop by itself', is('stop'), ...stop(state, about)),
      section('race', 'Race optimisers', is('race'), ...race(state, training)),
      section('export', 'Export', is('export'), ...exports()),
    );
    if (focused) (root.querySelector(`[name="${CSS.escape(focused)}"]`) ?? document.getElementById(focused))?.focus({ preventScroll: true });
  }

  const number = (group, name, label, value, options, given) => field(label, numeric(name, value, { ...options, change: (x) => set(group, name, x), wrong }), given);

  function data(state, about, brush) {
    const { data: now } = state;
    const is = SETS[now.set];
    const parts = [field('Set', choice('set', Object.fromEntries(Object.entries(SETS).map(([name, { title }]) => [name, title])), now.set, (value) => set('data', 'set', value)), { wide: true })];
    if (is.formula) {
      const input = element('input', { class: 'input mono', name: 'function', value: now.function, spellcheck: false, autocomplete: 'off', maxLength: 500 });
      input.addEventListener('change', () => set('data', 'function', input.value));
      parts.push(field('f(x)', input, { wide: true, hint: 'Class 1 lies above it; x goes from −2 to 2.' }));
    }
    if (is.classes) parts.push(sliderField(now.set === 'spirals' ? 'Arms' : 'Blobs', 'classes', now.classes, { min: is.classes[0], max: is.classes[1], step: 1, change: (x) => set('data', 'classes', x) }));
    if (is.drawn) parts.push(drawn(now, brush));
    if (is.file) parts.push(...table(now, about));
    if (is.generated) {
      parts.push(sliderField('Noise', 'noise', now.noise, { min: 0, max: 1, step: 0.05, show: (x) => x.toFixed(2), change: (x) => set('data', 'noise', x) }));
      parts.push(number('data', 'rows', 'Points', now.rows, { min: 10, max: 5000, step: 1 }));
    }
    parts.push(sliderField('Held out', 'held', now.held, { min: 0, max: 0.9, step: 0.05, show: (x) => `${Math.round(100 * x)} %`, change: (x) => set('data', 'held', x) }));
    const seed = numeric('seed', now.seed, { min: 0, max: 4294967295, step: 1, change: (x) => set('data', 'seed', x), wrong });
    parts.push(element('div', { class: 'with-button' }, field('Seed', seed), button('New', deeds.roll, { id: 'roll', title: 'Another seed: other points, first weights and batches' })));
    if (about) parts.push(element('p', { class: 'hint', id: 'data-reason' }, `${about.train} rows to learn from, ${about.held} held out (hollow marks). ${about.reason[0].toUpperCase()}${about.reason.slice(1)}.`));
    return parts;
  }

  function drawn(now, brush) {
    const marks = element('div', { class: 'chips', role: 'group', 'aria-label': 'Class to draw' });
    for (let k = 0; k < 5; k += 1) {
      const swatch = element('span', { class: `swatch swatch-${k}`, 'aria-hidden': 'true' });
      marks.append(toggle([swatch, `${k + 1}`], brush.mode === 'draw' && brush.kind === k, () => deeds.draw({ mode: 'draw', kind: k }), { 'aria-label': `Class ${k + 1}, ${CLASSES[k]}`, name: `class-${k}` }));
    }
    marks.append(toggle('Erase', brush.mode === 'erase', (pressed) => deeds.draw({ ...brush, mode: pressed ? 'erase' : 'draw' }), { name: 'erase' }));
    marks.append(toggle('Choose', brush.mode === 'pick', () => deeds.draw({ ...brush, mode: 'pick' }), { name: 'pick' }));
    return element('div', { class: 'field field-wide' }, element('span', { class: 'field-name' }, `Draw on the plane · ${now.points.length} points`), marks, button('Erase all', deeds.clearPoints, { id: 'clear-points', disabled: now.points.length === 0 }));
  }

  function table(now, about) {
    const parts = [];
    const area = element('textarea', { class: 'textarea', name: 'csv', rows: 4, value: now.csv.length > 20000 ? '' : now.csv, spellcheck: false, placeholder: 'size,colour,kind\n1.5,red,a\n…' });
    area.addEventListener('change', () => deeds.pasteTable(area.value));
    parts.push(element('div', { class: 'buttons field-wide' }, button('Choose a CSV file…', deeds.loadTable, { id: 'load-table' }), button('Irises', deeds.sampleTable, { id: 'sample-table', title: 'Fisher’s 150 irises' })));
    parts.push(field('or paste it', area, { wide: true, hint: now.csv ? `${now.name}: it stays on this machine.` : 'The first line names the columns. It stays on this machine.' }));
    if (about?.table) {
      const names = (all) => Object.fromEntries(all.map((name) => [name, name]));
      parts.push(field('Target', choice('target', names(about.columns), about.target, (value) => set('data', 'target', value)), { wide: true }));
      parts.push(field('Across', choice('axis-x', names(about.numeric), about.axes[0], (value) => set('data', 'axes', [value, about.axes[1]]))));
      parts.push(field('Up', choice('axis-y', names(about.numeric), about.axes[1], (value) => set('data', 'axes', [about.axes[0], value]))));
      if (about.choices.length > 2) parts.push(element('p', { class: 'hint' }, 'The plane shows the network with the other columns at their mean.'));
    }
    return parts;
  }

  function net(state, training, about) {
    const { net: now } = state;
    const inputs = element('div', { class: 'chips', role: 'group', 'aria-label': 'Inputs' });
    const chosen = about && now.features.length === 0 ? (about.table ? about.choices.map(([name]) => name) : ['x1', 'x2']) : now.features;
    for (const [name, title] of about?.choices ?? []) {
      const pressed = chosen.includes(name);
      inputs.append(
        toggle(title, pressed, (on) => {
          const next = about.choices.map(([each]) => each).filter((each) => (each === name ? on : chosen.includes(each)));
          if (next.length === 0) wrong('The network needs an input at least');
          else set('net', 'features', next);
        }, { name: `input-${name}` }),
      );
    }
    const rows = now.layers.map((size, k) => {
      const input = numeric(`layer-${k}`, size, { min: 1, max: MOST_NEURONS, step: 1, change: (x) => set('net', 'layers', now.layers.with(k, x)), wrong });
      input.setAttribute('aria-label', `Neurons of layer ${k + 1}`);
      const activation = choice(`activation-${k}`, titles(ACTIVATIONS), training.activations[k] ?? training.activations.at(-1), (value) => {
        const all = now.layers.map((_, l) => training.activations[l] ?? training.activations.at(-1));
        set('training', 'activations', tidy(all.with(k, value)));
      });
      activation.setAttribute('aria-label', `Activation of layer ${k + 1}`);
      const remove = button('✕', () => deeds.layers(now.layers.toSpliced(k, 1), now.layers.map((_, l) => training.activations[l] ?? training.activations.at(-1)).toSpliced(k, 1)), { class: 'tool', 'aria-label': `Remove layer ${k + 1}`, name: `remove-${k}` });
      return element('div', { class: 'layer' }, element('span', { class: 'layer-name', 'aria-hidden': 'true' }, String(k + 1)), input, activation, remove);
    });
    const more = button('Add a layer', () => set('net', 'layers', [...now.layers, now.layers.at(-1) ?? 4]), { id: 'add-layer', disabled: now.layers.length >= MOST_LAYERS });
    const explained = about && !about.table ? 'x₁ is how far a point lies to the right on the plane, x₂ how far up; the other inputs are made from them.' : 'Each input is a column of the table, as a standard score.';
    return [
      element('div', { class: 'field field-wide' }, element('span', { class: 'field-name' }, 'Inputs'), inputs, element('p', { class: 'hint', id: 'inputs-explained' }, explained)),
      element('div', { class: 'field field-wide', role: 'group', 'aria-label': 'Hidden layers' }, element('span', { class: 'field-name' }, 'Hidden layers: neurons, activation'), rows, more),
      field('First weights', choice('init', INITS, now.init, (value) => set('net', 'init', value)), { wide: true }),
    ];
  }

  /** The last activation serves all layers after it. */
  function tidy(all) {
    while (all.length > 1 && all.at(-1) === all.at(-2)) all.pop();
    return all.length > 0 ? all : ['tanh'];
  }

  function trained(now, about) {
    const regression = about?.task === 'regression';
    const loss = regression ? { cross_entropy: 'squared', hinge: 'absolute' }[now.loss] ?? now.loss : now.loss;
    const parts = [
      number('training', 'rate', 'Learning rate', now.rate, { min: 0, step: 'any' }),
      number('training', 'batch', 'Batch', now.batch, { min: 1, max: 5000, step: 1 }),
      field('Order of rows', choice('shuffle', ORDERS, now.shuffle ? 'new' : 'same', (value) => set('training', 'shuffle', value === 'new'))),
      field('Optimiser', choice('optimiser', OPTIMISERS, now.optimiser, (value) => set('training', 'optimiser', value))),
      field('Loss', choice('loss', regression ? REGRESSION_LOSSES : LOSSES, loss, (value) => set('training', 'loss', value))),
    ];
    if (now.optimiser === 'momentum') parts.push(number('training', 'momentum', 'Momentum', now.momentum, { min: 0, max: 0.999, step: 'any' }));
    if (now.optimiser === 'adamw') parts.push(number('training', 'decay', 'Weight decay', now.decay, { min: 0, step: 'any' }));
    parts.push(field('Schedule', choice('schedule', SCHEDULES, now.schedule, (value) => set('training', 'schedule', value))));
    if (now.schedule !== 'constant') parts.push(number('training', 'span', 'over epochs', now.span, { min: 1, max: 1000000, step: 1 }));
    parts.push(number('training', 'l1', 'L1', now.l1, { min: 0, step: 'any' }), number('training', 'l2', 'L2', now.l2, { min: 0, step: 'any' }));
    const losses = {
      cross_entropy: 'Cross-entropy: how surprised the network is by the true class.',
      squared: regression ? 'The square of the distance to the true number.' : 'The square of the distance to −1 or 1.',
      absolute: 'The distance to the true number, without its sign.',
      hinge: 'Hinge: 0 once a score is on the right side by 1.',
    };
    const penalty = now.l1 > 0 || now.l2 > 0 ? ' To it the penalty l1·Σ|w| + ½·l2·Σw² over all weights is added, biases apart; it is shown by itself.' : '';
    parts.push(element('p', { class: 'hint', id: 'loss-explained' }, `${losses[loss]} The loss is its mean over the rows.${penalty} All of this may change while it trains: weights stay.`));
    return parts;
  }

  function stop(state, about) {
    const { stop: now } = state;
    const score = about?.task === 'regression' ? 'R² above' : 'Accuracy above';
    return [
      number('stop', 'loss', 'Loss below', now.loss, { min: 0, step: 'any' }),
      number('stop', 'accuracy', score, now.accuracy, { min: 0, max: 1, step: 'any' }),
      number('stop', 'epochs', 'After epochs', now.epochs, { min: 0, max: 1000000, step: 1 }),
      number('stop', 'patience', 'No better for', now.patience, { min: 0, max: 1000000, step: 1 }),
      element('p', { class: 'hint' }, '0 is no condition. They look at the held-out rows, after each epoch.'),
    ];
  }

  function race(state, training) {
    const rows = state.race.map(({ optimiser, rate }, k) => {
      const kind = choice(`racer-${k}`, OPTIMISERS, optimiser, (value) => deeds.race(state.race.with(k, { optimiser: value, rate })));
      kind.setAttribute('aria-label', `Optimiser of racer ${k + 2}`);
      const speed = numeric(`racer-rate-${k}`, rate, { min: 0, change: (x) => deeds.race(state.race.with(k, { optimiser, rate: x })), wrong });
      speed.setAttribute('aria-label', `Learning rate of racer ${k + 2}`);
      const remove = button('✕', () => deeds.race(state.race.toSpliced(k, 1)), { class: 'tool', 'aria-label': `Remove racer ${k + 2}`, name: `racer-remove-${k}` });
      return element('div', { class: 'layer' }, element('span', { class: 'layer-name', 'aria-hidden': 'true' }, String(k + 2)), kind, speed, remove);
    });
    const used = new Set([training.optimiser, ...state.race.map(({ optimiser }) => optimiser)]);
    const next = Object.keys(OPTIMISERS).find((name) => !used.has(name)) ?? 'sgd';
    const rates = { sgd: 0.1, momentum: 0.02, adam: 0.01, adamw: 0.01 };
    return [
      element('p', { class: 'hint' }, `Others start from the same weights and see the same batches. The first is ${OPTIMISERS[training.optimiser]} at ${training.rate}.`),
      element('div', { class: 'field field-wide' }, rows, button('Add a racer', () => deeds.race([...state.race, { optimiser: next, rate: rates[next] }]), { id: 'add-racer', disabled: state.race.length >= 3 })),
    ];
  }

  function exports() {
    const kinds = { model: 'Model file', table: 'Data as CSV', graph: 'Graph as SVG', rust: 'Code in Rust', python: 'Code in Python' };
    return [
      element('div', { class: 'buttons field-wide' }, Object.entries(kinds).map(([kind, title]) => button(title, () => deeds.save(kind), { id: `save-${kind}` }))),
      element('p', { class: 'hint' }, 'The model file works with `gradling predict model.safetensors data.csv`. The code repeats this training from the first weights.'),
      element('div', { class: 'buttons field-wide' }, button('Open a model file…', deeds.openModel, { id: 'open-model' })),
      element('p', { class: 'hint' }, 'A model of this page or of `gradling train`, for the data that are chosen here: its layers, and its weights to start from.'),
    ];
  }

  return { root, show };
}
