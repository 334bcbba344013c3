// Model files: what is saved can be opened again, to go on from.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { address, beyond, close, figure, network, shown, stepsOf, unfold } from './network.js';

async function save(page) {
  await unfold(page, 'export');
  const download = page.waitForEvent('download');
  await page.locator('#save-model').click();
  return (await download).path();
}

async function open(page, path) {
  await unfold(page, 'export');
  const chooser = page.waitForEvent('filechooser');
  await page.locator('#open-model').click();
  await (await chooser).setFiles(path);
}

test('a model that was saved is opened in place of other layers, and the link keeps its weights', () =>
  network('set=circles&layers=5,3&act=relu&stop=epochs:8', {}, async (page) => {
    await page.locator('#play').click();
    await page.locator('.network-room[data-playing="false"][data-steps]:not([data-steps="0"])').waitFor();
    const [train, held] = [await figure(page, 'Training loss'), await figure(page, 'Held-out loss')];
    const file = await save(page);
    await page.goto('about:blank');
    await page.goBack();
    await shown(page);
    await unfold(page, 'net');
    await page.locator('#add-layer').click();
    await page.waitForFunction(() => /layers=5,3,/.test(location.hash));
    await shown(page);
    await open(page, file);
    await page.waitForFunction(() => /[?&]w=/.test(location.hash));
    await page.waitForFunction(() => /layers=5,3(&|$)/.test(location.hash));
    await shown(page);
    assert.equal(await stepsOf(page), 0);
    for (const reload of [false, true]) {
      if (reload) {
        await page.reload();
        await shown(page);
      }
      assert.ok(close(await figure(page, 'Training loss'), train), `${await figure(page, 'Training loss')} ${train}`);
      assert.ok(close(await figure(page, 'Held-out loss'), held));
    }
    // It goes on from there, and begins there again.
    await page.locator('#step-epoch').click();
    await beyond(page, 0);
    await page.locator('#reset').click();
    await page.locator('.network-room[data-steps="0"]').waitFor();
    assert.ok(close(await figure(page, 'Training loss'), train));
    // Other layers have other weights.
    await unfold(page, 'net');
    await page.locator('#add-layer').click();
    await page.waitForFunction(() => !/[?&]w=/.test(location.hash));
    await shown(page);
  }));

test('a model of other data, and what is no model, are refused with what is needed', () =>
  network('set=circles', {}, async (page) => {
    const file = await save(page);
    const other = join(tmpdir(), 'notes.safetensors');
    await writeFile(other, 'no model at all');
    await open(page, other);
    await page.locator('.notice', { hasText: 'notes.safetensors: ' }).waitFor();
    await unfold(page, 'data');
    await page.locator('[name=set]').selectOption('table');
    await page.locator('#sample-table').click();
    await page.locator('#data-reason', { hasText: 'classification into 3 classes' }).waitFor();
    await open(page, file);
    await page.locator('.notice', { hasText: 'the model reads x1, x2' }).waitFor();
    assert.equal((await address(page)).get('w'), null);
  }));

test('damaged first weights in a link are said, and drawn instead', () =>
  network('set=circles&w=AAAA', {}, async (page) => {
    await page.locator('.notice', { hasText: 'first weights in the address are damaged' }).waitFor();
    assert.ok(Number.isFinite(await figure(page, 'Training loss')));
  }));
