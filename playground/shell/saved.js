// A saved playground: the address of a room, and what does not fit an address.

import { isRoom } from './address.js';

const FORMAT = 'gradling-playground';
const VERSION = 1;
const LARGEST = 32 * 1024 * 1024;
const KEY = /^[a-z][a-z0-9-]{0,40}$/i;

export const NAME = 'playground.json';

/** The text of the file. */
export function toText(room, entries, state) {
  const saved = { format: FORMAT, version: VERSION, room, address: Object.fromEntries(entries) };
  if (state !== undefined && state !== null) saved.state = state;
  return `${JSON.stringify(saved, null, 1)}\n`;
}

/**
 * Reads a file that may come from anyone: {room, entries, state}. What a room finds in `state` it has to check
 * itself.
 */
export async function fromFile(file) {
  const wrong = (what) => new Error(`${file.name}: ${what}`);
  if (file.size > LARGEST) throw wrong('is larger than a saved playground can be (32 MB)');
  let saved;
  try {
    saved = JSON.parse(await file.text());
  } catch (error) {
    throw wrong(`is not a saved playground: ${error.message}`);
  }
  if (saved?.format !== FORMAT) throw wrong('is not a saved playground; choose a file that Share saved');
  if (saved.version !== VERSION) {
    throw wrong(`was saved by another version of this page (format ${saved.version}; this page reads ${VERSION})`);
  }
  if (!isRoom(saved.room)) throw wrong('names a room that this page does not have');
  const address = saved.address;
  if (typeof address !== 'object' || address === null || Array.isArray(address)) throw wrong('has no address');
  const entries = new Map(Object.entries(address));
  for (const [key, value] of entries) {
    if (!KEY.test(key) || typeof value !== 'string') throw wrong(`has something else than text at address.${key}`);
  }
  return { room: saved.room, entries, state: saved.state };
}
