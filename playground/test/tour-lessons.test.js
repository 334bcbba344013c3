// The tour: each lesson is done by doing its one thing, by keyboard alone, and by nothing less.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LESSONS } from '../tour/lessons.js';
import { axe, fitsWidth, ready, tabTo, visit } from './browser.js';

const open = (page, key) => page.locator(`.tour-room[data-lesson="${key}"]`).waitFor();
const done = (page, key) => page.locator(`.tour-room[data-done="${key}"]`).waitFor();
const isDone = (page) => page.locator('.tour-room[data-done]').count();

/** Types a number into the row of a leaf. */
async function type(page, name, number) {
  const place = await page.locator('.values tr', { has: page.locator('th', { hasText: new RegExp(`^${name}$`) }) }).getAttribute('data-place');
  await tabTo(page, `tr[data-place="${place}"] input`);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(number);
  await page.keyboard.press('Enter');
}

/** Steps until a value was reached or a sentence says so. */
async function step(page, times) {
  await tabTo(page, '#room, .stage [data-id], .tour-room h2');
  for (let i = 0; i < times; i += 1) {
    const before = await page.locator('.step-count').textContent();
    await page.keyboard.press('s');
    await page.locator('.step-count', { hasNotText: new RegExp(`^${before}$`) }).waitFor();
  }
}

/** Types a setting of the network, in the part of the settings that has it. */
async function setting(page, part, name, value) {
  await tabTo(page, `[data-group="${part}"] summary`);
  if ((await page.locator(`details[data-group="${part}"]`).getAttribute('open')) === null) await page.keyboard.press('Enter');
  await tabTo(page, `[name="${name}"]`);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(value);
  await page.keyboard.press('Enter');
}

async function press(page, id) {
  await tabTo(page, `#${id}`);
  await page.keyboard.press('Enter');
}

const epochs = (page, least) =>
  page.waitForFunction((wanted) => {
    const epoch = /epoch ([\d,]+)/.exec(document.querySelector('#counter').textContent)?.[1].replaceAll(',', '');
    return Number(epoch) >= wanted;
  }, least);

/** What the learner does in each lesson; `almost` is close and does not count. */
const DEEDS = {
  slope: {
    almost: (page) => type(page, 'a', '0.5'),
    deed: (page) => type(page, 'a', '1'),
  },
  chain: {
    almost: (page) => step(page, 6),
    deed: (page) => step(page, 1),
  },
  accumulation: {
    almost: (page) => step(page, 5),
    deed: (page) => step(page, 1),
  },
  order: {
    almost: (page) => step(page, 6),
    deed: (page) => step(page, 1),
  },
  neuron: {
    almost: (page) => type(page, 'b', '9'),
    deed: (page) => type(page, 'b', '9.5'),
  },
  layer: {
    // One neuron learns for ever and does not get there.
    almost: async (page) => {
      await press(page, 'play');
      await epochs(page, 60);
      await press(page, 'play');
    },
    deed: async (page) => {
      await setting(page, 'net', 'layer-0', '4');
      await press(page, 'play');
    },
  },
  descent: {
    // Too small a rate takes more epochs than there are.
    almost: async (page) => {
      await press(page, 'play');
      await epochs(page, 101);
      await press(page, 'play');
      await press(page, 'reset');
    },
    deed: async (page) => {
      await setting(page, 'training', 'rate', '0.3');
      await press(page, 'play');
    },
  },
  wrong: {
    // Breaking it is half of it.
    almost: async (page) => {
      await press(page, 'play');
      await page.locator('#recover').waitFor();
    },
    deed: async (page) => {
      await press(page, 'recover');
      await page.locator('#recover').waitFor({ state: 'hidden' });
      await press(page, 'reset');
      await epochs(page, 0);
      await setting(page, 'training', 'rate', '0.01');
      await press(page, 'play');
    },
  },
};

for (const [k, { key, title }] of LESSONS.entries()) {
  for (const scheme of ['light', 'dark']) {
    test(`axe finds nothing in lesson ${k + 1}, ${title}, ${scheme}`, () =>
      visit({ hash: `#tour?lesson=${key}`, scheme }, async (page) => {
        await ready(page, 'tour');
        await open(page, key);
        await axe(page);
      }));
  }
  test(`lesson ${k + 1}, ${title}, is not wider than 320 px`, () =>
    visit({ hash: `#tour?lesson=${key}`, width: 320, height: 640 }, async (page) => {
      await ready(page, 'tour');
      await open(page, key);
      await fitsWidth(page);
    }));
}

for (const [key, { almost, deed }] of Object.entries(DEEDS)) {
  test(`lesson ${key} is done by its deed, not by almost that`, () =>
    visit({ hash: `#tour?lesson=${key}` }, async (page) => {
      await ready(page, 'tour');
      await open(page, key);
      await almost(page);
      assert.equal(await isDone(page), 0);
      await deed(page);
      await done(page, key);
      await page.locator('#lesson-done strong').waitFor();
      await axe(page);
    }));
}

test('the lessons are walked by keyboard, and progress outlives a reload', () =>
  visit({ hash: '#tour' }, async (page) => {
    await ready(page, 'tour');
    await open(page, 'slope');
    await type(page, 'a', '1');
    await done(page, 'slope');
    await tabTo(page, '#lesson-next', { key: 'Shift+Tab' });
    await page.keyboard.press('Enter');
    await open(page, 'chain');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Chain rule');
    assert.match(page.url(), /lesson=chain/);
    await page.keyboard.press(']');
    await open(page, 'accumulation');
    await page.keyboard.press('[');
    await open(page, 'chain');
    await page.goBack();
    await open(page, 'accumulation');
    await page.goBack();
    await open(page, 'chain');
    await page.goBack();
    await open(page, 'slope');
    await page.reload();
    await ready(page, 'tour');
    await open(page, 'slope');
    await page.getByRole('button', { name: 'Lesson 1: Slope, done' }).waitFor();
    assert.equal(await page.locator('.tour-mark[data-done]').count(), 1);
  }));

test('a lesson that was begun is found as it was after a reload, and begins again when asked', () =>
  visit({ hash: '#tour?lesson=chain' }, async (page) => {
    await ready(page, 'tour');
    await open(page, 'chain');
    await step(page, 3);
    await page.waitForURL(/s=3/);
    await page.reload();
    await ready(page, 'tour');
    await open(page, 'chain');
    await page.locator('.step-count', { hasText: /^3 \// }).waitFor();
    await page.getByRole('button', { name: 'Begin again' }).click();
    await page.locator('.step-count', { hasText: /^0 \// }).waitFor();
  }));

test('every lesson says what to do, and hides what it does not need', () =>
  visit({ hash: '#tour?lesson=slope' }, async (page) => {
    await ready(page, 'tour');
    for (const { key, task, text } of LESSONS) {
      await page.evaluate((lesson) => (location.hash = `#tour?lesson=${lesson}`), key);
      await open(page, key);
      const shown = await page.locator('.tour-text').textContent();
      for (const paragraph of [...text, task]) assert.ok(shown.includes(paragraph.replaceAll('`', '')), `${key}: ${paragraph}`);
    }
    await page.locator('.race-never').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.tour-stage [data-group="race"]').isVisible(), false);
  }));
