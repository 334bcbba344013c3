// The engine, in a worker of its own: the page never waits for it.

/** Ends the promises of a worker that is gone. */
const GONE = 'the engine stopped before it answered';

/** Canvases in what is given, and in its lists and objects: they can only be handed over. */
const canvases = (given) =>
  given instanceof OffscreenCanvas ? [given] : Array.isArray(given) || given?.constructor === Object ? Object.values(given).flatMap(canvases) : [];

/**
 * Starts the engine. `crashed(message)` is called when its worker ended by an error of its own; the next call
 * starts another, which knows nothing of what the last one held.
 */
export function startEngine(crashed) {
  const listeners = new Map();
  let waiting = new Map();
  let worker = null;
  let count = 0;

  const fail = (message) => {
    worker?.terminate();
    worker = null;
    const left = waiting;
    waiting = new Map();
    for (const { reject } of left.values()) reject(Object.assign(new Error(GONE), { gone: true }));
    crashed(message);
  };

  const start = () => {
    const started = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
    started.addEventListener('error', (event) => {
      event.preventDefault();
      if (started === worker) fail(event.message ?? 'its files could not be loaded');
    });
    started.addEventListener('message', ({ data }) => {
      if (started !== worker) return;
      if (data.crash) return fail(data.crash);
      if (data.event) {
        for (const callback of listeners.get(data.event) ?? []) callback(data.value);
        return;
      }
      const { resolve, reject } = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.error) reject(Object.assign(new Error(data.error.message), data.error));
      else resolve(data.value);
    });
    return started;
  };
  // It loads while the page does.
  worker = start();

  return {
    call(name, ...args) {
      worker ??= start();
      count += 1;
      const id = count;
      const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
      worker.postMessage({ id, name, args }, canvases(args));
      return answer;
    },
    on(event, callback) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(callback);
      return () => listeners.get(event).delete(callback);
    },
  };
}
