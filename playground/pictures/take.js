// Takes the pictures of the page that the docs show: `cargo xtask pictures` writes docs/playground-*.png.

import { fileURLToPath } from 'node:url';
import { launch, ready, serve } from '../test/site.js';

const DOCS = fileURLToPath(new URL('../../docs/', import.meta.url));

const pressed = (key, times) => async (page) => {
  await page.locator('#room').focus();
  for (let i = 0; i < times; i += 1) {
    const count = page.locator('.step-count');
    const before = await count.textContent();
    await page.keyboard.press(key);
    await page.waitForFunction((text) => document.querySelector('.step-count').textContent !== text, before);
  }
};

/** Waits for a run that the link repeats. */
const trained = (steps) => (page) => page.locator(`.network-room[data-steps="${steps}"][data-playing="false"]`).waitFor();

const LECTURE = `e=${encodeURIComponent('x1 = 2\nx2 = 0\nw1 = -3\nw2 = 1\nb = 6.8813735870195432\nn = x1*w1 + x2*w2 + b\no = tanh(n)')}`;
const SPIRALS = 'set=spirals&noise=0.05&layers=8,8&opt=adam&rate=0.01&steps=9000';

const PICTURES = [
  { name: 'expression', hash: `#expression?${LECTURE}`, then: pressed('s', 6) },
  { name: 'network-dark', hash: `#network?${SPIRALS}`, scheme: 'dark', then: trained(9000) },
  { name: 'tour', hash: '#tour?lesson=accumulation', then: pressed('s', 4) },
  { name: 'phone', hash: '#network?steps=3000', width: 390, height: 844, then: trained(3000) },
];

const server = await serve();
const browser = await launch();
for (const { name, hash, scheme = 'light', width = 1280, height = 800, then } of PICTURES) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${server.origin}/${hash}`);
  await ready(page, hash.slice(1).split('?')[0]);
  await then(page);
  // What was asked for in these steps is painted two frames later.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({ path: `${DOCS}playground-${name}.png` });
  await context.close();
}
await browser.close();
await server.close();
