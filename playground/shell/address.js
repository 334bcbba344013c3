// The state of a room, in the part of the address after `#`: `#expression?e=a*b&hide=code,quiz`.
//
// A link therefore reproduces what it was copied from, and Back and Forward go through what was pushed.

/** Longer links are cut by mail programs and refused by some servers and chats. */
export const LONGEST = 8000;

const ROOMS = ['expression', 'network', 'tour'];
const HIDE = 'hide';
const GROUP = /^[a-z][a-z0-9-]{0,40}$/;

/** What an address says: {room, entries: Map, hidden: Set}. */
export function parse(hash) {
  const [name, ...rest] = hash.replace(/^#/, '').split('?');
  const room = ROOMS.includes(name) ? name : ROOMS[0];
  const entries = new Map(ROOMS.includes(name) ? new URLSearchParams(rest.join('?')) : []);
  const hidden = new Set((entries.get(HIDE) ?? '').split(',').filter((group) => GROUP.test(group)));
  entries.delete(HIDE);
  return { room, entries, hidden };
}

/** The text after and with `#`. */
export function format({ room, entries, hidden }) {
  const said = new URLSearchParams([...entries]);
  if (hidden.size > 0) said.set(HIDE, [...hidden].join(','));
  // Commas and colons are common in these and need no escape behind a `#`.
  const query = said.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return `#${room}${query && '?'}${query}`;
}

export const isRoom = (name) => ROOMS.includes(name);

/** The address of this page; `changed(state, {moved})` is called when Back, Forward or a link changes it. */
export function openAddress(changed) {
  let now = parse(location.hash);
  let waiting = null;

  const store = () => {
    clearTimeout(waiting);
    waiting = null;
    if (format(now) !== location.hash) history.replaceState(null, '', format(now));
  };
  const follow = () => {
    if (waiting !== null || location.hash === format(now)) return;
    const before = now;
    now = parse(location.hash);
    changed(now, before);
  };
  addEventListener('popstate', () => {
    // Back and Forward win over what was not written yet.
    clearTimeout(waiting);
    waiting = null;
    follow();
  });
  addEventListener('hashchange', follow);
  addEventListener('pagehide', () => waiting !== null && store());

  return {
    get now() {
      return now;
    },
    /** Changes keys of this room; null leaves a key out. Browsers refuse too many changes a second. */
    write(entries, { push = false } = {}) {
      const next = new Map(now.entries);
      for (const [key, value] of entries instanceof Map ? entries : Object.entries(entries)) {
        if (value === null || value === undefined) next.delete(key);
        else next.set(key, String(value));
      }
      const written = { ...now, entries: next };
      if (format(written) === format(now)) return;
      if (push) {
        if (waiting !== null) store();
        now = written;
        history.pushState(null, '', format(now));
      } else {
        now = written;
        waiting ??= setTimeout(store, 120);
      }
    },
    /** Goes to a room, as a link would. */
    go(room, entries) {
      const before = now;
      this.quietly(room, entries);
      changed(now, before);
    },
    /** Goes to a room without calling back. */
    quietly(room, entries) {
      if (waiting !== null) store();
      now = { room, entries: new Map(entries instanceof Map ? entries : Object.entries(entries)), hidden: now.hidden };
      history.pushState(null, '', format(now));
    },
    /** The link to what is shown, hiding these groups. */
    link(hidden) {
      return location.href.split('#')[0] + format({ ...now, hidden });
    },
  };
}
