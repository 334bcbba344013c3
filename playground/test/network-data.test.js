// Data: every set, tables and points of one's own, and what is wrong with them.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { address, atSteps, beyond, figure, inAddress, network, room, shown, stepsOf, unfold } from './network.js';

const TITLES = { circles: 'Circles', xor: 'Xor', gaussians: 'Gaussians', spirals: 'Spirals', plane: 'Plane', hills: 'Hills', function: 'y > f(x)' };

test('every set of data is chosen by mouse and by keyboard, and learned', () =>
  network('', {}, async (page) => {
    const data = await unfold(page, 'data');
    for (const [name, title] of Object.entries(TITLES)) {
      await data.locator('[name=set]').selectOption(name);
      await inAddress(page, 'set', name);
      await shown(page);
      const before = await figure(page, 'Training loss');
      await page.locator('#step-epoch').click();
      await beyond(page, 0);
      assert.ok((await figure(page, 'Training loss')) < before, title);
    }
    await data.locator('[name=set]').focus();
    await page.keyboard.type('Moons');
    await page.waitForFunction(() => !location.hash.includes('set='));
  }));

test('noise, points, split, seed and arms change the data, by keyboard', () =>
  network('set=spirals', {}, async (page) => {
    const data = await unfold(page, 'data');
    for (const [name, key, from] of [['noise', 'noise', '0.15'], ['held', 'held', '0.35'], ['classes', 'classes', '4']]) {
      await data.locator(`[name=${name}]`).focus();
      await page.keyboard.press('ArrowRight');
      await inAddress(page, key, from);
    }
    for (const [name, value] of [['rows', '100'], ['seed', '77']]) {
      await data.locator(`[name=${name}]`).fill(value);
      await data.locator(`[name=${name}]`).press('Enter');
      await inAddress(page, name, value);
    }
    await page.locator('#data-reason', { hasText: '65 rows to learn from, 35 held out' }).waitFor();
    await page.locator('#roll').click();
    await page.waitForFunction(() => !location.hash.includes('seed=77'));
  }));

test('a typed function is a boundary, and a wrong one says where', () =>
  network('set=function', {}, async (page) => {
    const f = (await unfold(page, 'data')).locator('[name=function]');
    await f.fill('x^2 - 1');
    await f.press('Enter');
    await inAddress(page, 'f', 'x^2 - 1');
    await shown(page);
    await f.fill('sin(2x)');
    await f.press('Enter');
    await page.locator('.nothing', { hasText: 'stand side by side' }).waitFor();
    await page.locator('.nothing', { hasText: '2*x' }).waitFor();
    await f.fill('y + 1');
    await f.press('Enter');
    await page.locator('.nothing', { hasText: 'f(x) knows x alone' }).waitFor();
    await f.fill('cos(x)');
    await f.press('Enter');
    await page.locator('.nothing').waitFor({ state: 'hidden' });
  }));

test('points are drawn and erased by mouse, and stand in the link', () =>
  network('', {}, async (page) => {
    const data = await unfold(page, 'data');
    await data.locator('[name=set]').selectOption('points');
    await page.locator('.nothing', { hasText: 'Draw points' }).waitFor();
    const cover = page.locator('.plane-cover');
    const box = await cover.boundingBox();
    const click = (u, v) => page.mouse.click(box.x + u * box.width, box.y + v * box.height);
    for (const [u, v] of [[0.2, 0.2], [0.3, 0.25], [0.25, 0.4]]) await click(u, v);
    await page.locator('[name=class-1]').click();
    for (const [u, v] of [[0.8, 0.7], [0.7, 0.8], [0.75, 0.6]]) await click(u, v);
    await shown(page);
    await page.locator('.field-name', { hasText: '6 points' }).waitFor();
    // Five characters a point; the address is written a moment later.
    await page.waitForFunction(() => new URLSearchParams(location.hash.split('?')[1]).get('p')?.length === 30);
    await page.locator('[name=erase]').click();
    await click(0.8, 0.7);
    await page.locator('.field-name', { hasText: '5 points' }).waitFor();
    await page.locator('#step-epoch').click();
    await beyond(page, 0);
    const loss = await figure(page, 'Training loss');
    const steps = await stepsOf(page);
    await inAddress(page, 'steps', String(steps));
    await page.reload();
    await atSteps(page, steps);
    assert.equal(await figure(page, 'Training loss'), loss);
  }));

test('points are drawn and erased by keyboard alone', () =>
  network('set=points', { nothing: true }, async (page) => {
    const cover = page.locator('.plane-cover');
    await cover.focus();
    await page.keyboard.press('Enter');
    for (let k = 0; k < 6; k += 1) await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.locator('.field-name', { hasText: '2 points' }).waitFor();
    await page.locator('[name=class-2]').focus();
    await page.keyboard.press('Enter');
    await cover.focus();
    for (let k = 0; k < 5; k += 1) await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('.field-name', { hasText: '3 points' }).waitFor();
    await shown(page);
    await page.keyboard.press('Delete');
    await page.locator('.field-name', { hasText: '2 points' }).waitFor();
  }));

const CSV = `width,height,kind\n${Array.from({ length: 40 }, (_, k) => `${k % 7},${((k * 3) % 11) + 0.5},${k % 2 ? 'oak' : 'elm'}`).join('\n')}\n`;

async function choose(page, name, text) {
  const file = join(tmpdir(), name);
  await writeFile(file, text);
  const chooser = page.waitForEvent('filechooser');
  await page.locator('#load-table').click();
  await (await chooser).setFiles(file);
}

test('a table of one’s own is learned, with a choice of target and axes, and fits the link', () =>
  network('set=table', { nothing: true }, async (page) => {
    await choose(page, 'trees.csv', CSV);
    await shown(page);
    await page.locator('#data-reason', { hasText: 'binary classification' }).waitFor();
    await page.locator('[name=target]').selectOption('height');
    await inAddress(page, 'target', 'height');
    await page.locator('.figure', { hasText: 'R²' }).waitFor();
    await page.locator('[name=target]').selectOption('kind');
    await page.locator('.figure', { hasText: 'accuracy' }).waitFor();
    await page.locator('[name=axis-x]').selectOption('height');
    await inAddress(page, 'axes', 'height,height');
    await page.locator('#step-epoch').click();
    await beyond(page, 0);
    const loss = await figure(page, 'Training loss');
    await inAddress(page, 'steps', String(await stepsOf(page)));
    await page.reload();
    await beyond(page, 0);
    assert.equal(await figure(page, 'Training loss'), loss);
  }));

test('the sample table is learned', () =>
  network('set=table', { nothing: true }, async (page) => {
    await page.locator('#sample-table').click();
    await shown(page);
    await page.locator('#data-reason', { hasText: 'classification into 3 classes' }).waitFor();
    await page.locator('[name="input-sepal_width_cm"]').click();
    await page.waitForFunction(() => location.hash.includes('in=sepal_length_cm,petal_length_cm,petal_width_cm'));
    await shown(page);
  }));

test('a table is pasted by keyboard', () =>
  network('set=table', { nothing: true }, async (page) => {
    await page.locator('[name=csv]').focus();
    await page.keyboard.insertText(CSV);
    await page.keyboard.press('Tab');
    await shown(page);
    await page.locator('#data-reason', { hasText: 'kind' }).waitFor();
  }));

test('a wrong table says row and column, and a right one goes on from there', () =>
  network('set=table', { nothing: true }, async (page) => {
    await choose(page, 'bad.csv', CSV.replace('\n1,3.5,oak', '\n1,tall,oak'));
    await page.locator('.nothing', { hasText: 'bad.csv:3, column "height"' }).waitFor();
    await choose(page, 'ragged.csv', `${CSV}1,2\n`);
    await page.locator('.nothing', { hasText: 'ragged.csv:42' }).waitFor();
    await choose(page, 'empty.csv', '');
    await page.locator('.nothing').waitFor();
    await choose(page, 'good.csv', CSV);
    await shown(page);
  }));

test('names from a file are text and never markup', () =>
  network('set=table', { nothing: true }, async (page) => {
    const hostile = '<img src=x onerror=alert(1)>';
    await choose(page, 'hostile.csv', CSV.replace('width', hostile).replaceAll('oak', '"<script>alert(2)</script>"').replaceAll('elm', '</td><b>'));
    await shown(page);
    assert.equal(await page.locator('.network-room img, .network-room script, .network-room b').count(), 0);
    await page.locator('.legend', { hasText: '<script>' }).waitFor();
    await page.locator('.chip', { hasText: hostile }).waitFor();
  }));

test('a table that is too long for a link says so and is kept in the saved file', () =>
  network('set=table', { nothing: true }, async (page) => {
    let seed = 1;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const long = `a,b,kind\n${Array.from({ length: 900 }, (_, k) => `${random()},${random()},${k % 3}`).join('\n')}\n`;
    await choose(page, 'long.csv', long);
    await shown(page);
    await page.locator('.notice', { hasText: 'long.csv is too long for a link' }).waitFor();
    assert.equal((await address(page)).get('t'), null);
    await page.locator('#share').click();
    await page.locator('#share-note', { hasText: 'leaves out long.csv' }).waitFor();
    const download = page.waitForEvent('download');
    await page.locator('#share-save').click();
    const file = await (await download).path();
    const saved = JSON.parse(await readFile(file, 'utf8'));
    assert.equal(saved.state.csv, long);
    const loss = await figure(page, 'Training loss');
    await page.goto('about:blank');
    await page.goBack();
    await page.locator('#share').click();
    const chooser = page.waitForEvent('filechooser');
    await page.locator('#share-open').click();
    await (await chooser).setFiles(file);
    await shown(page);
    assert.equal(await figure(page, 'Training loss'), loss);
  }));

test('an address that is damaged opens with what can be read, and says what cannot', () =>
  network('set=nowhere&rate=fast&layers=4,x&then=1:w:2&t=%%%&p=zzz', {}, async (page) => {
    await page.locator('.notice', { hasText: 'set, layers, rate' }).waitFor();
    assert.equal(await room(page).getAttribute('data-state'), 'ready');
  }));
