// The room of expressions on a phone: numbers dragged, the graph moved and pinched by fingers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, fitsWidth } from './browser.js';
import { at, box, room, shows } from './expression.js';

/** Fingers of the DevTools protocol: each a list of points, moved together. */
async function touch(page, context, ways, steps = 8) {
  const devtools = await context.newCDPSession(page);
  const points = (share) => ways.map(([from, to], id) => ({ x: from[0] + (to[0] - from[0]) * share, y: from[1] + (to[1] - from[1]) * share, id }));
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points(0) });
  for (let i = 1; i <= steps; i++) await devtools.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: points(i / steps) });
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

const phone = { width: 390, height: 844, touch: true };

test('a finger drags the number of a leaf', () =>
  room(phone, async (page, { context }) => {
    await box(page, 'a').scrollIntoViewIfNeeded();
    const { x, y, width, height } = await box(page, 'a').locator('.gl-card').boundingBox();
    const from = [x + width / 2, y + height / 2];
    await touch(page, context, [[from, [from[0] + 100, from[1]]]]);
    await shows(page, 'a', '3.0000');
    await shows(page, 'L', '-2.0000');
  }));

test('two fingers zoom, and one moves the graph', () =>
  room(phone, async (page, { context }) => {
    const stage = page.locator('.stage');
    await stage.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await stage.boundingBox();
    const fitted = Number(await stage.getAttribute('data-zoom'));
    const [left, middle] = [x + 20, y + height / 2];
    await touch(page, context, [[[left, middle - 20], [left, middle - 140]], [[left, middle + 20], [left, middle + 140]]], 12);
    await page.waitForFunction((fitted) => Number(document.querySelector('.stage').dataset.zoom) > fitted * 1.2, fitted);
    const before = await stage.getAttribute('data-pan');
    await touch(page, context, [[[x + width - 12, y + height - 40], [x + width - 80, y + height - 120]]]);
    await page.waitForFunction((before) => document.querySelector('.stage').dataset.pan !== before, before);
  }));

test('a tap on a value shows it in full, and steps are taken with a finger', () =>
  room(phone, async (page) => {
    await box(page, 'd').tap();
    await page.locator('.detail h2', { hasText: 'd' }).waitFor();
    await page.locator('.step-forth').tap();
    await at(page, 1);
    await fitsWidth(page);
    await axe(page);
  }));

test('the data flow down where the screen is narrow, and arrows with them', () =>
  room(phone, async (page) => {
    const top = async (label) => (await box(page, label).locator('.gl-card').boundingBox()).y;
    assert.ok(await top('a') < await top('e') && await top('e') < await top('L'));
    await box(page, 'L').focus();
    await page.keyboard.press('ArrowUp');
    const label = await page.evaluate(() => document.activeElement.querySelector('.gl-label').textContent);
    assert.ok(['d', 'f'].includes(label), label);
  }));
