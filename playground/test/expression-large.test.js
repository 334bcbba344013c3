// Graphs of two thousand values: all put in, readable when near, folded by statements. Whether that holds the page
// up, `cargo xtask bench page` measures.

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

/** Waits until so many boxes are drawn: 'all' for each value, or those of statements. */
const boxes = (page, all) => page.waitForFunction((all) => {
  const { boxes, drawn } = document.querySelector('.stage').dataset;
  return drawn === 'yes' && (all ? Number(boxes) === 2000 : Number(boxes) > 100 && Number(boxes) < 200);
}, all === 'all');

test('two thousand values are all put in', () =>
  room({}, async (page) => {
    await retype(page, network(6, 26));
    if (await page.locator('.tool-fold[aria-pressed="true"]').count()) await page.locator('.tool-fold').click();
    await boxes(page, 'all');
    assert.equal(await page.locator('.gl-node').count(), 2000);
  }));

test('what is near is written out, and steps change it', () =>
  room({}, async (page) => {
    await retype(page, network(6, 26));
    await page.locator('.tool-fold').click();
    await boxes(page, 'all');
    await page.keyboard.press('0');
    await page.waitForFunction(() => Number(document.querySelector('.stage').dataset.zoom) < 0.3);
    await page.locator('.gl-node[tabindex="0"]').focus();
    await page.keyboard.press('End');
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
    await page.locator('.value-field').first().fill('0.9');
    await page.waitForFunction((before) => document.querySelector('.expression-room').dataset.frames !== before, before);
    assert.equal((await rows(page)).length, 100);
    await page.getByRole('button', { name: /Show all/ }).click();
    assert.ok((await rows(page)).length > 1900);
  }));
