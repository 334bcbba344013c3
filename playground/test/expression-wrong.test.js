// Wrong, huge and hostile texts in the room of expressions: what is wrong is said with its place, and the
// page goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ready } from './browser.js';
import { box, drawn, hash, link, native, retype, room, rows, said, shows } from './expression.js';

test('a wrong text is shown with its place, said, and keeps the last graph, dimmed', () =>
  room({}, async (page) => {
    await retype(page, 'a = 2\nb = a +* 3');
    const wrong = page.locator('.wrong');
    assert.match(await wrong.textContent(), /Line 2, column 8/);
    assert.equal(await page.locator('.caret').textContent(), '       ^');
    assert.equal(await page.locator('#expression').getAttribute('aria-invalid'), 'true');
    await page.locator('.stage.is-stale').waitFor();
    await box(page, 'L').waitFor();
    await said(page, 'Line 2, column 8');
    await page.locator('.error-place').click();
    assert.equal(await page.locator('#expression').evaluate((field) => field.value.slice(field.selectionStart, field.selectionEnd)), '*');
    await page.keyboard.press('Delete');
    await shows(page, 'b', '5.0000');
    assert.equal(await page.locator('.stage.is-stale').count(), 0);
    assert.ok(await wrong.isHidden());
  }));

test('an address with a wrong text says what is wrong', () =>
  room({ text: 'a = (1', drawn: false }, async (page) => {
    await page.locator('.wrong', { hasText: 'Line 1' }).waitFor();
    await retype(page, 'a = 1');
    await shows(page, 'a', '1.0000');
  }));

test('markup in a text is text', () =>
  room({}, async (page) => {
    for (const text of ['<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', "a = 1 # <b>'\"&</b>\na", '\u202eabc = 2', 'x = {1}', '${x}', '%s']) {
      await retype(page, text);
      assert.equal(await page.locator('.expression-room img, .expression-room script, .expression-room b:not(.grad)').count(), 0);
    }
    await retype(page, 'größe = 2\n数 = größe*3\nΣ_1 = 数^2');
    await shows(page, 'Σ_1', '36.0000');
  }));

test('names without a value can be dragged, and say so', () =>
  room({ text: 'tanh(w*x + b)' }, async (page) => {
    assert.deepEqual((await rows(page)).map(([name]) => name).slice(0, 2), ['w', 'x']);
    await page.locator('.stage-notes', { hasText: 'w, x, b: not given in the text' }).waitFor();
    await page.locator('.value-field').first().fill('0');
    await page.locator('.values tr:first-child .value-field').press('Enter');
    await hash(page, 'v=w:0');
  }));

test('the first value that is no number is named', () =>
  room({ text: 'x = -1\nloss = log(x)*2 + 1' }, async (page) => {
    await page.locator('.alarm', { hasText: 'ln(x) is NaN, made by ln from x = −1' }).waitFor();
    assert.equal(await page.locator('.gl-node.is-broken').count(), 1);
    await page.locator('.step-end').click();
    await page.locator('.value-field').first().fill('1');
    await shows(page, 'loss', '1.0000');
    assert.equal(await page.locator('.alarm').count(), 0);
    await page.locator('.value-field').first().fill('inf');
    await page.locator('.alarm', { hasText: 'x was given as inf' }).waitFor();
  }));

test('a hundred thousand characters, deep nesting and broken addresses break nothing', () =>
  room({}, async (page) => {
    await retype(page, '('.repeat(100_000));
    await page.locator('.wrong').waitFor();
    await retype(page, `x = 1\ny = ${'('.repeat(20_000)}x${')'.repeat(20_000)}`);
    await shows(page, 'y|x', '1.0000').catch(() => shows(page, 'x', '1.0000'));
    await retype(page, `x = 1\ny = ${Array(40_000).fill('x').join('+')}`);
    await page.locator('.stage-notes', { hasText: 'The picture shows the last 2000 of' }).waitFor();
    await drawn(page);
    assert.match(await page.locator('.said-text').textContent(), /Forward is done/);
    await page.locator('.step-end').click();
    await page.locator('.expression-room[data-step="79999"]').waitFor();
    for (const broken of ['#expression?g=%%%', '#expression?g=AAAA&s=99999999&q=zz&v=a:x,~:1,:&n=77&t=?', `#expression?e=${'%28'.repeat(3000)}`]) {
      await page.evaluate((hash) => (location.hash = hash), broken);
      await page.waitForFunction(() => ['good', 'wrong'].includes(document.querySelector('.expression-room').dataset.state));
    }
    await retype(page, 'a = 2\nb = a*2');
    await shows(page, 'b', '4.0000');
  }));

test('a text too long for an address says so, and is in the saved file', () =>
  room({}, async (page) => {
    // No two of the numbers are alike, so it cannot be compressed away.
    let seed = 1;
    const number = () => ((seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647).toFixed(16);
    const text = `y = ${Array.from({ length: 900 }, number).join(' + ')}`;
    await retype(page, text);
    await page.locator('.notice', { hasText: 'too long for an address' }).waitFor();
    await page.locator('#share').click();
    assert.match(await page.locator('dialog').textContent(), /leaves out the expression, which is too long for it/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('dialog').getByRole('button', { name: /Save/ }).first().click()]);
    const { readFile } = await import('node:fs/promises');
    const saved = JSON.parse(await readFile(await download.path(), 'utf8'));
    assert.equal(saved.state.text, text);
  }));

test('several hundred operations fit an address, and are the same after a reload', () =>
  room({}, async (page) => {
    const text = Array.from({ length: 60 }, (_, i) => `h${i} = tanh(${i ? `h${i - 1}` : 'x'}*w${i} + b${i})`).join('\n');
    await retype(page, `x = 0.5\n${text}`);
    await hash(page, 'g=');
    await page.reload();
    await ready(page, 'expression');
    await drawn(page);
    assert.equal(await page.locator('#expression').inputValue(), `x = 0.5\n${text}`);
    const frame = JSON.parse(native('expression', `x = 0.5\n${text}`, 'frame'));
    assert.equal((await rows(page)).at(-1)[1], frame.data[(await rows(page)).length - 1]);
  }));

test('another room can open a graph by its text', () =>
  room({ hash: link({ e: 'q = 2; r = q*4' }) }, async (page) => {
    await shows(page, 'r', '8.0000');
    await page.evaluate((hash) => (location.hash = hash), link({ e: 'q = 3; r = q*4', v: 'q:5' }));
    await shows(page, 'r', '20.0000');
  }));
