// A worker that ends by an error of its own.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ready, serve, visit } from './browser.js';

/** A room whose engine breaks when told to. */
const ROOM = `
export async function mount(host) {
  const ask = (name) => async () => {
    try { host.root.dataset.answer = await host.engine.call(name, 2); } catch (error) { host.root.dataset.failed = error.message; }
  };
  for (const name of ['expression.double', 'expression.refuse', 'expression.break', 'expression.later', 'expression.none']) {
    const button = document.createElement('button');
    button.textContent = name;
    button.addEventListener('click', ask(name));
    host.root.append(button);
  }
  host.root.dataset.double = await host.engine.call('expression.double', 21);
  host.on('expression.said', (text) => { host.root.dataset.said = text; });
}`;
const WORKER = `
import { transferring } from '../shell/transfer.js';
export const handlers = (wasm, post) => ({
  double: (x) => { post('said', 'doubled'); return transferring(2 * x, []); },
  refuse: () => { throw { message: 'not that one', place: 3 }; },
  break: () => { const deep = () => deep() + 1; return deep(); },
  later: () => { setTimeout(() => { throw new Error('much later'); }); return 'soon'; },
});`;
const broken = await serve(undefined, new Map([['/expression/room.js', ROOM], ['/expression/worker.js', WORKER]]));
after(broken.close);

const room = (page) => page.locator('.expression-room');
const press = (page, name) => page.getByRole('button', { name }).click();

test('a worker answers calls, posts events and passes errors on', () =>
  visit({ server: broken }, async (page) => {
    await ready(page, 'expression');
    assert.equal(await room(page).getAttribute('data-double'), '42');
    await press(page, 'expression.double');
    await page.locator('[data-answer="4"][data-said="doubled"]').waitFor();
    await press(page, 'expression.refuse');
    await page.locator('[data-failed="not that one"]').waitFor();
    await press(page, 'expression.none');
    await page.locator('[data-failed*="nothing named expression.none"]').waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
  }));

for (const name of ['expression.break', 'expression.later']) {
  test(`an engine that stops is said, started again and works: ${name}`, () =>
    visit({ server: broken }, async (page) => {
      await ready(page, 'expression');
      await page.evaluate(() => (document.querySelector('.expression-room').dataset.old = 'yes'));
      await press(page, name);
      const notice = page.getByRole('alert');
      await notice.waitFor();
      assert.match(await notice.textContent(), /The engine stopped: .*started again/s);
      await page.locator('.expression-room:not([data-old])[data-double="42"]').waitFor();
      // The second time it waits to be asked.
      await press(page, name);
      await page.getByRole('button', { name: 'Start it again' }).click();
      await ready(page, 'expression');
      await page.locator('[data-double="42"]').waitFor();
    }));
}

test('an engine that cannot be loaded is said', async () => {
  const empty = await serve(undefined, new Map([['/engine/gradling_wasm_bg.wasm', 'no module']]));
  const allowed = ['wasm', 'WebAssembly'];
  await visit({ server: empty, hash: '#expression?e=1', allowed }, async (page) => {
    const notice = page.getByRole('alert').first();
    await notice.waitFor();
    assert.match(await notice.textContent(), /The engine stopped/);
  });
  await empty.close();
});
