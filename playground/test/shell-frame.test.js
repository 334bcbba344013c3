// The frame: rooms, the address, the scheme.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axe, fitsWidth, ready, visit } from './browser.js';

for (const room of ['expression', 'network', 'tour']) {
  test(`an address opens its room: ${room}`, () =>
    visit({ hash: `#${room}` }, async (page) => {
      await ready(page, room);
      assert.equal(await page.locator('.rooms [aria-current]').textContent(), { expression: 'Expression', network: 'Network', tour: 'Tour' }[room]);
    }));
}
