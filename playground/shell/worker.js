// The worker: loads the engine and answers calls by name.
//
// A room's `worker.js` exports `handlers(wasm, post, memory)`: an object of functions. `load` of the room
// `network` is called as `network.load`; `post('frame', data, buffers)` is heard as `network.frame`.

import init, * as wasm from '../engine/gradling_wasm.js';
import * as expression from '../expression/worker.js';
import * as network from '../network/worker.js';
import { Transferring } from './transfer.js';

const ROOMS = { expression, network };

const crash = (error) => {
  postMessage({ crash: String(error?.message ?? error) });
  close();
};

/** Errors of a room are plain: a text, or an object with a message and perhaps a place. */
const plain = (error) => {
  if (typeof error === 'string') return { message: error };
  const { message, place } = error;
  return place === undefined ? { message } : { message, place };
};

/** A panic, and what the virtual machine throws: the engine's memory can no longer be trusted. */
const isCrash = (error) =>
  error instanceof WebAssembly.RuntimeError ||
  error instanceof RangeError ||
  (error instanceof Error && error.message.startsWith('panicked at'));

const start = async () => {
  const { memory } = await init();
  const known = new Map();
  for (const [room, { handlers }] of Object.entries(ROOMS)) {
    const full = (name) => (name.startsWith(`${room}.`) ? name : `${room}.${name}`);
    const post = (event, value, buffers = []) => postMessage({ event: full(event), value }, buffers);
    for (const [name, handler] of Object.entries(handlers(wasm, post, memory))) known.set(full(name), handler);
  }
  return known;
};
const started = start();

addEventListener('message', async ({ data: { id, name, args } }) => {
  let known;
  try {
    known = await started;
  } catch (error) {
    return crash(error);
  }
  try {
    const handler = known.get(name);
    if (!handler) throw new Error(`the engine has nothing named ${name}`);
    const answer = await handler(...args);
    if (answer instanceof Transferring) postMessage({ id, value: answer.value }, answer.buffers);
    else postMessage({ id, value: answer });
  } catch (error) {
    if (isCrash(error)) crash(error);
    else postMessage({ id, error: plain(error) });
  }
});

// Timers of a room throw here.
addEventListener('error', (event) => {
  event.preventDefault();
  crash(event.error ?? event.message);
});
addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  crash(event.reason);
});
