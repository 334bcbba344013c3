// The frame: rooms, history, colours, keyboard, sizes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, fitsWidth, ready, visit } from './browser.js';

const ROOMS = ['expression', 'network', 'tour'];
const current = (page) => page.locator('.rooms [aria-current="page"]').getAttribute('data-room');

for (const room of ROOMS) {
  test(`an address opens its room: ${room}`, () =>
    visit({ hash: `#${room}` }, async (page) => {
      await ready(page, room);
      assert.equal(await current(page), room);
      assert.match(await page.title(), new RegExp(`^${room}`, 'i'));
    }));
  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing in ${room}, ${scheme}`, () =>
      visit({ hash: `#${room}`, scheme }, async (page) => {
        await ready(page, room);
        await axe(page);
      }));
  }
  for (const [width, touch] of [[320, false], [390, true]]) {
    test(`${room} is not wider than a screen of ${width} px`, () =>
      visit({ hash: `#${room}`, width, height: 720, touch }, async (page) => {
        await ready(page, room);
        await fitsWidth(page);
      }));
  }
}

/** What a finger is to hit: at least 40 px in one direction and 24 in the other, or text within a sentence. */
for (const hash of ['#expression', '#network', '#tour?lesson=slope', '#tour?lesson=layer']) {
  test(`controls are large enough for a finger: ${hash}`, () =>
    visit({ hash, width: 390, height: 844, touch: true }, async (page) => {
      await ready(page, hash.slice(1).split('?')[0]);
      const small = await page.evaluate(() => {
        const isSmall = (control) => {
          if (!control.checkVisibility({ visibilityProperty: true })) return false;
          const { width, height } = (control.labels?.[0]?.closest('.choice') ?? control).getBoundingClientRect();
          return width > 1 && (Math.min(width, height) < 24 || Math.max(width, height) < 40);
        };
        return [...document.querySelectorAll('button, select, input, textarea, summary, .bar a')].filter(isSmall).map((control) => control.outerHTML.slice(0, 120));
      });
      assert.deepEqual(small, []);
    }));
}

test('Back and Forward go through the rooms, and a room is found as it was left', () =>
  visit({ hash: '#expression?kept=1' }, async (page) => {
    await ready(page, 'expression');
    await page.getByRole('link', { name: 'Network' }).click();
    await ready(page, 'network');
    await page.getByRole('link', { name: 'Tour' }).click();
    await ready(page, 'tour');
    await page.goBack();
    await ready(page, 'network');
    await page.goBack();
    await ready(page, 'expression');
    assert.match(page.url(), /kept=1/);
    await page.goForward();
    await ready(page, 'network');
    await page.getByRole('link', { name: 'Expression' }).click();
    await ready(page, 'expression');
    assert.match(page.url(), /kept=1/);
  }));

test('the button of colours goes through auto, light and dark, and a reload keeps the choice', () =>
  visit({ scheme: 'dark' }, async (page) => {
    await ready(page, 'expression');
    const shown = () => page.evaluate(() => document.documentElement.dataset.theme);
    const button = page.locator('#theme');
    assert.equal(await shown(), 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html[data-theme="light"]').waitFor();
    await button.click();
    await button.click();
    assert.equal(await button.getAttribute('aria-label'), 'Colours: Dark');
    assert.equal(await shown(), 'dark');
    await page.reload();
    await ready(page, 'expression');
    assert.equal(await shown(), 'dark');
    await button.click();
    assert.equal(await shown(), 'light');
  }));

test('the frame is used by keyboard alone: skip link, rooms, share, colours, keys', () =>
  visit({ hash: '#network' }, async (page) => {
    await ready(page, 'network');
    const focused = () =>
      page.evaluate(() => (document.activeElement.innerText || document.activeElement.ariaLabel).trim());
    const seen = [];
    for (let i = 0; i < 8; i += 1) {
      await page.keyboard.press('Tab');
      seen.push(await focused());
    }
    assert.deepEqual(seen, ['Skip to the room', 'gradling', 'Expression', 'Network', 'Tour', 'Share', 'Auto', 'Keys']);
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await focused(), 'Keys');
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('Shift+Tab');
    assert.equal(await focused(), 'Network');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await ready(page, 'expression');
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'room');
  }));

test('a question mark lists the keys, and is a letter where text is typed', () =>
  visit({}, async (page) => {
    await ready(page, 'expression');
    await page.locator('#room').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await axe(page);
    await page.keyboard.press('?');
    assert.equal(await page.getByRole('dialog').count(), 1);
    await page.keyboard.press('Escape');
    await page.evaluate(() => {
      const input = document.createElement('input');
      input.id = 'typed';
      document.getElementById('room').append(input);
      input.focus();
    });
    await page.keyboard.type('?');
    assert.equal(await page.inputValue('#typed'), '?');
    assert.equal(await page.getByRole('dialog').count(), 0);
  }));

test('nothing moves for those who asked for less motion', () =>
  visit({ reduced: true }, async (page) => {
    await ready(page, 'expression');
    const moving = await page.evaluate(() => {
      const times = (element) => {
        const { animationName, transitionDuration } = getComputedStyle(element);
        return animationName !== 'none' || transitionDuration.split(',').some((time) => parseFloat(time) > 0);
      };
      const probe = document.createElement('p');
      probe.style.transition = 'opacity 1s';
      document.body.append(probe);
      return [...document.querySelectorAll('*')].filter(times).map((element) => element.outerHTML.slice(0, 80));
    });
    assert.deepEqual(moving, []);
  }));
