// The frame of the page: opens the room that the address names and gives it what rooms need.

import { LONGEST, openAddress } from './address.js';
import { element } from './element.js';
import { startEngine } from './engine.js';
import { pickFile, save } from './files.js';
import { openHelp } from './help.js';
import { hider } from './hide.js';
import { keyboard } from './keys.js';
import { liveRegion } from './live.js';
import { noticeBoard } from './notices.js';
import { goOffline } from './offline.js';
import { NAME, fromFile, toText } from './saved.js';
import { openShare } from './share.js';
import { onTheme, theme, themeButton } from './theme.js';

const TITLES = { expression: 'Expression', network: 'Network', tour: 'Tour' };

const place = document.getElementById('room');
const say = liveRegion(document.getElementById('live'));
const tell = noticeBoard(document.getElementById('notices'));
const keys = keyboard();
const hide = hider();

/** What is open: {name, room, listeners, leave}. */
let open = null;
/** Each opening has a number, so that one that was overtaken does not go on. */
let opening = 0;

/** A room that stops the engine as soon as it opens is not opened again by itself. */
const PATIENCE = 10_000;
let lastCrash = -Infinity;

const engine = startEngine((message) => {
  const again = performance.now() - lastCrash < PATIENCE;
  lastCrash = performance.now();
  const what = `The engine stopped: ${message.split('\n').slice(0, 2).join(' ')}`;
  const run = () => show(address.now);
  if (again) {
    document.documentElement.dataset.engine = 'stopped';
    tell(new Error(what), { action: { label: 'Start it again', run } });
  } else {
    tell(new Error(`${what}\nIt was started again from the address of this page.`));
    run();
  }
});

/** What each room's address was when it was left, so that going there and back loses nothing. */
const left = new Map();

const address = openAddress((now, before) => {
  hide(now.hidden);
  left.set(before.room, before.entries);
  if (now.room !== before.room || open === null) show(now);
  else for (const callback of open.listeners) callback(new Map(now.entries));
});

/** Mounts the room of an address; `state` is what a file has beside it. */
async function show({ room: name, hidden }, state) {
  opening += 1;
  const number = opening;
  hide(hidden);
  open?.leave();
  open = null;
  keys.clear();
  keys.add({ '?': { label: 'show these keys', run: () => openHelp(keys.listed()) } });
  for (const link of document.querySelectorAll('[data-room]')) {
    if (link.dataset.room === name) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  document.title = `${TITLES[name]} · gradling playground`;
  place.setAttribute('aria-busy', 'true');
  place.dataset.room = name;
  delete document.documentElement.dataset.ready;
  delete document.documentElement.dataset.engine;
  const root = element('div', { class: `${name}-room` });
  place.replaceChildren(root);
  try {
    const { mount } = await import(`../${name}/room.js`);
    if (number !== opening) return;
    const mounted = hostOf(root, number);
    const room = await mount(mounted.host);
    open = { name, room, ...mounted, leave: () => (mounted.leave(), room?.unmount?.()) };
    if (number !== opening) {
      open.leave();
      open = null;
      return;
    }
    if (state !== undefined) await room.importState?.(state);
  } catch (error) {
    if (!error.gone) {
      tell(error);
      console.error(error);
    }
  }
  if (number !== opening) return;
  place.setAttribute('aria-busy', 'false');
  document.documentElement.dataset.ready = name;
  performance.mark('gradling-ready');
}

/** What a room gets; see README.md. */
function hostOf(root, number) {
  const listeners = new Set();
  const ends = [];
  const ending = (stop) => {
    ends.push(stop);
    return stop;
  };
  const isOpen = () => number === opening;
  const host = {
    root,
    engine: { call: engine.call },
    on: (event, callback) => ending(engine.on(event, callback)),
    address: {
      longest: LONGEST,
      read: () => new Map(address.now.entries),
      // A room that was left may still finish something.
      write: (entries, how = {}) => isOpen() && address.write(entries, { push: how === 'push' || how.push }),
      onchange: (callback) => listeners.add(callback),
    },
    say,
    tell,
    get hidden() {
      return address.now.hidden;
    },
    open: (room, entries = {}) => address.go(room, entries),
    save,
    pickFile,
    keys: (given) => isOpen() && keys.add(given),
    get theme() {
      return theme();
    },
    onTheme: (callback) => ending(onTheme(callback)),
  };
  return { host, listeners, leave: () => ends.forEach((stop) => stop()) };
}

async function saveFile() {
  try {
    const { room: name, entries } = address.now;
    save(NAME, 'application/json', toText(name, entries, await open?.room?.exportState?.()));
    say('Saved');
  } catch (error) {
    tell(error);
  }
}

async function openFile() {
  const file = await pickFile('.json,application/json');
  if (!file) return;
  try {
    const { room, entries, state } = await fromFile(file);
    // Shown once, with the state.
    left.set(address.now.room, address.now.entries);
    address.quietly(room, entries);
    await show(address.now, state);
    say(`${file.name} is open`);
  } catch (error) {
    tell(error);
  }
}

document.getElementById('share').addEventListener('click', () => {
  openShare({
    link: (hidden) => address.link(hidden),
    hidden: address.now.hidden,
    unshared: open?.room?.unshared?.() ?? null,
    saveFile,
    openFile,
    say,
    tell,
  });
});
document.getElementById('help').addEventListener('click', () => openHelp(keys.listed()));
for (const link of document.querySelectorAll('[data-room]')) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { room } = link.dataset;
    if (room !== address.now.room) address.go(room, left.get(room) ?? {});
  });
}
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  place.focus();
});
themeButton(document.getElementById('theme'), say);
show(address.now);
// Not before the page can be used.
addEventListener('load', () => goOffline(tell).catch(() => {}));
