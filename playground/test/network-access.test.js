// For everyone: both schemes, narrow screens, less motion, by keyboard, heard.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, fitsWidth } from './browser.js';
import { atSteps, beyond, network, room, still, unfold } from './network.js';

const SECTIONS = ['data', 'net', 'training', 'stop', 'race', 'export'];

for (const scheme of ['light', 'dark']) {
  test(`axe finds nothing in the ${scheme} scheme, with everything open`, () =>
    network('set=spirals&race=adam:0.01&sched=cosine&opt=adamw&l1=0.001&steps=40', { scheme }, async (page) => {
      await atSteps(page, 40);
      for (const name of SECTIONS) await unfold(page, name);
      await page.locator('.curve-table summary').click();
      await page.keyboard.press('Escape');
      await page.locator('.net-cursor').focus();
      await page.keyboard.press('Enter');
      await page.locator('.weights').waitFor();
      await axe(page);
    }));

  test(`axe finds nothing in the ${scheme} scheme where something is wrong`, () =>
    network('set=hills&loss=squared&act=relu&rate=50', { scheme }, async (page) => {
      await page.keyboard.press(' ');
      await page.locator('.failure').waitFor();
      await axe(page);
      await (await unfold(page, 'data')).locator('[name=set]').selectOption('table');
      await page.locator('.nothing', { hasText: 'no table' }).waitFor();
      await axe(page);
    }));
}

for (const width of [320, 390, 768]) {
  test(`nothing is wider than a screen of ${width}`, () =>
    network('set=spirals&classes=5&layers=8,8,8,8,8,8,8,8&steps=20', { width, height: 700, touch: width < 500 }, async (page) => {
      await atSteps(page, 20);
      for (const name of SECTIONS) await unfold(page, name);
      await fitsWidth(page);
      if (width === 320) await axe(page);
    }));
}

test('the desktop shows everything on one screen', () =>
  network('', {}, async (page) => {
    const [content, screen] = await page.evaluate(() => [document.documentElement.scrollHeight, document.documentElement.clientHeight]);
    assert.ok(content <= screen, `${content} px on ${screen}`);
    for (const part of ['.toolbar', '.net-drawing', '.curve-plot', '.plane-square', '.figures']) {
      const box = await page.locator(part).boundingBox();
      assert.ok(box.y >= 0 && box.y + box.height <= 800, part);
    }
  }));

test('targets of touch are 40 px', () =>
  network('', { width: 390, height: 800, touch: true }, async (page) => {
    for (const name of SECTIONS) await unfold(page, name);
    const small = await page.locator('.network-room :is(button, select, summary, .input)').evaluateAll((all) =>
      all.filter((each) => !each.matches('.net-cursor, .curve-table summary') && each.offsetParent && each.getBoundingClientRect().height < 39.5).map((each) => each.outerHTML),
    );
    assert.deepEqual(small, []);
  }));

test('a touch draws points', () =>
  network('set=points', { width: 390, height: 800, touch: true, nothing: true }, async (page) => {
    await page.locator('.plane-cover').scrollIntoViewIfNeeded();
    const box = await page.locator('.plane-cover').boundingBox();
    for (const part of [0.3, 0.6]) await page.touchscreen.tap(box.x + part * box.width, box.y + part * box.height);
    await unfold(page, 'data');
    await page.locator('.field-name', { hasText: '2 points' }).waitFor();
  }));

test('every control is reached by Tab', () =>
  network('', {}, async (page) => {
    for (const name of SECTIONS) await unfold(page, name);
    await page.evaluate(() => {
      document.activeElement.blur();
      globalThis.seen = new Set();
      document.addEventListener('focusin', (event) => globalThis.seen.add(event.target));
    });
    for (let k = 0; k < 120; k += 1) await page.keyboard.press('Tab');
    const missed = await page.locator('.network-room :is(button, select, input, textarea, summary, [tabindex="0"])').evaluateAll((all) =>
      all.filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0 && !globalThis.seen.has(each)).map((each) => each.outerHTML),
    );
    assert.deepEqual(missed, []);
  }));

test('the live region says how training goes', () =>
  network('speed=25', {}, async (page) => {
    await page.keyboard.press(' ');
    await page.locator('#live', { hasText: /Epoch \d+, step \d+: loss .*accuracy/ }).waitFor({ state: 'attached' });
    await page.keyboard.press(' ');
    await still(page);
  }));

test('it trains with less motion, too', () =>
  network('', { reduced: true }, async (page) => {
    await page.keyboard.press(' ');
    await beyond(page, 10);
    await page.keyboard.press(' ');
    await still(page);
    assert.equal(await room(page).getAttribute('data-state'), 'ready');
  }));

test('the curve has its numbers as a table', () =>
  network('steps=180', {}, async (page) => {
    await atSteps(page, 180);
    await page.locator('.curve-table summary').focus();
    await page.keyboard.press('Enter');
    await page.locator('.curve-table tbody tr').nth(9).waitFor();
    assert.equal(await page.locator('.curve-table tbody tr').count(), 10);
  }));

test('what a teacher hides is not there', () =>
  network('hide=race,export,stop', {}, async (page) => {
    assert.ok(await page.locator('details[data-section=data]').isVisible());
    for (const name of ['race', 'export', 'stop']) assert.ok(await page.locator(`details[data-section=${name}]`).isHidden());
  }));
