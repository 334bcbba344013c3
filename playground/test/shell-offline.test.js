// The page without a network, and a newer build of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ready, serve, visit } from './browser.js';

const offline = (page) => page.locator('html[data-offline="ready"]').waitFor({ state: 'attached' });

test('after one visit the page works without a network, every room of it', async () => {
  const server = await serve();
  await visit({ server }, async (page, { context }) => {
    await ready(page, 'expression');
    await offline(page);
    await server.close();
    await context.setOffline(true);
    for (const room of ['network', 'tour', 'expression']) {
      await page.goto(`${server.origin}/?again=${room}#${room}`);
      await ready(page, room);
    }
    await page.goto(`${server.origin}/licences.txt`);
    assert.equal(await page.getByRole('alert').count(), 0);
  });
});

test('a newer build is offered, taken when asked for, and leaves nothing of the older', async () => {
  const replaced = new Map();
  const server = await serve(undefined, replaced);
  await visit({ server }, async (page) => {
    await ready(page, 'expression');
    await offline(page);
    const text = await (await page.request.get(`${server.origin}/site-files.js`)).text();
    const icon = '<svg xmlns="http://www.w3.org/2000/svg"/>';
    replaced.set('/site-files.js', text.replace(/"version": "[^"]*"/, '"version": "newer"'));
    replaced.set('/icon.svg', icon);
    await page.reload();
    // Until it is asked for, the older build serves.
    await ready(page, 'expression');
    const fetched = () => page.evaluate(async () => (await fetch('icon.svg')).text());
    assert.notEqual(await fetched(), icon);
    const button = page.getByRole('button', { name: 'Load it' });
    await button.waitFor();
    await Promise.all([page.waitForEvent('load'), button.click()]);
    await ready(page, 'expression');
    assert.equal(await fetched(), icon);
    assert.deepEqual(await page.evaluate(() => caches.keys()), ['gradling-newer']);
  });
  await server.close();
});

test('the page can be installed: a manifest with an icon that is there', () =>
  visit({}, async (page, { origin }) => {
    const manifest = await (await page.request.get(`${origin}/manifest.webmanifest`)).json();
    assert.ok(manifest.name && manifest.start_url && manifest.display === 'standalone');
    for (const { src } of manifest.icons) {
      assert.equal((await page.request.get(`${origin}/${src}`)).status(), 200);
    }
  }));
