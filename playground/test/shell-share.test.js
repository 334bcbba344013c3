// What is given to others: links, hidden controls, files.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { axe, ready, visit } from './browser.js';

/** Chooses a file in the dialog; the page then has read it. */
async function openFile(page, name, text) {
  await page.locator('#share').click();
  const chooser = page.waitForEvent('filechooser');
  await page.locator('#share-open').click();
  await (await chooser).setFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
}

test('the link in the dialog is the address of what is shown, and is copied', () =>
  visit({ hash: '#tour?x=1' }, async (page) => {
    await ready(page, 'tour');
    await page.locator('#share').click();
    assert.equal(await page.inputValue('#share-link'), page.url());
    await page.getByRole('button', { name: 'Copy link' }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), page.url());
  }));

for (const scheme of ['light', 'dark']) {
  test(`axe finds nothing in the dialog that shares, ${scheme}`, () =>
    visit({ scheme }, async (page) => {
      await ready(page, 'expression');
      await page.locator('#share').click();
      await page.getByRole('dialog', { name: 'Share' }).waitFor();
      await axe(page);
    }));
}

test("a teacher's link hides what was ticked, and still does after going to another room", () =>
  visit({ hash: '#expression' }, async (page, { context, origin }) => {
    await ready(page, 'expression');
    await page.locator('#share').click();
    await page.getByRole('checkbox', { name: 'Share, save and open' }).check();
    const link = await page.inputValue('#share-link');
    assert.match(link, /[?&]hide=share$/);
    assert.ok(await page.locator('#share').isVisible());
    const other = await context.newPage();
    await other.goto(link);
    await ready(other, 'expression');
    assert.equal(await other.locator('#share').isVisible(), false);
    await other.getByRole('link', { name: 'Network' }).click();
    await ready(other, 'network');
    assert.equal(await other.locator('#share').isVisible(), false);
    await other.goto(`${origin}/#expression`);
    await other.locator('#share').waitFor({ state: 'visible' });
  }));

for (const room of ['expression', 'network']) {
  test(`each group of ${room} that the dialog names can be hidden`, () =>
    visit({ hash: `#${room}` }, async (page, { context }) => {
      await ready(page, room);
      await page.locator('#share').click();
      const boxes = page.getByRole('dialog').getByRole('checkbox');
      const names = (await boxes.evaluateAll((all) => all.map((box) => box.id.replace('hide-', '')))).filter((name) => !['rooms', 'share'].includes(name));
      assert.ok(names.length >= 6, names.join());
      for (const name of names) await page.locator(`#hide-${name}`).check();
      const link = await page.inputValue('#share-link');
      const other = await context.newPage();
      await other.goto(link);
      await ready(other, room);
      for (const name of names) {
        assert.ok((await other.locator(`[data-group="${name}"]`).count()) > 0, name);
        assert.equal(await other.locator(`[data-group="${name}"]:visible`).count(), 0, name);
      }
      await axe(other);
    }));
}

test('the other rooms can be hidden', () =>
  visit({ hash: '#network?hide=rooms' }, async (page) => {
    await ready(page, 'network');
    assert.equal(await page.getByRole('navigation', { name: 'Rooms' }).isVisible(), false);
  }));

test('a file that was saved opens as what it was', () =>
  visit({ hash: '#tour?lesson=chain' }, async (page) => {
    await ready(page, 'tour');
    const before = new URL(page.url()).hash;
    await page.locator('#share').click();
    const download = page.waitForEvent('download');
    await page.locator('#share-save').click();
    const saved = await readFile(await (await download).path(), 'utf8');
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Network' }).click();
    await ready(page, 'network');
    await openFile(page, 'mine.json', saved);
    await ready(page, 'tour');
    assert.equal(new URL(page.url()).hash, before);
    await page.goBack();
    await ready(page, 'network');
  }));

const HOSTILE = {
  'no JSON': '{"format": ',
  'another format': '{"format":"notebook"}',
  'null': 'null',
  'a later version': '{"format":"gradling-playground","version":2,"room":"network","address":{}}',
  'an unknown room': '{"format":"gradling-playground","version":1,"room":"../network","address":{}}',
  'a list for an address': '{"format":"gradling-playground","version":1,"room":"network","address":["e"]}',
  'a number in its address': '{"format":"gradling-playground","version":1,"room":"network","address":{"e":1}}',
  'markup for a key': '{"format":"gradling-playground","version":1,"room":"network","address":{"<img src=x onerror=alert(1)>":"1"}}',
};

for (const [what, text] of Object.entries(HOSTILE)) {
  test(`a file with ${what} is refused with its name, and nothing changes`, () =>
    visit({ hash: '#tour?lesson=chain' }, async (page) => {
      await ready(page, 'tour');
      const before = page.url();
      await openFile(page, 'their <b>file</b>.json', text);
      const notice = page.getByRole('alert');
      await notice.waitFor();
      assert.match(await notice.textContent(), /their <b>file<\/b>\.json/);
      assert.equal(await notice.locator('b').count(), 0);
      assert.equal(page.url(), before);
      await notice.getByRole('button', { name: 'Close this notice' }).click();
      assert.equal(await notice.count(), 0);
    }));
}

test('a file with markup in its values shows it as text', () =>
  visit({ hash: '#tour' }, async (page) => {
    await ready(page, 'tour');
    const e = 'a = <img src=x onerror=alert(1)>';
    const saved = { format: 'gradling-playground', version: 1, room: 'expression', address: { e } };
    await openFile(page, 'x.json', JSON.stringify({ ...saved, state: { points: '<script>alert(1)</script>', __proto__: 1 } }));
    await ready(page, 'expression');
    assert.equal(await page.locator('img, main script').count(), 0);
  }));
