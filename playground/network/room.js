// The room of networks: what it is made from stands in the address, the worker trains and draws, and this keeps
// the two and the controls together.

import { element } from '../shell/element.js';
import { button, choice, percent, short } from './controls.js';
import { curve } from './curve.js';
import { drawing } from './drawing.js';
import { figures } from './figures.js';
import { inspector } from './inspector.js';
import { firstParameter } from './layout.js';
import { panels } from './panels.js';
import { plane } from './plane.js';
import { fromAddress, MOST_POINTS, MOST_STEPS, onGrid, OPTIMISERS, SETS, SPEEDS, toAddress, toEngine } from './settings.js';
import { pack, unpack } from './table.js';

const COLOURS = ['--between', '--class-0', '--class-1', '--class-2', '--class-3', '--class-4', '--class-5', '--class-6', '--class-7', '--class-8', '--class-9'];
/** Milliseconds between two sentences on how training goes. */
const NEWS = 5000;

let opened = 0;

const WEIGHTS = 'the first weights';
const alike = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The numbers of a JSON list; null if it is none. */
function weights(text) {
  try {
    const all = JSON.parse(text);
    return Array.isArray(all) && all.length <= 100_000 && all.every(Number.isFinite) ? all : null;
  } catch {
    return null;
  }
}

export async function mount(host) {
  const { root, engine } = host;
  const call = (name, ...args) => engine.call(`network.${name}`, ...args);
  const observers = new Set();

  let state = fromAddress(new Map()).state;
  let about = null;
  let points = null;
  let live = null; // the status of the last frame
  let id = 0;
  let row = null;
  let selected = null;
  let brush = { mode: 'pick', kind: 0 };
  let packed = {}; // the table (t) and the first weights (w) as they stand in the address
  let leftOut = []; // names of those that are too long for it
  let playing = false;
  let target = null;
  let spoken = 0;
  let mounted = true;
  let minis = [];

  // Work is done in order: what is asked while the engine opens something waits for it.
  let line = Promise.resolve();
  const inOrder = (work) => (line = line.then(() => (mounted ? work() : undefined)).catch((error) => mounted && !error.gone && host.tell(error)));

  const wrong = (text) => host.tell(text, { kind: 'error' });

  // The parts of the room.
  const graph = curve();
  const shown = figures();
  const net = drawing({ choose: select, say: host.say });
  const square = plane({ pick: choose, add: addPoint, erase: erasePoint, say: host.say, describe });
  const facts = inspector({ edit, openNeuron, openLoss, close: () => select(null), wrong });
  const settings = panels({
    set,
    wrong,
    deeds: { roll: () => set('data', 'seed', Math.floor(Math.random() * 1_000_000)), loadTable, pasteTable, sampleTable, draw, clearPoints, race, layers, save: saveAs, openModel },
  });

  const play = button('Play', toggle, { id: 'play', class: 'button button-main play', 'aria-pressed': 'false' });
  const speed = choice('speed', SPEEDS, 'max', (value) => {
    state.speed = value;
    store();
    if (playing && target === null) inOrder(() => call('play', value));
  });
  speed.setAttribute('aria-label', 'Speed, in batches');
  speed.classList.add('speed');
  const counter = element('output', { class: 'counter number', id: 'counter' });
  const bar = element(
    'div',
    { class: 'toolbar', role: 'toolbar', 'aria-label': 'Training', 'data-group': 'run', 'data-group-label': 'Play and step' },
    play,
    button('Back', () => inOrder(() => call('back', 1)), { id: 'back', title: 'One step back, exactly' }),
    button('Sample', () => step('sample'), { id: 'step-sample', 'aria-label': 'Step: one Sample', title: 'One step on the next sample alone' }),
    button('Batch', () => step('batch'), { id: 'step-batch', 'aria-label': 'Step: one Batch', title: 'One step on the next batch' }),
    button('Epoch', () => step('epoch'), { id: 'step-epoch', 'aria-label': 'Step: one Epoch', title: 'To the end of the epoch' }),
    button('Reset', reset, { id: 'reset' }),
    speed,
  );
  const progress = element('progress', { max: 1, value: 0, 'aria-label': 'The run of the link is repeated' });
  const repeating = element('div', { class: 'repeating', hidden: true }, element('span', {}, 'Repeating the run of the link'), progress, button('Stop here', () => inOrder(() => call('pause'))));
  const end = element('div', { class: 'end', role: 'status', hidden: true });
  const failure = element('div', { class: 'failure', role: 'alert', hidden: true });
  const nothing = element('div', { class: 'nothing', role: 'alert', hidden: true });

  root.append(
    element('h1', { class: 'unseen' }, 'Train a network and see every gradient'),
    element('div', { class: 'left' }, settings.root),
    element(
      'div',
      { class: 'middle' },
      bar,
      repeating,
      end,
      failure,
      nothing,
      element('section', { class: 'net panel', 'aria-label': 'Network' }, net.root, counter),
      element('section', { class: 'panel curve-panel', 'aria-label': 'Loss', 'data-group': 'curve', 'data-group-label': 'Curve of the losses' }, graph.root),
    ),
    element('div', { class: 'right' }, element('section', { class: 'panel plane-panel', 'aria-label': 'Plane' }, square.root, legend()), element('div', { class: 'panel figures-panel', 'data-group': 'figures', 'data-group-label': 'Figures' }, shown.root), element('div', { class: 'panel inspector-panel' }, facts.root)),
  );
  square.use('pick');

  await call('attach', ...handOver({ plane: square.canvas, net: net.canvas }));
  host.on('network.frame', frame);
  const watch = new ResizeObserver(look);
  watch.observe(net.root);
  watch.observe(square.root);
  host.onTheme(() => {
    look();
    graph.restyle();
  });
  host.address.onchange((entries) => inOrder(() => load(entries)));
  host.keys({
    ' ': { label: 'play or pause', run: toggle },
    s: { label: 'step: one batch', run: () => step('batch') },
    a: { label: 'step: one sample', run: () => step('sample') },
    e: { label: 'step: one epoch', run: () => step('epoch') },
    'Shift+ArrowLeft': { label: 'one step back', run: () => inOrder(() => call('back', 1)) },
    r: { label: 'reset', run: reset },
    n: { label: 'go to the network drawing', run: () => net.focus() },
  });
  look();
  await inOrder(() => load(host.address.read()));

  /** Canvases go to the worker for good. */
  function handOver(canvases) {
    const given = Object.fromEntries(Object.entries(canvases).map(([name, canvas]) => [name, Array.isArray(canvas) ? canvas.map((each) => each.transferControlToOffscreen()) : canvas.transferControlToOffscreen()]));
    return [given];
  }

  function legend() {
    return element('p', { class: 'legend hint', id: 'legend' });
  }

  function look() {
    // Not laid out, as while the page is printed or another room is shown.
    if (net.root.clientWidth === 0 || square.square() === 0) return;
    const style = getComputedStyle(root);
    const value = (name) => style.getPropertyValue(name).trim();
    const bytes = COLOURS.flatMap((name) => (value(name).match(/[0-9a-f]{2}/gi) ?? ['80', '80', '80']).map((part) => parseInt(part, 16)));
    const looks = { colours: new Uint8Array(bytes), ink: value('--ink'), paper: value('--surface'), line: value('--line-strong'), accent: value('--accent') };
    const scale = Math.min(2, devicePixelRatio || 1);
    const side = Math.max(60, Math.round(square.square() * scale));
    const size = [Math.max(60, Math.round(net.root.clientWidth * scale)), Math.max(60, Math.round(net.root.clientHeight * scale))];
    inOrder(() => call('look', { plane: [side, side], net: size, mini: [96, 96], scale, looks }));
    net.refresh();
    if (about) net.show(about, live?.training.activations ?? state.training.activations);
  }

  // ---- the address ----

  async function load(entries) {
    const { state: read, wrong: keys } = fromAddress(entries);
    if (keys.length > 0) host.tell(`The address has settings that cannot be read, which are left out: ${keys.join(', ')}`);
    const same = read.data.set === 'table' && state.data.csv;
    const kept = leftOut.includes(WEIGHTS) && alike(read.net.layers, state.net.layers) && alike(read.net.features, state.net.features);
    packed = Object.fromEntries(['t', 'w'].filter((key) => entries.has(key)).map((key) => [key, entries.get(key)]));
    if (packed.t) {
      const csv = await unpack(packed.t);
      if (csv === null) host.tell(new Error('The table in the address is damaged: it may have been cut'));
      else read.data.csv = csv;
    } else if (same) read.data.csv = state.data.csv;
    if (packed.w) {
      read.net.start = weights(await unpack(packed.w, 2_000_000)) ?? [];
      if (read.net.start.length === 0) host.tell(new Error('The first weights in the address are damaged: they may have been cut'));
    } else if (kept) read.net.start = state.net.start;
    state = read;
    speed.value = state.speed;
    if (state.data.set === 'points') brush = { mode: 'draw', kind: brush.kind };
    await open({ steps: state.steps });
  }

  function store(how) {
    const entries = toAddress(state);
    entries.t = SETS[state.data.set].file ? (packed.t ?? null) : null;
    entries.w = packed.w ?? null;
    host.address.write(entries, how);
  }

  /** Puts the table and the first weights into the address, or says that they are too long for that. */
  async function storeLong() {
    packed = {};
    leftOut = [];
    const { data, net } = state;
    const long = [
      ['t', data.name, SETS[data.set].file ? data.csv : ''],
      ['w', WEIGHTS, net.start.length > 0 ? JSON.stringify(net.start) : ''],
    ];
    let room = host.address.longest - 1500;
    for (const [key, name, text] of long) {
      if (!text) continue;
      const code = await pack(text);
      if (code.length > room) leftOut.push(name);
      else {
        packed[key] = code;
        room -= code.length;
      }
    }
    if (leftOut.length > 0) host.tell(`${tooLong().replace(/^the/, 'The')}: the link will open without. Share, Save keeps it in a file.`);
  }

  const tooLong = () => `${leftOut.join(' and ')} ${leftOut.length > 1 || leftOut[0] === WEIGHTS ? 'are' : 'is'} too long for a link`;

  /** The first weights are drawn again: those of a model file are for other inputs or layers. */
  function drawWeights() {
    state.net.start = [];
    delete packed.w;
    leftOut = leftOut.filter((name) => name !== WEIGHTS);
  }

  // ---- what is trained ----

  /** Begins with the state; repeats its run up to `steps`. */
  async function open({ steps = 0, keep = false } = {}) {
    id = opened += 1;
    playing = false;
    const racers = state.race.map(({ optimiser, rate }) => toEngine({ ...state, training: { ...state.training, optimiser, rate } }));
    const before = keep ? { row, selected } : { row: null, selected: null };
    const given = { id, settings: toEngine(state), racers, log: state.log, steps, stop: JSON.stringify(state.stop) };
    minis = racers.length > 0 ? [null, ...racers].map(() => element('canvas', { class: 'mini', 'aria-hidden': 'true' })) : [];
    try {
      const made = await call('open', given);
      about = made.about;
      points = made.points;
      nothing.hidden = true;
    } catch (error) {
      if (error.gone) throw error;
      about = null;
      nothing.hidden = false;
      nothing.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}`;
      root.dataset.state = 'nothing';
      settings.show(state, state.training, null, brush);
      square.use(SETS[state.data.set].drawn ? brush.mode : 'pick');
      if (SETS[state.data.set].drawn) bare();
      return;
    }
    root.dataset.state = 'ready';
    square.show(about, points);
    square.use(SETS[state.data.set].drawn ? brush.mode : 'pick');
    net.show(about, state.training.activations);
    row = before.row;
    selected = null;
    facts.nothing();
    settings.show(state, state.training, about, brush);
    describeLegend();
    await call('attach', ...handOver({ minis }));
    target = steps > 0 ? steps : null;
    root.dataset.steps = '';
    look();
  }

  /** The plane of points drawn by hand has to be there before there are enough of them. */
  function bare() {
    about = null;
    points = null;
    const all = new Float64Array(state.data.points.flatMap(([x, y, c]) => [x, y, c, 0]));
    square.show({ axes: ['x₁', 'x₂'], view: [-1.1, -1.1, 1.1, 1.1], labels: [] }, all);
    inOrder(() => call('bare', all));
  }

  function describeLegend() {
    const text = about.task === 'regression' ? 'Blue is above 0, orange below.' : '';
    const place = root.querySelector('#legend');
    const marks = about.task === 'classes' ? about.labels.map((label, k) => element('span', { class: 'legend-item' }, element('span', { class: `swatch swatch-${about.palette[k]}`, 'aria-hidden': 'true' }), label.length > 18 ? `${label.slice(0, 17)}…` : label)) : [text];
    place.replaceChildren(...marks);
  }

  function set(group, name, value) {
    inOrder(async () => {
      if (group === 'stop') {
        state.stop[name] = value;
        await call('stop', JSON.stringify(state.stop));
        return store();
      }
      if (group === 'training' && about && (live?.steps ?? 0) > 0 && id === live?.id) {
        await call('change', { [name]: value });
        return;
      }
      state[group][name] = value;
      if (group !== 'training') begin();
      if (group === 'net' || ['set', 'target', 'classes'].includes(name)) drawWeights();
      if (name === 'set') {
        fit(value);
        if (value === 'table') await storeLong();
      }
      if (name === 'target') state.data.axes = ['', ''];
      if (name === 'target' || name === 'set') state.net.features = [];
      await open({ keep: group === 'training' });
      store({ push: group !== 'training' });
      host.say(`${name} ${Array.isArray(value) ? value.join(', ') : value}`);
    });
  }

  /** What a set of data begins with. */
  function fit(name) {
    const is = SETS[name];
    brush = { mode: is.drawn ? 'draw' : 'pick', kind: 0 };
    if (is.regression && ['cross_entropy', 'hinge'].includes(state.training.loss)) state.training.loss = 'squared';
    if (!is.regression && !is.file && state.training.loss === 'squared') state.training.loss = 'cross_entropy';
    if (is.regression && state.training.rate === 0.1) state.training.rate = 0.03;
    else if (!is.regression && state.training.rate === 0.03) state.training.rate = 0.1;
    if (is.drawn) state.data.held = 0;
    else if (state.data.held === 0) state.data.held = 0.3;
  }

  /** From the first weights: what happened on the way is no part of it any more. */
  function begin() {
    if (live && live.id === id) state.training = structuredClone(live.training);
    state.log = [];
    state.steps = 0;
  }

  function layers(sizes, activations) {
    inOrder(async () => {
      begin();
      drawWeights();
      state.net.layers = sizes;
      if (activations.length > 0) state.training.activations = activations;
      await open();
      store({ push: true });
    });
  }

  function race(racers) {
    inOrder(async () => {
      state.race = racers;
      begin();
      await open();
      store({ push: true });
    });
  }

  function toggle() {
    inOrder(async () => {
      if (!about) return;
      if (playing) await call('pause');
      else await call('play', state.speed);
    });
  }

  function step(kind) {
    inOrder(() => about && call('step', kind));
  }

  function reset() {
    inOrder(async () => {
      begin();
      await open({ keep: true });
      store();
      host.say('Reset to the first weights');
    });
  }

  function edit(parameter, number) {
    inOrder(async () => {
      await call('edit', parameter, number);
      host.say(`The weight is ${short(number)}`);
    });
  }

  // ---- what comes back ----

  function frame(given) {
    if (given.id !== id || !about) return call('seen');
    const { status } = given;
    const was = playing;
    ({ playing, target } = given);
    const settingsChanged = live === null || live.id !== id || JSON.stringify(live.training) !== JSON.stringify(status.training);
    live = { ...status, id };
    if (settingsChanged) {
      settings.show(state, status.training, about, brush);
      net.show(about, status.training.activations);
    }
    const repeated = target !== null;
    repeating.hidden = !repeated;
    if (repeated) progress.value = status.steps / target;
    play.textContent = playing ? 'Pause' : 'Play';
    play.setAttribute('aria-pressed', String(playing));
    counter.textContent = `epoch ${status.epoch.toLocaleString('en')} · step ${status.steps.toLocaleString('en')}`;
    shown.show(status, about);
    const names = [OPTIMISERS[status.training.optimiser], ...state.race.map(({ optimiser }) => OPTIMISERS[optimiser])];
    const rates = [status.training.rate, ...state.race.map(({ rate }) => rate)];
    const lines = given.racers.map(({ status: its, curve: points }, k) => ({ label: `${names[k]} ${rates[k]}`, canvas: minis[k], status: its, points }));
    shown.racers(lines);
    graph.show(lines.length > 0 ? lines : [{ label: 'loss', points: given.curve }]);
    if (given.neuron) {
      facts.know(given.neuron);
    }
    if (row !== null && root.querySelector('.inspector').dataset.shown === 'sample') sampleFacts();
    showEnd(given.ended, status.failure);
    if (!playing) {
      state.steps = Math.min(status.steps, MOST_STEPS);
      state.log = status.log;
      store();
    }
    news(was);
    root.dataset.steps = String(status.steps);
    root.dataset.playing = String(playing);
    root.dataset.frame = String(given.serial);
    for (const observe of observers) observe({ room: 'network', steps: status.steps, epoch: status.epoch, playing, status, settings: state, ended: given.ended, selected });
    call('seen');
  }

  /** A sentence now and then while it trains, and one at once when it does not. */
  function news(was) {
    const now = performance.now();
    const { train, held, epoch, steps } = live;
    if (was && playing && now - spoken < NEWS) return;
    spoken = now;
    const best = held ?? train;
    const score = best?.accuracy !== null && best?.accuracy !== undefined ? `, accuracy ${percent(best.accuracy)}` : best?.r2 !== null && best?.r2 !== undefined ? `, R² ${short(best.r2)}` : '';
    host.say(`Epoch ${epoch}, step ${steps}: loss ${short(best?.loss)}${score}`);
  }

  function showEnd(ended, failed) {
    end.hidden = !ended || ended === 'failed';
    if (!end.hidden && end.textContent !== `Stopped: ${ended}.`) end.textContent = `Stopped: ${ended}.`;
    const was = !failure.hidden;
    failure.hidden = !failed;
    if (!failed || (was && failure.dataset.text === failed.text)) return;
    failure.dataset.text = failed.text;
    const nodes = failed.inputs.slice(0, 6).map(([name, value]) => element('li', {}, `${name} = ${value}`));
    failure.replaceChildren(
      element('strong', {}, 'The numbers left what can be computed with'),
      element('p', {}, failed.text),
      nodes.length > 0 ? element('details', {}, element('summary', {}, 'What it was made from'), element('ul', {}, nodes)) : '',
      element('p', { class: 'hint' }, 'Usually the learning rate is too large: go back, make it smaller, and go on.'),
      button('Back to the last good state', () => inOrder(() => call('recover')), { id: 'recover', class: 'button button-main' }),
    );
  }

  // ---- neurons and samples ----

  function select(found) {
    inOrder(async () => {
      if (!about) return;
      if (!found || found.layer === 0) {
        selected = null;
        facts.nothing();
        await call('select', null);
        if (found) host.say(`Input ${about.inputs[found.neuron]}`);
        return;
      }
      const inputs = about.inputs.length;
      const sizes = [inputs, ...about.layers];
      const count = sizes[found.layer - 1] + 1;
      const first = firstParameter(inputs, about.layers, found.layer, found.neuron);
      const names = [...(found.layer === 1 ? about.inputs : Array.from({ length: count - 1 }, (_, k) => `neuron ${k + 1}`)), 'bias'];
      selected = { layer: found.layer, neuron: found.neuron, first, count };
      const isOutput = found.layer === about.layers.length;
      const title = isOutput ? `Output ${about.labels.length > 2 ? about.labels[found.neuron] : found.neuron + 1}` : `Layer ${found.layer}, neuron ${found.neuron + 1}`;
      facts.neuron(title, names, first, found.input);
      facts.know(await call('select', selected));
    });
  }

  function choose(given) {
    row = given;
    inOrder(async () => {
      selected = null;
      await call('select', null);
      await call('choose', given);
      if (given === null) facts.nothing();
      else await sampleFacts();
    });
  }

  async function sampleFacts() {
    if (row === null || !points) return;
    const [x, y, truth, held] = points.subarray(4 * row, 4 * row + 4);
    const its = row;
    const text = await describe(x, y);
    if (its !== row) return;
    const name = about.task === 'classes' ? about.labels[truth] : short(truth);
    const list = [
      [about.axes[0], short(x)],
      [about.axes[1], short(y)],
      ['truth', name],
      ['network', text],
      ['part', held ? 'held out' : 'training'],
    ];
    facts.sample(`Sample ${row + 1}`, list);
  }

  /** What the network says of a point. */
  async function describe(x, y) {
    if (!about) return 'no network yet';
    const scores = await call('at', x, y);
    if (about.task === 'regression') return short(scores[0]);
    if (scores.length === 1) {
      const p = 1 / (1 + Math.exp(-scores[0]));
      return `${about.labels[scores[0] > 0 ? 1 : 0]}, ${percent(Math.max(p, 1 - p))}`;
    }
    const top = Math.max(...scores);
    const whole = scores.reduce((sum, z) => sum + Math.exp(z - top), 0);
    return `${about.labels[scores.indexOf(top)]}, ${percent(1 / whole)}`;
  }

  /** The chosen row, or the first that is learned from. */
  function anyRow() {
    if (row !== null) return row;
    let first = 0;
    while (points[4 * first + 3] === 1) first += 1;
    return first;
  }

  function openNeuron() {
    inOrder(async () => {
      const text = await call('neuronText', selected.layer - 1, selected.neuron, anyRow());
      host.open('expression', { e: text });
    });
  }

  function openLoss() {
    inOrder(async () => {
      const { text, note } = await call('lossText', anyRow());
      if (note) host.tell(`${note[0].toUpperCase()}${note.slice(1)}.`);
      host.open('expression', { e: text });
    });
  }

  // ---- data of one's own ----

  function draw(given) {
    brush = given;
    square.use(brush.mode);
    settings.show(state, live?.training ?? state.training, about, brush);
  }

  function addPoint(x, y) {
    if (state.data.points.length >= MOST_POINTS) return wrong(`${MOST_POINTS} points are as many as a link can hold`);
    const add = [onGrid(x), onGrid(y), brush.kind];
    redrawn([...state.data.points, add], `Class ${brush.kind + 1} at ${short(add[0])}, ${short(add[1])}`);
  }

  function erasePoint(at) {
    redrawn(state.data.points.toSpliced(at, 1), 'Erased a point');
  }

  function clearPoints() {
    redrawn([], 'Erased all points');
  }

  function redrawn(all, said) {
    // At once, so that fast strokes build on each other.
    state.data.points = all;
    inOrder(async () => {
      begin();
      await open();
      store();
      host.say(said);
    });
  }

  async function loadTable() {
    const file = await host.pickFile('.csv,.tsv,.txt,text/csv');
    if (file) await useTable(await file.text(), file.name);
  }

  function pasteTable(text) {
    return useTable(text, 'table.csv');
  }

  function useTable(text, name) {
    return inOrder(async () => {
      begin();
      Object.assign(state.data, { csv: text, name: name.slice(0, 200), target: '', axes: ['', ''], set: 'table' });
      state.net.features = [];
      drawWeights();
      await storeLong();
      await open();
      store({ push: true });
    });
  }

  async function sampleTable() {
    useTable(await call('irises'), 'iris.csv');
  }

  // ---- files ----

  async function openModel() {
    const file = await host.pickFile('.safetensors');
    if (!file) return;
    if (file.size > 20_000_000) return wrong(`${file.name} is larger than any model that fits here`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    inOrder(async () => {
      let opened;
      try {
        opened = await call('openModel', bytes, toEngine(state));
      } catch (error) {
        if (error.gone) throw error;
        return wrong(`${file.name}: ${error.message}`);
      }
      begin();
      const { layers: sizes, features, start, activations, loss, target } = opened;
      Object.assign(state.net, { layers: sizes, features, start });
      state.training.loss = loss;
      if (activations.length > 0) state.training.activations = activations;
      state.data.target = target;
      await storeLong();
      await open();
      store({ push: true });
      host.say(`Opened ${file.name}`);
    });
  }

  function saveAs(kind) {
    inOrder(async () => {
      if (!about) return wrong('There is nothing to save yet');
      if (kind === 'model') host.save('model.safetensors', 'application/octet-stream', await call('model'));
      else if (kind === 'table') host.save('data.csv', 'text/csv', await call('table'));
      else if (kind === 'graph') host.save('graph.svg', 'image/svg+xml', await call('graph', anyRow()));
      else {
        const name = kind === 'rust' ? 'network.rs' : 'network.py';
        host.save(name, 'text/plain', await call('code', kind));
      }
      host.say('Saved');
    });
  }

  return {
    unmount() {
      mounted = false;
      watch.disconnect();
      graph.remove();
      call('leave').catch(() => {});
    },
    observe(callback) {
      observers.add(callback);
      return () => observers.delete(callback);
    },
    unshared: () => (leftOut.length > 0 ? `The link leaves out ${leftOut.join(' and ')}: ${tooLong()}. Save a file instead.` : null),
    exportState: () => {
      const table = SETS[state.data.set].file ? { csv: state.data.csv, name: state.data.name } : {};
      const first = state.net.start.length > 0 ? { start: state.net.start } : {};
      return table.csv || first.start ? { ...table, ...first } : undefined;
    },
    importState: (given) =>
      inOrder(async () => {
        if (SETS[state.data.set].file) {
          if (typeof given?.csv !== 'string' || given.csv.length > 8_000_000) throw new Error('The file has no table that can be read');
          state.data.csv = given.csv;
          state.data.name = String(given.name ?? 'table.csv').slice(0, 200);
        }
        if (given?.start !== undefined) {
          state.net.start = weights(JSON.stringify(given.start)) ?? [];
          if (state.net.start.length === 0) throw new Error('The file has first weights that cannot be read');
        }
        await storeLong();
        await open({ steps: state.steps });
      }),
  };
}
