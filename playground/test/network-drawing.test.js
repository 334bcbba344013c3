// The drawing, the plane, weights and samples; what opens in the other room; what is saved.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ready } from './browser.js';
import { atSteps, beyond, close, figure, inAddress, native, network, shown, stepsOf, unfold } from './network.js';

test('layers and neurons are added and removed, by mouse and by keyboard', () =>
  network('', {}, async (page) => {
    const net = await unfold(page, 'net');
    await net.locator('#add-layer').click();
    await inAddress(page, 'layers', '4,4,4');
    await shown(page);
    await net.locator('[name=layer-0]').fill('7');
    await net.locator('[name=layer-0]').press('Enter');
    await inAddress(page, 'layers', '7,4,4');
    await net.locator('[name=remove-1]').focus();
    await page.keyboard.press('Enter');
    await inAddress(page, 'layers', '7,4');
    await net.locator('#add-layer').focus();
    for (let k = 0; k < 6; k += 1) {
      await page.keyboard.press('Enter');
      await inAddress(page, 'layers', ['7,4', ...Array(k + 1).fill('4')].join());
    }
    assert.ok(await net.locator('#add-layer').isDisabled());
    await page.goBack();
    await inAddress(page, 'layers', '7,4,4,4,4,4,4');
    await shown(page);
    assert.match(await page.locator('.net-cover').getAttribute('aria-label'), /7 hidden layers/);
  }));

test('inputs are chosen, and one has to stay', () =>
  network('', {}, async (page) => {
    const net = await unfold(page, 'net');
    await net.locator('[name="input-x1*x2"]').click();
    await inAddress(page, 'in', 'x1,x2,x1*x2');
    for (const name of ['x1', 'x2']) {
      await net.locator(`[name="input-${name}"]`).focus();
      await page.keyboard.press(' ');
    }
    await inAddress(page, 'in', 'x1*x2');
    await net.locator('[name="input-x1*x2"]').click();
    await page.locator('.notice', { hasText: 'an input at least' }).waitFor();
  }));

test('an activation changes while it trains, and weights stay', () =>
  network('', {}, async (page) => {
    await page.keyboard.press('e');
    await atSteps(page, 18);
    const net = await unfold(page, 'net');
    await net.locator('[name=activation-1]').selectOption('relu');
    await inAddress(page, 'then', '18:act:tanh.relu');
    const found = await native({}, 18, [{ at: 18, set: { activations: ['tanh', 'relu'] } }]);
    assert.ok(close(await figure(page, 'Held-out loss'), found.held.loss));
  }));

test('a weight is edited by keyboard alone, its gradient is that of the native engine, and a link keeps it', () =>
  network('', {}, async (page) => {
    await page.keyboard.press('n');
    const cursor = page.locator('.net-cursor');
    assert.match(await cursor.getAttribute('aria-label'), /layer 1, neuron 1 of 4/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    assert.match(await cursor.getAttribute('aria-label'), /layer 2, neuron 2 of 4/);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
    assert.match(await cursor.getAttribute('aria-label'), /weight from neuron 1 to layer 2, neuron 2/);
    await page.keyboard.press('Enter');
    // 4 neurons of 2 inputs and a bias come before, and a neuron of 4 inputs and a bias.
    const place = 12 + 5;
    const weight = page.locator('#weight-0');
    await page.waitForFunction(() => document.activeElement?.id === 'weight-0');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('0.75');
    await page.keyboard.press('Enter');
    await inAddress(page, 'then', `0:w${place}:0.75`);
    await page.waitForFunction(() => document.querySelector('#weight-0').dataset.exact === '0.75');
    const found = await native({}, 0, [{ at: 0, weight: [place, 0.75] }]);
    const slope = Number(await page.locator('.weights .grad').first().getAttribute('data-exact'));
    assert.ok(close(slope, found.slopes[place]), `${slope} ${found.slopes[place]}`);
    const loss = await figure(page, 'Training loss');
    assert.ok(close(loss, found.train.loss));
    await page.reload();
    await shown(page);
    assert.equal(await figure(page, 'Training loss'), loss);
    assert.equal(await weight.count(), 0);
  }));

test('a click on a neuron shows its weights, one on an edge its weight', () =>
  network('layers=3', {}, async (page) => {
    const box = await page.locator('.net-cover').boundingBox();
    const at = await page.evaluate(async ([width, height]) => {
      const { layout } = await import('./network/layout.js');
      const { columns } = layout(2, [3, 1], width, height);
      return { neuron: [columns[1].x, columns[1].ys[2]], edge: [columns[0].x + (columns[1].x - columns[0].x) * 0.5, (columns[0].ys[1] + columns[1].ys[2]) / 2], out: [columns[2].x, columns[2].ys[0]] };
    }, [box.width, box.height]);
    const click = ([x, y]) => page.mouse.click(box.x + x, box.y + y);
    await click(at.neuron);
    await page.locator('.inspector h2', { hasText: 'Layer 1, neuron 3' }).waitFor();
    await click(at.out);
    await page.locator('.inspector h2', { hasText: 'Output 1' }).waitFor();
    assert.equal(await page.locator('.weights tbody tr').count(), 4);
    await click(at.edge);
    await page.locator('.inspector h2', { hasText: 'Layer 1, neuron 3' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'weight-1');
    await page.locator('.inspector [aria-label=Close]').click();
    await page.locator('.inspector', { hasText: 'Choose a neuron' }).waitFor();
  }));

test('a neuron opens as a graph in the room of expressions, and Back returns', () =>
  network('steps=18', {}, async (page) => {
    await atSteps(page, 18);
    await page.keyboard.press('n');
    await page.keyboard.press('Enter');
    await page.locator('#open-neuron').click();
    await ready(page, 'expression');
    assert.match(decodeURIComponent(await page.evaluate(() => location.hash)), /h1_1\+?=\+?tanh\(/);
    await page.goBack();
    await ready(page, 'network');
    await atSteps(page, 18);
  }));

test('a sample is chosen by mouse and by keyboard, and its loss opens as a graph', () =>
  network('', {}, async (page) => {
    const cover = page.locator('.plane-cover');
    await cover.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.locator('.inspector h2', { hasText: 'Sample' }).waitFor();
    const points = await page.evaluate(() => document.querySelector('.facts').textContent);
    assert.match(points, /truth.*network.*%/);
    await page.locator('.inspector [aria-label=Close]').click();
    const box = await cover.boundingBox();
    // The first moon begins at (1, 0), in a view from -1.6 to 2.6 and -1.85 to 2.35.
    await page.mouse.click(box.x + (2.6 / 4.2) * box.width, box.y + (2.35 / 4.2) * box.height);
    await page.locator('.inspector h2', { hasText: 'Sample' }).waitFor();
    await page.locator('#open-loss').focus();
    await page.keyboard.press('Enter');
    await ready(page, 'expression');
    const text = page.locator('.expression-room textarea').first();
    assert.match(await text.inputValue(), /loss = softplus\(score\)/);
  }));

/** The command predicts with the model what the session does: so many rows are right, but for one at the border. */
async function predicts(model, table, session) {
  const folder = await mkdtemp(join(tmpdir(), 'gradling-'));
  await writeFile(join(folder, 'model.safetensors'), model);
  await writeFile(join(folder, 'data.csv'), table);
  const built = process.env.GRADLING_CLI;
  const [program, before] = built ? [built, []] : ['cargo', ['run', '--quiet', '-p', 'gradling-cli', '--']];
  const words = [...before, 'predict', join(folder, 'model.safetensors'), join(folder, 'data.csv')];
  const { stdout } = await promisify(execFile)(program, words, { cwd: new URL('../../', import.meta.url).pathname });
  const column = (text, k) => text.trim().split('\n').slice(1).map((line) => line.split(',').at(k));
  const truth = column(table.toString(), -1);
  const said = column(stdout, 0);
  assert.equal(said.length, 250);
  const right = said.filter((label, row) => label === truth[row]).length;
  const wanted = session.train.accuracy * 175 + session.held.accuracy * 75;
  assert.ok(Math.abs(right - wanted) <= 1, `${right} ${wanted}`);
}

test('model, table, graph and code are saved, and the model predicts in the shell', () =>
  network('steps=36', {}, async (page) => {
    await atSteps(page, 36);
    await unfold(page, 'export');
    const saved = async (kind) => {
      const download = page.waitForEvent('download');
      await page.locator(`#save-${kind}`).focus();
      await page.keyboard.press('Enter');
      const file = await download;
      return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
    };
    const model = await saved('model');
    assert.equal(model.name, 'model.safetensors');
    assert.equal(model.bytes.length, (await native({}, 36)).model);
    assert.match((await saved('table')).bytes.toString(), /^x1,x2,label\n/);
    await predicts(model.bytes, (await saved('table')).bytes, await native({}, 36));
    assert.match((await saved('graph')).bytes.toString(), /^<svg/);
    assert.match((await saved('rust')).bytes.toString(), /const EPOCHS: usize = 2;/);
    assert.match((await saved('python')).bytes.toString(), /EPOCHS = 2\n/);
  }));

test('a picture changes with the weights: the plane, the neurons', () =>
  network('', {}, async (page) => {
    const picture = async (place) => (await page.locator(place).screenshot()).toString('base64');
    const [plane, net] = [await picture('.plane-square'), await picture('.net-drawing')];
    await page.keyboard.press('e');
    await beyond(page, 0);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    assert.notEqual(await picture('.plane-square'), plane);
    assert.notEqual(await picture('.net-drawing'), net);
  }));
