// What tests and measurements share: a server of the built site, and Chromium.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

export const SITE = process.env.GRADLING_SITE ?? new URL('../../target/site', import.meta.url).pathname;
const CHROMIUM = process.env.GRADLING_CHROMIUM ?? '/usr/bin/chromium';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Serves a folder on this machine; `replaced` maps paths to other contents. */
export async function serve(folder = SITE, replaced = new Map()) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://here').pathname);
    const name = normalize(path.endsWith('/') ? `${path}index.html` : path);
    try {
      const body = replaced.get(name) ?? (await readFile(join(folder, name)));
      response.writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'cache-control': 'no-cache' });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}

/** Starts the browser. */
export function launch() {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  args.push('--disable-component-update', '--disable-sync');
  // root in a container has no other way.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args });
}

/** Waits until a room is mounted. */
export const ready = (page, room) => page.locator(`html[data-ready="${room}"]`).waitFor({ state: 'attached' });

/**
 * The longest task of the page's own thread while `body` runs, in milliseconds of processor time: what other
 * programs take of the machine meanwhile does not count.
 */
export async function longestTask(page, body) {
  const browser = page.context().browser();
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline', '__metadata'] });
  await body();
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const isMain = ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain';
  const mains = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`));
  const isTask = ({ name, ph, pid, tid, tdur }) => name.endsWith('RunTask') && ph === 'X' && mains.has(`${pid} ${tid}`) && tdur > 0;
  const tasks = traceEvents.filter(isTask);
  if (tasks.length < 100) throw new Error(`only ${tasks.length} tasks were seen`);
  return Math.max(...tasks.map(({ tdur }) => tdur / 1000));
}
