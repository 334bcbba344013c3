// Training: play, steps forth and back, changes on the way, and the numbers of the native engine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atSteps, beyond, close, figure, inAddress, native, network, stepsOf, still, unfold } from './network.js';

test('what is shown after 100 steps is what the native engine gives', () =>
  network('set=circles&seed=5&opt=adam&rate=0.02&l2=0.001&steps=100', {}, async (page) => {
    await atSteps(page, 100);
    const settings = { data: { set: 'circles', seed: 5 }, training: { optimiser: 'adam', rate: 0.02, l2: 0.001 } };
    const found = await native(settings, 100);
    const shown = { train: await figure(page, 'Training loss'), held: await figure(page, 'Held-out loss'), accuracy: await figure(page, 'Held-out accuracy'), penalty: await figure(page, 'Penalty') };
    assert.ok(close(shown.train, found.train.loss), `${shown.train} ${found.train.loss}`);
    assert.ok(close(shown.held, found.held.loss), `${shown.held} ${found.held.loss}`);
    assert.ok(close(shown.accuracy, found.held.accuracy), `${shown.accuracy} ${found.held.accuracy}`);
    assert.ok(close(shown.penalty, found.penalty), `${shown.penalty} ${found.penalty}`);
  }));

for (const [way, press] of [
  ['mouse', { play: (page) => page.locator('#play').click(), batch: (page) => page.locator('#step-batch').click(), sample: (page) => page.locator('#step-sample').click(), epoch: (page) => page.locator('#step-epoch').click(), back: (page) => page.locator('#back').click(), reset: (page) => page.locator('#reset').click() }],
  ['keyboard', { play: (page) => page.keyboard.press(' '), batch: (page) => page.keyboard.press('s'), sample: (page) => page.keyboard.press('a'), epoch: (page) => page.keyboard.press('e'), back: (page) => page.keyboard.press('Shift+ArrowLeft'), reset: (page) => page.keyboard.press('r') }],
]) {
  test(`play and pause by ${way}`, () =>
    network('', {}, async (page) => {
      await press.play(page);
      await beyond(page, 20);
      await press.play(page);
      await still(page);
      const steps = await stepsOf(page);
      await inAddress(page, 'steps', String(steps));
      await press.reset(page);
      await atSteps(page, 0);
    }));

  test(`steps by sample, batch and epoch, and back to the same figures, by ${way}`, () =>
    network('', {}, async (page) => {
      const first = await figure(page, 'Held-out loss');
      await press.batch(page);
      await atSteps(page, 1);
      const second = await figure(page, 'Held-out loss');
      assert.notEqual(second, first);
      await press.sample(page);
      await atSteps(page, 2);
      await inAddress(page, 'then', '1:s:1');
      await press.epoch(page);
      // 175 rows: 10 and 1 are taken, and 17 batches are left.
      await atSteps(page, 19);
      assert.match(await page.locator('#counter').textContent(), /epoch 1 /);
      for (let steps = 18; steps >= 1; steps -= 1) {
        await press.back(page);
        await atSteps(page, steps);
      }
      assert.equal(await figure(page, 'Held-out loss'), second);
      await press.back(page);
      await atSteps(page, 0);
      assert.equal(await figure(page, 'Held-out loss'), first);
    }));
}

test('a change on the way keeps weights and is repeated by a reload', () =>
  network('', {}, async (page) => {
    await page.keyboard.press('e');
    await atSteps(page, 18);
    const before = await figure(page, 'Held-out loss');
    const training = await unfold(page, 'training');
    await training.locator('[name=optimiser]').selectOption('adam');
    await inAddress(page, 'then', '18:opt:adam');
    assert.equal(await stepsOf(page), 18);
    assert.equal(await figure(page, 'Held-out loss'), before);
    await training.locator('[name=rate]').fill('0.01');
    await training.locator('[name=rate]').press('Enter');
    await inAddress(page, 'then', '18:opt:adam,18:rate:0.01');
    await page.locator('#step-epoch').click();
    await atSteps(page, 36);
    const after = await figure(page, 'Held-out loss');
    await inAddress(page, 'steps', '36');
    await page.reload();
    await atSteps(page, 36);
    assert.equal(await figure(page, 'Held-out loss'), after);
    const found = await native({}, 36, [{ at: 18, set: { optimiser: 'adam' } }, { at: 18, set: { rate: 0.01 } }]);
    assert.ok(close(after, found.held.loss), `${after} ${found.held.loss}`);
  }));

test('every setting of training can be changed by keyboard alone', () =>
  network('', {}, async (page) => {
    await page.keyboard.press('s');
    await atSteps(page, 1);
    const training = await unfold(page, 'training');
    for (const [name, letter, said] of [
      ['optimiser', 'AdamW', '1:opt:adamw'],
      ['loss', 'Hinge', '1:loss:hinge'],
      ['schedule', 'Cosine', '1:sched:cosine'],
      ['shuffle', 'always', '1:shuffle:false'],
    ]) {
      await training.locator(`[name=${name}]`).focus();
      await page.keyboard.type(letter);
      await page.waitForFunction((said) => location.hash.includes(said), said);
    }
    for (const [name, value, said] of [
      ['rate', '0.02', '1:rate:0.02'],
      ['batch', '5', '1:batch:5'],
      ['decay', '0.1', '1:decay:0.1'],
      ['l1', '0.003', '1:l1:0.003'],
      ['l2', '0.004', '1:l2:0.004'],
      ['span', '7', '1:span:7'],
    ]) {
      await training.locator(`[name=${name}]`).focus();
      await page.keyboard.press('ControlOrMeta+a');
      await page.keyboard.type(value);
      await page.keyboard.press('Enter');
      await page.waitForFunction((said) => location.hash.includes(said), said);
    }
  }));

test('a setting out of its range is refused with a word about it', () =>
  network('', {}, async (page) => {
    const rate = (await unfold(page, 'training')).locator('[name=rate]');
    await rate.fill('-1');
    await rate.press('Enter');
    await page.locator('.notice', { hasText: 'rate' }).waitFor();
    assert.equal(await rate.getAttribute('aria-invalid'), 'true');
  }));

test('speed is limited, and training ends at its conditions', () =>
  network('speed=5&stop=epochs:2', {}, async (page) => {
    await page.keyboard.press(' ');
    await beyond(page, 1);
    await page.getByLabel('Speed, in batches').selectOption('max');
    await page.locator('.end', { hasText: '2 epochs are done' }).waitFor();
    await atSteps(page, 36);
    const part = await unfold(page, 'stop');
    await part.locator('[name=epochs]').fill('3');
    await part.locator('[name=epochs]').press('Enter');
    await inAddress(page, 'stop', 'epochs:3');
    await page.locator('#play').click();
    await page.locator('.end', { hasText: '3 epochs are done' }).waitFor();
    await atSteps(page, 54);
  }));

for (const [condition, said] of [
  ['loss:0.3', 'below 0.3'],
  ['accuracy:0.85', 'accuracy'],
  ['patience:1', 'no new lowest'],
]) {
  test(`training ends by itself: ${condition}`, () =>
    network(`noise=0.3&rate=0.5&stop=${condition}`, {}, async (page) => {
      await page.keyboard.press(' ');
      await page.locator('.end', { hasText: said }).waitFor();
      await still(page);
    }));
}

test('a number that is not finite is explained, and the last good state is one click away', () =>
  network('set=hills&loss=squared&act=relu&rate=50', {}, async (page) => {
    await page.keyboard.press(' ');
    const box = page.locator('.failure');
    await box.waitFor();
    assert.match(await box.textContent(), /Step \d+ .*(layer \d|output|the loss)/);
    const failed = await stepsOf(page);
    await page.locator('#recover').click();
    await box.waitFor({ state: 'hidden' });
    assert.ok((await stepsOf(page)) <= failed);
    assert.ok(Number.isFinite(await figure(page, 'Training loss')));
  }));

test('a regression has R² and RMSE in the unit of its target', () =>
  network('set=plane&loss=squared&rate=0.05&steps=500', {}, async (page) => {
    await atSteps(page, 500);
    const found = await native({ data: { set: 'plane' }, training: { loss: 'squared', rate: 0.05 } }, 500);
    assert.ok(close(await figure(page, 'R²'), found.held.r2));
    assert.ok(close(await figure(page, 'RMSE'), found.held.rmse, 0.02));
  }));

test('many classes have a confusion matrix that counts the held-out rows', () =>
  network('set=spirals&classes=5&steps=300', {}, async (page) => {
    await atSteps(page, 300);
    const counts = await page.locator('.confusion td').allTextContents();
    assert.equal(counts.length, 25);
    assert.equal(counts.reduce((sum, count) => sum + Number(count), 0), 75);
  }));

test('optimisers race from the same weights, each as it runs alone, and the race is in the link', () =>
  network('', {}, async (page) => {
    const part = await unfold(page, 'race');
    await part.locator('#add-racer').focus();
    await page.keyboard.press('Enter');
    await inAddress(page, 'race', 'momentum:0.02');
    await page.locator('#add-racer').click();
    await inAddress(page, 'race', 'momentum:0.02,adam:0.01');
    await page.locator('#step-epoch').click();
    await atSteps(page, 18);
    const shown = await page.locator('.race-table td[data-exact]').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.exact)));
    assert.equal(shown.length, 3);
    for (const [k, training] of [{}, { optimiser: 'momentum', rate: 0.02 }, { optimiser: 'adam', rate: 0.01 }].entries()) {
      const found = await native({ training }, 18);
      assert.ok(close(shown[k], found.held.loss), `${k}: ${shown[k]} ${found.held.loss}`);
    }
    await inAddress(page, 'steps', '18');
    await page.reload();
    await atSteps(page, 18);
    const again = await page.locator('.race-table td[data-exact]').evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.exact)));
    assert.deepEqual(again, shown);
  }));

test('a long run of a link is repeated with its progress shown, and can be left where it is', () =>
  network('steps=50000000', {}, async (page) => {
    await page.locator('.repeating').waitFor();
    await beyond(page, 100);
    await page.getByRole('button', { name: 'Stop here' }).click();
    await page.locator('.repeating').waitFor({ state: 'hidden' });
    await still(page);
    const steps = await stepsOf(page);
    assert.ok(steps > 100 && steps < 50_000_000);
    await inAddress(page, 'steps', String(steps));
  }));
