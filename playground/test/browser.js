// The page in a real browser: a server of the built site, Chromium, and what every test watches for.
//
//   import { test } from 'node:test';
//   import { axe, ready, visit } from './browser.js';
//
//   test('a property', () => visit({ hash: '#expression?e=1' }, async (page) => { … }));
//
// A visit fails if the page logs an error, throws, breaks its Content-Security-Policy, or asks for anything
// outside its own origin. Wait for an attribute or a counter of the page, never for time.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { after } from 'node:test';
import { chromium } from 'playwright-core';

const SITE = process.env.GRADLING_SITE ?? new URL('../../target/site', import.meta.url).pathname;
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

let started;

/** One browser and one server for the tests of a file. */
async function start() {
  const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
  args.push('--disable-component-update', '--disable-sync');
  // root in a container has no other way.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args });
  const server = await serve();
  return { browser, server };
}

after(async () => {
  if (!started) return;
  const { browser, server } = await started;
  await browser.close();
  await server.close();
});

/**
 * Opens the page, runs `body(page, {context, origin})`, and fails if anything went wrong beside it.
 *
 * `hash` is the address behind the path; `scheme` 'light' or 'dark'; `touch` a phone; `reduced` less motion;
 * `server` another one of `serve`; `allowed` texts that an expected error of the console contains.
 */
export async function visit(options, body) {
  const { hash = '', width = 1280, height = 800, scheme = 'light', touch = false, reduced = false } = options;
  started ??= start();
  const { browser, server: usual } = await started;
  const server = options.server ?? usual;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    hasTouch: touch,
    isMobile: touch,
    reducedMotion: reduced ? 'reduce' : 'no-preference',
    acceptDownloads: true,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const faults = [];
  const allowed = options.allowed ?? [];
  const fault = (text) => {
    if (!allowed.some((part) => text.includes(part))) faults.push(text);
  };
  context.on('request', (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && new URL(url).origin !== server.origin) faults.push(`asked for ${url}`);
  });
  context.on('weberror', (error) => fault(String(error.error())));
  context.on('console', (message) => message.type() === 'error' && fault(message.text()));
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  try {
    await page.goto(`${server.origin}/${hash}`);
    await body(page, { context, origin: server.origin, server });
    assert.deepEqual(faults, []);
  } catch (error) {
    if (faults.length > 0) error.message += `\nbeside that: ${faults.join('\n')}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** Waits until a room is mounted. */
export const ready = (page, room) => page.locator(`html[data-ready="${room}"]`).waitFor({ state: 'attached' });

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No rule of axe is violated by what the page shows now. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`);
  assert.deepEqual(found, []);
}

/** Nothing is wider than the screen. */
export async function fitsWidth(page) {
  const { content, screen } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: document.documentElement.clientWidth,
  }));
  assert.ok(content <= screen, `${content} px of content on ${screen} px`);
}
