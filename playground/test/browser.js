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
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { launch, serve } from './site.js';

export { ready, serve } from './site.js';

let started;

/** One browser and one server for the tests of a file. */
async function start() {
  // A server without a browser would keep the process waiting.
  const browser = await launch();
  return { browser, server: await serve() };
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

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No rule of axe is violated by what the page shows now. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join('\n')}`);
  assert.deepEqual(found, []);
}

/** Presses Tab until an element that matches has the focus, as who has no mouse does. */
export async function tabTo(page, selector, { most = 150, key = 'Tab' } = {}) {
  const there = () => page.evaluate((wanted) => document.activeElement?.matches(wanted) === true, selector);
  for (let i = 0; i < most; i += 1) {
    if (await there()) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${most} times ${key} did not reach ${selector}`);
}

/** Nothing is wider than the screen. */
export async function fitsWidth(page) {
  const { content, screen } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: document.documentElement.clientWidth,
  }));
  assert.ok(content <= screen, `${content} px of content on ${screen} px`);
}
