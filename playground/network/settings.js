// What a network room is made from, and how it stands in an address.
//
// A setting that has its default is left out of the address. Changes that were made on the way of a run, and
// weights that were edited, are events with the number of steps before them: `then=120:rate:0.1,240:w57:0.5`.

/** Sets of data: name to title, and which controls belong to them. */
export const SETS = {
  moons: { title: 'Moons', generated: true },
  circles: { title: 'Circles', generated: true },
  xor: { title: 'Xor', generated: true },
  gaussians: { title: 'Gaussians', generated: true, classes: [2, 5] },
  spirals: { title: 'Spirals', generated: true, classes: [2, 5] },
  plane: { title: 'Plane', generated: true, regression: true },
  hills: { title: 'Hills', generated: true, regression: true },
  function: { title: 'y > f(x)', generated: true, formula: true },
  points: { title: 'Drawn', drawn: true },
  table: { title: 'Own table', file: true },
};

export const ACTIVATIONS = ['tanh', 'relu', 'sigmoid', 'linear', 'leaky_relu', 'gelu', 'softplus', 'sin'];
export const ORDERS = { new: 'new in each epoch', same: 'always the same' };
export const OPTIMISERS = { sgd: 'SGD', momentum: 'Momentum', adam: 'Adam', adamw: 'AdamW' };
export const LOSSES = { cross_entropy: 'Cross-entropy', squared: 'Squared error', absolute: 'Absolute error', hinge: 'Hinge' };
export const REGRESSION_LOSSES = { squared: 'Squared error', absolute: 'Absolute error' };
export const SCHEDULES = { constant: 'Constant', linear: 'Linear to 0', cosine: 'Cosine to 0', halving: 'Halving' };
export const INITS = { xavier: 'Xavier', kaiming: 'Kaiming', uniform: 'Uniform −1…1' };
export const SPEEDS = { 1: '1 / s', 5: '5 / s', 25: '25 / s', 200: '200 / s', max: 'Full speed' };
export const MOST_LAYERS = 8;
export const MOST_NEURONS = 64;
export const MOST_POINTS = 600;
/** Reloading a link trains again; more steps than this would keep whoever opens it waiting. */
export const MOST_STEPS = 50_000_000;

const number = { read: (text) => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined), write: String };
const whole = { read: (text) => (/^\d{1,12}$/.test(text) ? Number(text) : undefined), write: String };
const text = { read: (value) => value.slice(0, 2000), write: String };
const among = (names) => ({ read: (value) => (Object.hasOwn(names, value) ? value : undefined), write: String });
const list = (each) => ({
  read: (value) => {
    const all = value === '' ? [] : value.split(',').map(each.read);
    return all.includes(undefined) ? undefined : all;
  },
  write: (all) => all.map(each.write).join(','),
});
const words = { read: (value) => value.slice(0, 200), write: String };
const truth = { read: (value) => (value === 'true' || value === 'false' ? value === 'true' : undefined), write: String };
const escaped = { read: (value) => decodeURIComponent(value), write: (value) => encodeURIComponent(value) };

/** Key in the address: place in the settings, how it is read and written, and its default. */
const KEYS = {
  set: ['data', 'set', among(SETS), 'moons'],
  rows: ['data', 'rows', whole, 250],
  noise: ['data', 'noise', number, 0.1],
  held: ['data', 'held', number, 0.3],
  seed: ['data', 'seed', whole, 1],
  classes: ['data', 'classes', whole, 3],
  f: ['data', 'function', text, 'sin(2*x)'],
  target: ['data', 'target', text, ''],
  axes: ['data', 'axes', list(escaped), ['', '']],
  in: ['net', 'features', list(escaped), []],
  layers: ['net', 'layers', list(whole), [4, 4]],
  init: ['net', 'init', among(INITS), 'xavier'],
  act: ['training', 'activations', list(words), ['tanh']],
  batch: ['training', 'batch', whole, 10],
  shuffle: ['training', 'shuffle', truth, true],
  loss: ['training', 'loss', among(LOSSES), 'cross_entropy'],
  l1: ['training', 'l1', number, 0],
  l2: ['training', 'l2', number, 0],
  opt: ['training', 'optimiser', among(OPTIMISERS), 'sgd'],
  rate: ['training', 'rate', number, 0.1],
  mom: ['training', 'momentum', number, 0.9],
  decay: ['training', 'decay', number, 0.01],
  sched: ['training', 'schedule', among(SCHEDULES), 'constant'],
  span: ['training', 'span', whole, 100],
};
const TRAINING = Object.fromEntries(
  Object.entries(KEYS).filter(([, [group]]) => group === 'training').map(([key, [, name]]) => [name, key]),
);
const STOP = { loss: number, accuracy: number, epochs: whole, patience: whole };

/** All defaults. */
export function defaults() {
  const state = { data: { points: [], csv: '', name: 'table.csv' }, net: { start: [] }, training: {}, log: [], steps: 0, stop: { loss: 0, accuracy: 0, epochs: 0, patience: 0 }, race: [], speed: 'max' };
  for (const [group, name, , value] of Object.values(KEYS)) state[group][name] = structuredClone(value);
  return state;
}

const alike = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The state that an address says, but for a table and first weights: {state, wrong: names of keys that cannot be read}. */
export function fromAddress(entries) {
  const state = defaults();
  const wrong = [];
  const take = (key, read) => {
    if (!entries.has(key)) return;
    let value;
    try {
      value = read(entries.get(key));
    } catch {
      value = undefined;
    }
    if (value === undefined) wrong.push(key);
    return value;
  };
  for (const [key, [group, name, kind]] of Object.entries(KEYS)) {
    state[group][name] = take(key, kind.read) ?? state[group][name];
  }
  if (state.data.axes.length !== 2) state.data.axes = ['', ''];
  state.data.points = take('p', readPoints) ?? [];
  state.data.name = take('name', text.read) ?? state.data.name;
  state.log = take('then', readLog) ?? [];
  state.steps = Math.min(take('steps', whole.read) ?? 0, MOST_STEPS);
  state.speed = take('speed', among(SPEEDS).read) ?? 'max';
  for (const part of (entries.get('stop') ?? '').split(',').filter(Boolean)) {
    const [name, value] = part.split(':');
    const read = Object.hasOwn(STOP, name) ? STOP[name].read(value ?? '') : undefined;
    if (read === undefined) wrong.push('stop');
    else state.stop[name] = read;
  }
  state.race = take('race', readRace) ?? [];
  return { state, wrong };
}

/** The entries of a state, null for what has its default; without the table and first weights. */
export function toAddress(state) {
  const entries = {};
  for (const [key, [group, name, kind, value]] of Object.entries(KEYS)) {
    entries[key] = alike(state[group][name], value) ? null : kind.write(state[group][name]);
  }
  const { data, stop } = state;
  const is = SETS[data.set];
  if (!is.classes) entries.classes = null;
  if (!is.formula) entries.f = null;
  if (!is.file) entries.target = entries.axes = null;
  entries.p = is.drawn && data.points.length > 0 ? writePoints(data.points) : null;
  entries.name = is.file && data.name !== 'table.csv' ? data.name : null;
  entries.then = state.log.length > 0 ? writeLog(state.log) : null;
  entries.steps = state.steps > 0 ? state.steps : null;
  entries.speed = state.speed === 'max' ? null : state.speed;
  const ends = Object.keys(STOP).filter((name) => stop[name] > 0).map((name) => `${name}:${stop[name]}`);
  entries.stop = ends.length > 0 ? ends.join(',') : null;
  entries.race = state.race.length > 0 ? writeRace(state.race) : null;
  return entries;
}

/** The settings for the engine. */
export function toEngine({ data, net, training }) {
  const is = SETS[data.set];
  return JSON.stringify({
    data: { ...data, points: is.drawn ? data.points : [], csv: is.file ? data.csv : '' },
    net,
    training,
  });
}

// Points drawn by hand take five characters: two for each coordinate, one for the class.
const GRID = 36 * 36 - 1;
const REACH = 1.1;

export const onGrid = (x) => (Math.round(((x + REACH) / (2 * REACH)) * GRID) / GRID) * 2 * REACH - REACH;

function writePoints(points) {
  const code = (x) => Math.round(((x + REACH) / (2 * REACH)) * GRID).toString(36).padStart(2, '0');
  return points.map(([x, y, c]) => `${code(x)}${code(y)}${c}`).join('');
}

function readPoints(code) {
  if (code.length % 5 !== 0 || code.length > 5 * MOST_POINTS || !/^[0-9a-z]*$/.test(code)) return undefined;
  const at = (k) => (parseInt(code.slice(k, k + 2), 36) / GRID) * 2 * REACH - REACH;
  const points = [];
  for (let k = 0; k < code.length; k += 5) {
    const c = Number(code[k + 4]);
    if (!(c < 5)) return undefined;
    points.push([at(k), at(k + 2), c]);
  }
  return points;
}

const writeValue = (value) => (Array.isArray(value) ? value.join('.') : String(value));

/** Events: {at, set: {…}} | {at, weight: [place, number]} | {at, samples: count}. */
export function writeLog(log) {
  const parts = [];
  for (const { at, set, weight, samples } of log) {
    if (weight) parts.push(`${at}:w${weight[0]}:${weight[1]}`);
    else if (samples) parts.push(`${at}:s:${samples}`);
    else for (const [name, value] of Object.entries(set)) parts.push(`${at}:${TRAINING[name]}:${writeValue(value)}`);
  }
  return parts.join(',');
}

function readLog(text) {
  const log = [];
  for (const part of text.split(',').filter(Boolean)) {
    const [at, key, ...rest] = part.split(':');
    const value = rest.join(':');
    if (!/^\d{1,12}$/.test(at)) return undefined;
    const weight = /^w(\d{1,6})$/.exec(key ?? '');
    if (weight) log.push({ at: Number(at), weight: [Number(weight[1]), Number(value)] });
    else if (key === 's') log.push({ at: Number(at), samples: Number(value) });
    else {
      const [group, name, kind] = KEYS[key] ?? [];
      if (group !== 'training') return undefined;
      const read = key === 'act' ? value.split('.') : kind.read(value);
      if (read === undefined) return undefined;
      log.push({ at: Number(at), set: { [name]: read } });
    }
  }
  return log;
}

// Racers: the optimiser and its rate: `sgd:0.1,adam:0.01`.
const writeRace = (race) => race.map(({ optimiser, rate }) => `${optimiser}:${rate}`).join(',');

function readRace(text) {
  const race = text.split(',').filter(Boolean).map((part) => {
    const [optimiser, rate] = part.split(':');
    return { optimiser, rate: number.read(rate ?? '') };
  });
  return race.some(({ optimiser, rate }) => !Object.hasOwn(OPTIMISERS, optimiser) || rate === undefined) ? undefined : race.slice(0, 4);
}
