// A room inside the tour: it gets a host like any other, whose address is the part of the tour's address that
// belongs to the lesson.

import { element } from '../shell/element.js';

/** Says that the room has written its state, also where that is empty: all as usual. */
const BEGUN = 'begun';
/** Keys of the tour itself. */
const OWN = new Set(['lesson', BEGUN]);

/** Mounts the room of a lesson; returns what ends it. `told(snapshot)` hears what the learner did. */
export async function openStage({ host, lesson, place, told }) {
  const root = element('div', { class: `${lesson.room}-room` });
  place.replaceChildren(root);
  const listeners = new Set();
  const start = new Map(Object.entries(lesson.start));

  const read = () => {
    const all = host.address.read();
    if (!all.has(BEGUN)) return new Map(start);
    return new Map([...all].filter(([key]) => !OWN.has(key)));
  };
  let ended = false;
  const address = {
    longest: host.address.longest,
    read,
    write(entries, how) {
      if (ended) return;
      const begun = host.address.read().has(BEGUN);
      const given = entries instanceof Map ? [...entries] : Object.entries(entries);
      // What is as at the start of the lesson stays out of the address.
      const next = new Map(begun ? read() : start);
      for (const [key, value] of given) {
        if (value === null || value === undefined) next.delete(key);
        else next.set(key, String(value));
      }
      const asStart = next.size === start.size && [...next].every(([key, value]) => start.get(key) === value);
      const all = Object.fromEntries([...read().keys(), ...start.keys()].map((key) => [key, null]));
      if (asStart) host.address.write({ ...all, [BEGUN]: null }, how);
      else host.address.write({ ...all, ...Object.fromEntries(next), [BEGUN]: '1' }, how);
    },
    onchange: (callback) => listeners.add(callback),
  };
  // The getters of the host stay getters.
  const inner = Object.create(host, { root: { value: root }, address: { value: address } });
  const { mount } = await import(`../${lesson.room}/room.js`);
  const room = await mount(inner);
  const stop = room.observe?.(told);
  return {
    room,
    changed: () => listeners.forEach((callback) => callback(read())),
    leave() {
      ended = true;
      stop?.();
      room.unmount?.();
    },
  };
}
