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
const { apart, measured, boundary } = JSON.parse(answer);
const rows = measured.map(({ batch, shuffle, ours, theirs, ratio, least, most }) => {
  const what = `batches of ${batch}, ${shuffle ? 'ours in a new order each epoch' : 'both in one order'}`;
  return `  ${what.padEnd(45)}${ours.toFixed(0).padStart(8)}${theirs.toFixed(0).padStart(8)}   ${ratio.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`;
});
console.log(`2-16-16-1, tanh, 250 points; after two equal epochs the weights are ${apart.toExponential(1)} apart

epochs a second, medians of 9 rounds in turn       ours  theirs   ratio
${rows.join('\n')}
boundary of 100 by 100: ${boundary.toFixed(2)} ms`);
process.exit(0);
