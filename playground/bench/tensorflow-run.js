// Opens the page of the comparison in Chromium and prints what it measured: `node tensorflow-run.js FOLDER`.

import { chromium } from 'playwright-core';
import { serve } from '../test/site.js';

const server = await serve(process.argv[2]);
const args = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
if (process.getuid?.() === 0) args.push('--no-sandbox');
const browser = await chromium.launch({ executablePath: process.env.GRADLING_CHROMIUM ?? '/usr/bin/chromium', headless: true, args });
const page = await browser.newPage();
page.on('pageerror', (error) => console.error(String(error)));
await page.goto(`${server.origin}/bench/tensorflow.html`);
await page.locator('html[data-done]').waitFor({ state: 'attached', timeout: 180_000 });
const done = await page.evaluate(() => document.documentElement.dataset.done);
const answer = await page.locator('#answer').textContent();
await browser.close();
await server.close();
if (done !== 'yes') {
  console.error(answer);
  process.exit(1);
}
const { apart, theirs, ours, shuffled, boundary } = JSON.parse(answer);
const row = ({ speed, ratio, least, most }) => `${speed.toFixed(0).padEnd(10)}${ratio.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`;
console.log(`2-16-16-1, tanh, 250 points in batches of 10; after two equal epochs the weights are ${apart.toExponential(1)} apart

epochs a second, medians of 9 rounds in turn
  TensorFlow playground                ${theirs.toFixed(0)}
  gradling, in the same order as it    ${row(ours)}
  gradling, each epoch in a new order  ${row(shuffled)}
boundary of 100 by 100                 ${boundary.toFixed(2)} ms`);
process.exit(0);
