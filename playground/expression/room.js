// The room of expressions: a text, its graph, and the backward pass one edge at a time.
//
// The session in the worker has the values; what is shown is a function of the state here and of its last
// answer. Calls that would overtake each other are few: the newest change of a kind wins.

import { element } from '../shell/element.js';
import { codePanel, png } from './code.js';
import { draggable } from './drag.js';
import { editor } from './editor.js';
import { numbers } from './numbers.js';
import { picture } from './picture.js';
import { player } from './player.js';
import { quiz } from './quiz.js';
import { read, written } from './state.js';

/** Up to so many values slopes follow while a number is dragged. */
const FEW = 150;

const TABS = [['numbers', 'Numbers'], ['quiz', 'Quiz'], ['code', 'Code']];

export async function mount(host) {
  const { engine, say, tell } = host;
  const ask = (name, given = {}) => engine.call(`expression.${name}`, given);
  const examples = await ask('examples');
  const fallback = examples[0].text;
  let state = await read(host.address.read(), fallback);
  let drawn = null;
  let frame = null;
  let ended = false;
  let fits = true;
  const watchers = new Set();

  // What is on the screen.
  const stage = element('div', { class: 'stage', 'data-group': 'graph', 'data-group-label': 'The graph' });
  // Zooming begins with what is in the page.
  host.root.append(stage);
  const graph = picture(stage, {
    chosen: (place) => choose(place),
    opened: (part) => setFold(true, [...state.opened, part]),
  });
  const tool = (name, label, sign, run) => element('button', { type: 'button', class: `button stage-tool tool-${name}`, 'aria-label': label, title: label, onclick: run }, sign);
  const fold = element('button', { type: 'button', class: 'button stage-tool tool-fold', 'aria-pressed': 'false', onclick: () => setFold(!state.fold, []) }, 'Fold');
  stage.append(element('div', { class: 'stage-tools', role: 'group', 'aria-label': 'View' },
    fold, tool('out', 'Zoom out', '−', () => graph.zoom.out()), tool('in', 'Zoom in', '+', () => graph.zoom.in()), tool('fit', 'Fit to the window', '⤢', () => graph.zoom.fit())));
  const notes = element('div', { class: 'stage-notes' });
  stage.append(notes);
  const drags = draggable(stage, graph, { leaf: leafAt, set });
  const text = editor(examples, {
    typed: (value) => retype(value),
    picked: (example) => open(example.text),
    resetEdits: () => {
      state.edits = [];
      load({ keep: true });
      store();
    },
  });
  const tape = player({ go, value });
  const table = numbers({ chosen: (place) => graph.focus(place), set, check: () => setCheck(!state.check) });
  const asking = quiz({ judge: (place, answer) => ask('judge', { place, answer }), changed: setQuiz, say });
  const code = codePanel({
    language: (language) => {
      state.language = language;
      store();
      showCode();
    },
    save: (kind) => saveGraph(kind).catch(tell),
    copied: () => say('The code is copied'),
    tell,
  });
  const panels = { numbers: table.root, quiz: asking.root, code: code.root };
  const tabs = TABS.map(([name, label]) => element('button', {
    type: 'button', role: 'tab', id: `tab-${name}`, class: 'tab', 'aria-controls': `panel-${name}`, 'data-group': name, 'data-group-label': label,
    onclick: () => setTab(name),
  }, label));
  const tablist = element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views', onkeydown: (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = TABS.findIndex(([name]) => name === state.tab);
    const to = (at + by + TABS.length) % TABS.length;
    setTab(TABS[to][0]);
    tabs[to].focus();
  } }, tabs);
  const frames = Object.entries(panels).map(([name, panel]) => element('div', { role: 'tabpanel', id: `panel-${name}`, class: 'tab-panel', 'aria-labelledby': `tab-${name}`, 'data-group': name }, panel));
  host.root.append(
    element('h1', { class: 'unseen' }, 'Expression'),
    element('div', { class: 'desk-side' }, text.root, element('section', { class: 'side-panel', 'aria-label': 'Details' }, tablist, frames)),
    element('div', { class: 'desk-main' }, stage, tape.root));

  /** The newest call of a kind, and only that, is sent when the one before it was answered. */
  function newest(run) {
    let busy = false;
    let waiting = null;
    return async function call(...args) {
      if (busy) {
        waiting = args;
        return;
      }
      busy = true;
      try {
        await run(...args);
      } catch (error) {
        if (!error.gone && !ended) tell(error);
      } finally {
        busy = false;
        const next = waiting;
        waiting = null;
        if (next) call(...next);
        else if (!ended) settled();
      }
    };
  }

  /** A screen that is higher than wide has the data flow down. */
  const isHigh = () => stage.clientWidth < 560;
  let high = isHigh();
  const turned = new ResizeObserver(() => {
    if (isHigh() === high || ended) return;
    high = isHigh();
    if (drawn) load({ keep: true });
  });
  turned.observe(stage);

  // What the session answers.
  let loads = 0;
  async function load({ keep = false } = {}) {
    loads += 1;
    const mine = loads;
    const { text: wanted, edits, step, opened } = state;
    host.root.dataset.state = 'loading';
    text.set(wanted);
    let answer;
    try {
      const given = { text: wanted, edits: edits.map(({ key, value, base }) => ({ key, value: String(value), base: base ?? null })), step, fold: state.fold, auto: !state.unfolded, opened, down: isHigh() };
      answer = await ask('load', given);
      // The steps of another graph mean nothing.
      // What was found in a quiz is shown, so all is computed.
      if (state.quiz) answer.frame = await ask('go', { step: answer.total });
      else if (!keep && step > 0 && drawn && answer.shape !== drawn.shape) answer.frame = await ask('go', { step: 0 });
    } catch (error) {
      if (mine !== loads || ended || error.gone) return;
      const what = text.bad(error);
      stage.classList.add('is-stale');
      host.root.dataset.state = 'wrong';
      host.root.dataset.loads = String(mine);
      quietly(() => say(what));
      return;
    }
    if (mine !== loads || ended) return;
    quietly(null);
    text.good();
    await take(answer);
    host.root.dataset.state = 'good';
    host.root.dataset.loads = String(mine);
  }

  /** Errors of a half-typed text are said when the typing rests. */
  let resting = null;
  function quietly(run) {
    clearTimeout(resting);
    if (run) resting = setTimeout(run, 900);
  }

  /** Where there is much to do, the browser draws in between. */
  const breathe = () => (drawn.nodes.length > FEW ? new Promise((done) => requestAnimationFrame(() => setTimeout(done))) : null);

  async function take(answer) {
    const mine = loads;
    state.fold = answer.fold;
    const { picture: drawing } = answer;
    for (const kind of ['nodes', 'edges']) drawing[kind] = drawing[kind] === '' ? [] : drawing[kind].split('\n');
    const same = drawn && drawn.shape === answer.shape && drawn.picture.nodes.length === drawing.nodes.length && drawn.fold === state.fold && drawn.high === isHigh();
    answer.high = isHigh();
    answer.places = new Map(answer.nodes.map(({ id }, place) => [String(id), place]));
    answer.leafOf = new Map(answer.leaves.map(({ place }, i) => [place, i]));
    answer.total = answer.frame.total;
    drawn = answer;
    frame = answer.frame;
    state.step = frame.step;
    // Edits of leaves that are gone are gone.
    const bases = new Map(answer.leaves.map(({ key, base }, i) => [key, { base: String(base), now: String(frame.leaves[i]) }]));
    state.edits = state.edits.filter(({ key, value }) => bases.has(key) && Number(bases.get(key).now) === Number(value) || bases.get(key)?.now === String(value))
      .map((edit) => ({ ...edit, base: bases.get(edit.key).base }));
    stage.classList.remove('is-stale');
    if (state.selected !== null && state.selected >= answer.nodes.length) state.selected = null;
    notes.replaceChildren(...noteTexts().map((note) => element('p', {}, note)));
    fold.hidden = answer.parts.length === 0;
    fold.setAttribute('aria-pressed', String(state.fold));
    await breathe();
    if (mine !== loads || ended) return;
    asking.show(answer, state.quiz);
    table.show(answer, asking.mask());
    await breathe();
    if (mine !== loads || ended) return;
    if (same) {
      // The picture keeps its places and its zoom.
      graph.keep(answer);
      showFrame(answer.frame);
    } else {
      const shown = graph.show(answer);
      showFrame(answer.frame);
      await shown;
    }
    if (state.check) await measure();
    await details();
    store();
  }

  function noteTexts() {
    const found = [];
    if (drawn.leftOut > 0) found.push(`The picture shows the last ${drawn.nodes.length - drawn.leftOut} of ${drawn.nodes.length} values.`);
    if (drawn.free.length > 0) found.push(`${drawn.free.slice(0, 4).join(', ')}${drawn.free.length > 4 ? ' …' : ''}: not given in the text, drag ${drawn.free.length > 1 ? 'them' : 'it'}.`);
    return found;
  }

  const quizSays = () => (state.quiz ? 'Quiz: the gradients are hidden until you have found them.' : null);

  function showFrame(given) {
    frame = given;
    drawn.frame = given;
    state.step = given.step;
    const mask = asking.mask();
    graph.frame(given, mask);
    table.frame(given, mask);
    tape.show(given, quizSays());
    text.show(state.edits.map(({ key }) => nameOf(key)));
    const broken = given.nonFinite;
    let alarm = notes.querySelector('.alarm');
    if (broken && !alarm) notes.prepend(alarm = element('p', { class: 'alarm' }));
    if (!broken) alarm?.remove();
    else alarm.textContent = `The first value that is no finite number: ${broken.text}.`;
    host.root.dataset.step = String(given.step);
    host.root.dataset.total = String(given.total);
    host.root.dataset.frames = String(Number(host.root.dataset.frames ?? 0) + 1);
    for (const watcher of watchers) watcher(snapshot());
  }

  function nameOf(key) {
    const at = drawn.leaves.findIndex((leaf) => leaf.key === key);
    if (at < 0) return key;
    return key.startsWith('~') ? `the constant ${drawn.leaves[at].base}` : key;
  }

  const step = newest(async (name, given, spoken) => {
    const answer = await ask(name, given);
    if (ended) return;
    showFrame(answer);
    if (answer.last && !state.quiz) graph.follow(answer.last);
    if (spoken && !state.quiz) say(answer.said.spoken);
    store();
    await details();
  });
  const stepping = (name, given) => new Promise((done) => {
    const wait = () => (done(), undefined);
    step(name, given, true).then(wait);
  });
  function go(to) {
    return stepping('go', { step: to });
  }
  function value(name) {
    return stepping(name, {});
  }

  // A number that is dragged.
  const send = newest(async (place, number) => {
    const leaf = drawn.leaves[drawn.leafOf.get(place)];
    if (!leaf) return;
    const answer = await ask('set', { key: leaf.key, value: String(number) });
    if (ended) return;
    state.edits = state.edits.filter(({ key }) => key !== leaf.key);
    if (String(leaf.base) !== String(answer.leaves[drawn.leafOf.get(place)])) state.edits.push({ key: leaf.key, value: String(number), base: String(leaf.base) });
    showFrame(answer);
    if (state.quiz) asking.frame(answer);
    if (state.check && drawn.nodes.length <= FEW) await measure();
  });
  function set(place, number) {
    if (frame) send(place, number);
  }
  function leafAt(place) {
    const at = drawn?.leafOf.get(place);
    if (at === undefined) return null;
    return { name: frame.names[place], value: Number(String(frame.leaves[at]).replace('inf', 'Infinity')) };
  }

  /** After the last of a row of changes. */
  async function settled() {
    store();
    try {
      await details();
      if (state.tab === 'code') await showCode();
      if (state.check && drawn?.nodes.length > FEW) await measure();
    } catch (error) {
      if (!error.gone && !ended) tell(error);
    }
    host.root.dataset.settled = String(Number(host.root.dataset.settled ?? 0) + 1);
  }

  async function details() {
    const place = state.selected;
    if (place === null || !drawn) return table.detail(null);
    const found = await ask('explain', { place });
    if (ended || place !== state.selected) return;
    const hidden = asking.mask()?.has(place);
    table.detail(found && hidden ? { ...found, grad: '?', uses: [] } : found, drawn.nodes[place]?.made);
  }

  function choose(place) {
    if (state.selected === place) return;
    state.selected = place;
    graph.select(place);
    details().catch(tell);
    store();
  }

  async function measure() {
    try {
      const found = await ask('check');
      if (state.check) return table.slopes(found);
    } catch (error) {
      if (!error.gone) return table.slopes([], `${error.message}: ${error.place?.help ?? ''}`);
    }
  }
  async function setCheck(on) {
    state.check = on;
    if (on) setTab('numbers');
    store();
    const verdict = on ? await measure() : table.slopes(null);
    say(on ? verdict : 'Slopes are hidden');
  }

  async function showCode() {
    const { language } = state;
    const shown = await ask('code', { language });
    if (language === state.language) code.show(shown, language);
  }

  function setTab(name) {
    state.tab = name;
    TABS.forEach(([other], i) => {
      tabs[i].setAttribute('aria-selected', String(other === name));
      tabs[i].tabIndex = other === name ? 0 : -1;
      frames[i].hidden = other !== name;
    });
    if (name === 'code' && drawn) showCode().catch(tell);
    store();
  }

  function setFold(on, opened) {
    state.fold = on;
    state.opened = opened;
    state.unfolded = !on;
    store();
    return load({ keep: true });
  }

  function setQuiz(given) {
    const was = state.quiz;
    state.quiz = given;
    const at = was?.marks.length;
    asking.show(drawn, given);
    showFrame(frame);
    details().catch(tell);
    store(given && !was);
    if (Boolean(given) !== Boolean(was)) go(given ? drawn.total : 0);
    if (given && at !== given.marks.length && asking.asks() !== null) graph.select(asking.asks());
  }

  // Who types fast, or pastes, has the last text read, not each on the way.
  const follow = newest(() => load());
  function retype(value) {
    state.text = value;
    state.quiz = null;
    host.root.dataset.state = 'loading';
    follow();
  }

  function open(value) {
    state = { ...state, text: value, edits: [], step: 0, quiz: null, selected: null, fold: false, opened: [], unfolded: false };
    store(true);
    load({ keep: true });
  }

  // The address. Writing takes a moment where a text is compressed; the newest wins.
  let stores = 0;
  let pushing = false;
  async function store(push = false) {
    stores += 1;
    const mine = stores;
    pushing ||= push;
    const { entries, whole } = await written(state, fallback, host.address.longest);
    if (mine !== stores || ended) return;
    host.address.write(entries, { push: pushing });
    pushing = false;
    if (fits && !whole) tell('This expression is too long for an address: the link and a reload do not have it. Save it as a file by Share.');
    fits = whole;
  }

  host.address.onchange(async (entries) => {
    const before = state;
    state = await read(entries, fallback);
    state.unfolded = before.unfolded;
    setTab(state.tab);
    if (!state.check) table.slopes(null);
    await load({ keep: true });
    graph.select(state.selected);
  });

  async function saveGraph(kind) {
    if (kind === 'dot') return host.save('graph.dot', 'text/vnd.graphviz', await ask('dot'));
    const svg = await ask('svg');
    if (kind === 'svg') return host.save('graph.svg', 'image/svg+xml', svg);
    return host.save('graph.png', 'image/png', await png(svg));
  }

  const snapshot = () => ({
    room: 'expression', text: state.text, step: frame?.step ?? 0, total: frame?.total ?? 0, last: frame?.last ?? null,
    edits: state.edits.map(({ key, value }) => ({ key, value: Number(value) })), check: state.check, tab: state.tab,
    quiz: state.quiz && { ...state.quiz }, selected: state.selected,
    names: frame?.names ?? [], data: frame?.data ?? [], grads: frame?.grads ?? [],
    result: frame ? Number(frame.data.at(-1)) : null, nonFinite: frame?.nonFinite?.text ?? null,
  });

  host.keys({
    ' ': { label: 'play or pause the steps', run: () => tape.toggle() },
    s: { label: 'step one edge', run: () => tape.forth() },
    S: () => tape.forth(),
    ArrowRight: { label: 'step one edge', run: () => tape.forth() },
    'Shift+ArrowLeft': { label: 'back one edge', run: () => tape.back() },
    'Shift+ArrowRight': { label: 'step one whole value', run: () => !state.quiz && value('next-value') },
    r: { label: 'reset the steps', run: () => tape.reset() },
    R: () => tape.reset(),
    g: { label: 'check the gradients by slopes', run: () => setCheck(!state.check) },
    G: () => setCheck(!state.check),
    q: { label: 'start or end the quiz', run: startQuiz },
    Q: () => startQuiz(),
    '+': { label: 'zoom in', run: () => graph.zoom.in() },
    '=': () => graph.zoom.in(),
    '-': { label: 'zoom out', run: () => graph.zoom.out() },
    0: { label: 'fit the graph to the window', run: () => graph.zoom.fit() },
    Enter: { label: 'on a leaf of the graph: type its number', run: () => {} },
    'Ctrl+ArrowLeft': { label: 'in the graph, as the other arrows: pan', run: () => {} },
  });
  function startQuiz() {
    setTab('quiz');
    if (state.quiz) setQuiz(null);
    else asking.begin();
  }

  setTab(state.tab);
  graph.select(state.selected);
  await load({ keep: true });

  return {
    unmount() {
      ended = true;
      quietly(null);
      turned.disconnect();
      tape.pause();
      graph.end();
    },
    unshared: () => (fits ? null : 'The link leaves out the expression, which is too long for it. Save a file instead.'),
    exportState: () => ({ text: state.text, edits: state.edits }),
    async importState(saved) {
      if (typeof saved?.text !== 'string' || !Array.isArray(saved.edits)) return;
      const edits = saved.edits.filter(({ key, value }) => typeof key === 'string' && !Number.isNaN(Number(value)));
      state = { ...state, text: saved.text, edits: edits.map(({ key, value }) => ({ key, value: String(value) })) };
      await load({ keep: true });
    },
    observe(callback) {
      watchers.add(callback);
      if (frame) callback(snapshot());
      return () => watchers.delete(callback);
    },
  };
}
