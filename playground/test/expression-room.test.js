// The room of expressions by mouse and by keyboard: typing, examples, steps, numbers, slopes, quiz, code, files.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { axe, fitsWidth, ready } from './browser.js';
import { agree, at, box, boxes, drawn, frameOf, hash, native, retype, room, rows, said, shows } from './expression.js';

const LECTURE = 'a = 2\nb = -3\nc = 10\ne = a*b\nd = e + c\nf = -2\nL = d*f';
const TWICE = 'a = 3\nb = a + a';

test('no gradient is shown before backward has run', () =>
  room({}, async (page) => {
    for (const [, , grad] of await rows(page)) assert.equal(grad, '–');
    for (const [, grad] of Object.values(await boxes(page))) assert.equal(grad, '–');
  }));

test('every example shows the numbers and gradients of the native engine', () =>
  room({}, async (page) => {
    const examples = native('examples').trim().split('\n').map((line) => JSON.parse(line));
    for (const { key, text } of examples) {
      await page.locator('#example').selectOption(key);
      assert.equal(await page.locator('#expression').inputValue(), text);
      await page.locator('.expression-room[data-state="good"]').waitFor();
      await drawn(page);
      const all = frameOf(text, 1e6);
      await page.locator(`.expression-room[data-total="${all.total}"]`).waitFor();
      await page.locator('.step-end').click();
      await at(page, all.total);
      agree(await rows(page), all);
    }
  }));

test('the graph follows what is typed', () =>
  room({}, async (page) => {
    await page.locator('#expression').fill('');
    await page.locator('#expression').pressSequentially('x = 3\ny = x*x + 1');
    await shows(page, 'y', '10.0000');
    assert.equal((await rows(page)).length, 4);
  }));

for (const [way, forth, back] of [
  ['by mouse', (page) => page.locator('.step-forth').click(), (page) => page.locator('.step-back').click()],
  ['by keyboard', (page) => page.keyboard.press('s'), (page) => page.keyboard.press('Shift+ArrowLeft')],
]) {
  test(`one edge at a time, forth and back, is what the native engine does: ${way}`, () =>
    room({}, async (page) => {
      const { total } = frameOf(LECTURE, 0);
      for (let step = 1; step <= total; step++) {
        await forth(page);
        await at(page, step);
        const frame = frameOf(LECTURE, step);
        agree(await rows(page), frame);
        assert.equal(await page.locator('.said-text').textContent(), frame.said.text);
        if (frame.last) {
          const edge = page.locator('.gl-edge.is-now');
          assert.equal(await edge.count(), 1);
          assert.equal(await edge.locator('.gl-local').textContent(), `×${frame.last.local}`);
        }
      }
      for (let step = total - 1; step >= 0; step--) {
        await back(page);
        await at(page, step);
        agree(await rows(page), frameOf(LECTURE, step));
      }
    }));
}

test('a value used twice shows its running sum, and says so', () =>
  room({ text: TWICE }, async (page) => {
    await page.keyboard.press('s');
    await at(page, 1);
    await page.keyboard.press('s');
    await at(page, 2);
    assert.deepEqual((await boxes(page)).a, ['3.0000', '1.0000']);
    assert.equal(await box(page, 'a').locator('.gl-of-grad').textContent(), 'Σ 1/2');
    await page.keyboard.press('s');
    await at(page, 3);
    assert.deepEqual((await boxes(page)).a, ['3.0000', '2.0000']);
    assert.equal(await box(page, 'a').locator('.gl-of-grad').textContent(), 'grad');
    await said(page, '1 + 1 = 2');
  }));

test('the order of backward is numbered on the nodes', () =>
  room({}, async (page) => {
    for (const [label, order] of [['L', '1'], ['d', '2'], ['e', '3']]) {
      assert.equal(await box(page, label).locator('.gl-order').textContent(), order);
    }
  }));

test('whole values, the end, and reset: by mouse and by keyboard', () =>
  room({}, async (page) => {
    const press = async (name, step) => {
      await page.locator(`.step-${name}`).click();
      await at(page, step);
    };
    await press('next-value', 1);
    await press('next-value', 3);
    await press('last-value', 1);
    await press('end', 7);
    await press('reset', 0);
    for (const [key, step] of [['Shift+ArrowRight', 1], ['Shift+ArrowRight', 3], ['ArrowRight', 4], ['r', 0]]) {
      await page.keyboard.press(key);
      await at(page, step);
    }
  }));

test('play goes to the end by itself, and Space pauses it', () =>
  room({ text: TWICE }, async (page) => {
    await page.keyboard.press(' ');
    await at(page, 1);
    await page.keyboard.press(' ');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    await page.locator('.step-play').click();
    await at(page, 3);
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  }));

test('dragging a leaf changes everything made from it, and no box moves', () =>
  room({ text: LECTURE, entries: { s: 7 } }, async (page) => {
    const places = () => page.locator('.gl-node').evaluateAll((all) => all.map((one) => one.getAttribute('data-box')));
    const before = await places();
    const { x, y, width, height } = await box(page, 'a').locator('.gl-card').boundingBox();
    const middle = [x + width / 2, y + height / 2];
    await page.mouse.move(...middle);
    await page.mouse.down();
    for (let i = 1; i <= 25; i++) await page.mouse.move(middle[0] + 4 * i, middle[1]);
    await page.mouse.up();
    await shows(page, 'a', '3.0000');
    await shows(page, 'L', '-2.0000');
    assert.deepEqual(await places(), before);
    const frame = frameOf(LECTURE.replace('a = 2', 'a = 3'), 7);
    agree(await rows(page), frame);
    assert.match(await page.locator('.edits').textContent(), /Not as in the text: a/);
    await hash(page, 'v=a:3');
    await page.getByRole('button', { name: 'Undo' }).click();
    await shows(page, 'a', '2.0000');
  }));

test('a constant can be dragged too', () =>
  room({ text: 'x = 2\ny = x*3' }, async (page) => {
    const { x, y, width, height } = await page.locator('.gl-constant .gl-card').boundingBox();
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 60, y + height / 2, { steps: 6 });
    await page.mouse.move(x + width / 2 + 100, y + height / 2, { steps: 6 });
    await page.mouse.up();
    await shows(page, 'y', '8.0000');
  }));

test('by keyboard alone a leaf is reached along edges, typed, stepped and given back', () =>
  room({}, async (page) => {
    await box(page, 'L').focus();
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    const label = () => page.evaluate(() => document.activeElement.querySelector('.gl-label')?.textContent);
    const leaf = await label();
    assert.ok(['a', 'b'].includes(leaf), leaf);
    await page.keyboard.press('Home');
    assert.equal(await label(), 'L');
    await page.keyboard.press('End');
    assert.equal(await label(), 'a');
    await page.keyboard.press('Enter');
    await page.keyboard.type('-1.5');
    await shows(page, 'a', '-1.5000');
    await page.keyboard.press('ArrowUp');
    await shows(page, 'a', '-1.4800');
    await page.keyboard.press('Escape');
    await shows(page, 'a', '2.0000');
    assert.equal(await label(), 'a');
    await page.keyboard.type('7');
    await page.keyboard.press('Enter');
    await shows(page, 'a', '7.0000');
    await shows(page, 'L', '22.0000');
  }));

test('a number is typed and stepped in the table', () =>
  room({}, async (page) => {
    const field = page.locator('.value-field').first();
    await field.fill('4');
    await shows(page, 'e', '-12.0000');
    await field.press('ArrowDown');
    await shows(page, 'a', '3.9800');
    await field.fill('four');
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    await field.press('Enter');
    assert.equal(await field.inputValue(), '3.98');
  }));

test('the graph has one tab stop', () =>
  room({}, async (page) => assert.equal(await page.locator('.gl-picture [tabindex="0"]').count(), 1)));

test('slopes stand beside the gradients, and follow a number that changes', () =>
  room({ text: LECTURE, entries: { s: 7 } }, async (page) => {
    await page.keyboard.press('g');
    await page.locator('.verdict', { hasText: 'All 7 gradients agree' }).waitFor();
    const slopes = await page.locator('.values tbody tr').evaluateAll((all) => all.map((row) => row.cells[4].textContent));
    const expected = JSON.parse(native('expression', LECTURE, 'check'));
    assert.deepEqual(slopes, expected.map(({ slope }) => `${slope} ✓`));
    await page.locator('.value-field').nth(1).fill('5');
    await page.locator('.values tbody tr:first-child td:nth-child(5)', { hasText: '-10.0000' }).waitFor();
    await page.locator('#check').click();
    await page.locator('#check[aria-pressed="false"]').waitFor();
    assert.equal(await page.locator('.values thead th').count(), 4);
  }));

test('the quiz asks for each gradient, tells right from wrong and why, and keeps the score', () =>
  room({ text: 'a = 2\nb = -3\nc = a*b' }, async (page) => {
    await page.keyboard.press('q');
    const answer = page.locator('#answer');
    assert.ok(await answer.evaluate((field) => field === document.activeElement));
    assert.deepEqual((await rows(page)).map(([, , grad]) => grad), ['?', '?', '?']);
    await page.keyboard.type('1');
    await page.keyboard.press('Enter');
    await page.locator('.quiz-told.is-good').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.quiz-question', { hasText: 'gradient of b' }).waitFor();
    assert.deepEqual((await rows(page)).map(([, , grad]) => grad), ['?', '?', '1.0000']);
    await page.keyboard.type('-3');
    await page.keyboard.press('Enter');
    await page.locator('.quiz-told.is-bad', { hasText: 'Not quite: it is 2. ∂c/∂b = a = 2' }).waitFor();
    await said(page, 'Not quite');
    await page.getByRole('button', { name: 'Next' }).click();
    await answer.fill('nonsense');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('.quiz-told', { hasText: 'not a number' }).waitFor();
    await answer.fill('-6/2');
    await page.getByRole('button', { name: 'Check', exact: true }).click();
    await page.locator('.quiz-told.is-good').waitFor();
    await page.getByRole('button', { name: 'See the score' }).click();
    await page.locator('.quiz-score', { hasText: '2 of 3 right' }).waitFor();
    await page.getByRole('button', { name: 'End the quiz' }).click();
    await page.locator('.values tbody tr:first-child', { hasText: '–' }).waitFor({ state: 'attached' });
    assert.deepEqual((await rows(page)).map(([, , grad]) => grad), ['–', '–', '–']);
  }));

test('the code is that of the native session, in both languages, and is copied', () =>
  room({}, async (page) => {
    await page.getByRole('tab', { name: 'Numbers' }).focus();
    await page.keyboard.press('ArrowLeft');
    const code = page.locator('.code-text code');
    await page.locator('.code-text', { hasText: 'fn main' }).waitFor();
    assert.equal(await code.textContent(), native('code', 'rust', LECTURE));
    await page.getByRole('button', { name: 'Python' }).click();
    await page.locator('.code-text', { hasText: 'from gradling' }).waitFor();
    assert.equal(await code.textContent(), native('code', 'python', LECTURE));
    await page.getByRole('button', { name: 'Copy' }).click();
    await said(page, 'copied');
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), native('code', 'python', LECTURE));
  }));

test('the graph is saved as SVG, PNG and DOT', () =>
  room({ text: LECTURE, entries: { s: 7, t: 'code' } }, async (page) => {
    const saved = async (kind) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`[data-save="${kind}"]`).click()]);
      assert.equal(download.suggestedFilename(), `graph.${kind}`);
      return readFile(await download.path());
    };
    const svg = String(await saved('svg'));
    assert.match(svg, /^<svg[\s\S]*6\.0000[\s\S]*<\/svg>\s*$/);
    const dot = String(await saved('dot'));
    assert.match(dot, /digraph[\s\S]*\{ L \| data -8\.0000 \| grad 1\.0000 \}/);
    const png = await saved('png');
    assert.equal(png.subarray(1, 4).toString(), 'PNG');
    // Width and height, and not all of one colour.
    assert.ok(png.readUInt32BE(16) > 600 && png.readUInt32BE(20) > 150 && png.length > 5000);
  }));

test('a reload shows the very same: text, numbers, step, tab, value in focus', () =>
  room({}, async (page) => {
    await retype(page, 'u = 0.25\nv = u*u + 3*u\nw = tanh(v)');
    await page.locator('.value-field').first().fill('0.375');
    await shows(page, 'u', '0.3750');
    await page.keyboard.press('Escape');
    await page.locator('.value-name').first().click();
    for (const step of [1, 2, 3]) {
      await page.locator('.step-forth').click();
      await at(page, step);
    }
    await page.locator('#check').click();
    await page.locator('.verdict', { hasText: 'agree' }).waitFor();
    await hash(page, 's=3');
    await hash(page, 'c=1');
    await hash(page, 'v=u:0.375');
    const look = async () => ({ rows: await rows(page), boxes: await boxes(page), said: await page.locator('.said-text').textContent(),
      detail: await page.locator('.detail').textContent(), text: await page.locator('#expression').inputValue() });
    const before = await look();
    await page.reload();
    await ready(page, 'expression');
    await page.locator('.verdict', { hasText: 'agree' }).waitFor();
    await page.locator('.detail h2').waitFor();
    assert.deepEqual(await look(), before);
  }));

test('a reload in the middle of a quiz goes on there', () =>
  room({ text: TWICE }, async (page) => {
    await page.keyboard.press('q');
    await page.keyboard.type('1');
    await page.keyboard.press('Enter');
    await page.locator('.quiz-told.is-good').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.quiz-question', { hasText: 'gradient of a' }).waitFor();
    await hash(page, 'q=-r');
    await page.reload();
    await ready(page, 'expression');
    await page.locator('.quiz-question', { hasText: 'gradient of a' }).waitFor();
    await page.locator('.quiz-score', { hasText: '1 right of 1' }).waitFor();
    assert.equal((await rows(page))[0][2], '?');
  }));

test('Back goes to the example before', () =>
  room({}, async (page) => {
    await page.locator('#example').selectOption('neuron');
    await box(page, 'o').waitFor();
    await hash(page, 'tanh');
    await page.goBack();
    await box(page, 'L').waitFor();
    assert.equal(await page.locator('#expression').inputValue(), LECTURE);
  }));

test('zoom and pan by mouse and by keyboard', () =>
  room({}, async (page) => {
    const stage = page.locator('.stage');
    const zoomed = (test, than) => page.waitForFunction(([test, than]) => {
      const zoom = Number(document.querySelector('.stage').dataset.zoom);
      return test === '>' ? zoom > than * 1.1 : test === '<' ? zoom < than / 1.1 : zoom === than;
    }, [test, than]);
    const pan = () => stage.getAttribute('data-pan');
    const panned = (from) => page.waitForFunction((from) => document.querySelector('.stage').dataset.pan !== from, from);
    const fitted = Number(await stage.getAttribute('data-zoom'));
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await zoomed('>', fitted);
    await page.getByRole('button', { name: 'Fit to the window' }).click();
    await zoomed('=', fitted);
    await page.locator('.brand').focus();
    await page.keyboard.press('+');
    await zoomed('>', fitted);
    await page.keyboard.press('-');
    await page.keyboard.press('-');
    await zoomed('<', fitted);
    await page.keyboard.press('0');
    await zoomed('=', fitted);
    const still = await pan();
    await box(page, 'L').focus();
    await page.keyboard.press('Control+ArrowRight');
    await panned(still);
    await page.keyboard.press('0');
    await zoomed('=', fitted);
    const { x, y } = await stage.boundingBox();
    await page.mouse.move(x + 60, y + 500);
    await page.mouse.wheel(0, -240);
    await zoomed('>', fitted);
    const before = await pan();
    await page.mouse.down();
    await page.mouse.move(x + 160, y + 460, { steps: 4 });
    await page.mouse.up();
    await panned(before);
  }));

for (const scheme of ['light', 'dark']) {
  test(`axe finds nothing, on any tab: ${scheme}`, () =>
    room({ text: LECTURE, entries: { s: 4, c: 1, n: 3 }, scheme }, async (page) => {
      await page.locator('.verdict', { hasText: 'agree' }).waitFor();
      await axe(page);
      await page.getByRole('tab', { name: 'Code' }).click();
      await axe(page);
      await page.keyboard.press('q');
      await axe(page);
      await retype(page, 'a = 2 +');
      await axe(page);
    }));
}

test('it fits a screen of 320 pixels, with less motion too', () =>
  room({ text: 'x = 0.5\ny = tanh(x*x*x + 3*x)', width: 320, height: 640, reduced: true }, async (page) => {
    await fitsWidth(page);
    for (const tab of ['Quiz', 'Code', 'Numbers']) {
      await page.getByRole('tab', { name: tab }).click();
      await fitsWidth(page);
    }
    await retype(page, `${'x'.repeat(120)} = ${'9'.repeat(100)}`);
    await fitsWidth(page);
    const small = await page.locator('button:visible, select:visible').evaluateAll((all) => all.filter((one) => !one.closest('td, th'))
      .map((one) => [one.className, one.getBoundingClientRect()]).filter(([, { width, height }]) => width < 37 || height < 36).map(([name]) => name));
    assert.deepEqual(small, []);
  }));

test('a screen of 1280 by 800 needs no scrolling', () =>
  room({}, async (page) => {
    const over = await page.evaluate(() => document.querySelector('.room').scrollHeight - document.querySelector('.room').clientHeight);
    assert.ok(over <= 0, `${over} px`);
  }));
