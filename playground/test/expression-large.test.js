// Graphs of two thousand values: put in without holding the page up, readable when near, folded by statements.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, box, drawn, retype, room, rows } from './expression.js';

/** A network of neurons, as text: about `values` values in statements of a few operations. */
function network(width, layers) {
  const lines = Array.from({ length: width }, (_, i) => `x${i} = ${(i + 1) / 10}`);
  for (let layer = 0; layer < layers; layer++) {
    for (let i = 0; i < width; i++) {
      const before = layer === 0 ? 'x' : `h${layer - 1}_`;
      const sum = Array.from({ length: width }, (_, j) => `${before}${j}*${((i * 7 + j * 3 + layer) % 11) / 10 - 0.5}`.replace('*-', '*-')).join(' + ');
      lines.push(`h${layer}_${i} = tanh(${sum})`);
    }
  }
  lines.push(`y = ${Array.from({ length: width }, (_, i) => `h${layers - 1}_${i}`).join(' + ')}`);
  return lines.join('\n');
}

/** The longest task of the page while `body` runs, in milliseconds. */
async function longestTask(page, body) {
  await page.evaluate(() => {
    globalThis.tasks = [];
    globalThis.watch = new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration)));
    globalThis.watch.observe({ type: 'longtask' });
  });
  await body();
  // What is observed comes after the task.
  await page.evaluate(() => new Promise((done) => setTimeout(done, 100)));
  return page.evaluate(() => (globalThis.watch.disconnect(), Math.max(0, ...globalThis.tasks)));
}

test('two thousand values are put in without a task over 50 ms', () =>
  room({}, async (page) => {
    const text = network(6, 26);
    const longest = await longestTask(page, async () => {
      await retype(page, text);
      await page.locator('.stage[data-drawn="yes"][data-boxes="158"], .stage[data-drawn="yes"]').waitFor();
      await page.locator('.tool-fold').click();
      await page.waitForFunction(() => Number(document.querySelector('.stage').dataset.boxes) === 2000 && document.querySelector('.stage').dataset.drawn === 'yes');
    });
    assert.ok(longest <= 50, `${longest} ms`);
    assert.equal(await page.locator('.gl-node').count(), 2000);
  }));

test('what is near is written out, and steps change it', () =>
  room({}, async (page) => {
    await retype(page, network(6, 26));
    await drawn(page);
    await page.locator('.tool-fold').click();
    await page.waitForFunction(() => Number(document.querySelector('.stage').dataset.boxes) === 2000 && document.querySelector('.stage').dataset.drawn === 'yes');
    assert.equal(await page.locator('.gl-data').count(), 0);
    await page.locator('.gl-node[tabindex="0"]').focus();
    await page.keyboard.press('Home');
    await box(page, 'y').locator('.gl-data').waitFor();
    await page.locator('.step-forth').click();
    await at(page, 1);
    await box(page, 'y').locator('.gl-grad', { hasText: '1.0000' }).waitFor();
    // Far away from it, the numbers of others are not there.
    assert.ok(await page.locator('.gl-data').count() < 500);
  }));

test('many values fold to their statements by themselves, and a box opens by mouse and by Enter', () =>
  room({}, async (page) => {
    await retype(page, network(6, 26));
    await drawn(page);
    await page.locator('.tool-fold[aria-pressed="true"]').waitFor();
    const count = () => page.locator('.gl-node').count();
    const folded = await count();
    assert.ok(folded < 200, `${folded}`);
    await page.locator('.gl-node.gl-folded').first().dispatchEvent('click');
    await page.waitForFunction((folded) => Number(document.querySelector('.stage').dataset.boxes) > folded && document.querySelector('.stage').dataset.drawn === 'yes', folded);
    const opened = await count();
    await page.locator('.gl-node.gl-folded').nth(3).focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction((opened) => Number(document.querySelector('.stage').dataset.boxes) > opened && document.querySelector('.stage').dataset.drawn === 'yes', opened);
  }));

test('a number that is dragged reaches the result of two thousand values', () =>
  room({}, async (page) => {
    await retype(page, network(6, 26));
    await drawn(page);
    await page.locator('.step-end').click();
    const result = async () => page.locator('.expression-room').getAttribute('data-frames');
    const before = await result();
    const longest = await longestTask(page, async () => {
      await page.locator('.value-field').first().fill('0.9');
      await page.waitForFunction((before) => document.querySelector('.expression-room').dataset.frames !== before, before);
    });
    assert.ok(longest <= 50, `${longest} ms`);
    assert.equal((await rows(page)).length, 200);
    await page.getByRole('button', { name: /Show all/ }).click();
    assert.ok((await rows(page)).length > 1900);
  }));
