// What the tests of the room of expressions share.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ready, visit } from './browser.js';

const ROOT = new URL('../..', import.meta.url).pathname;

let program;

/** The program of native sessions, built once. */
function built() {
  const build = ['build', '--quiet', '--package', 'gradling-wasm', '--example', 'run', '--message-format=json'];
  const lines = execFileSync('cargo', build, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] });
  const made = lines.trim().split('\n').map((line) => JSON.parse(line));
  return made.find(({ target, executable }) => executable && target.name === 'run').executable;
}

/** What the native session answers: `native('expression', text, 'go', {step: 3})`. */
export function native(...words) {
  program ??= process.env.GRADLING_SESSIONS ?? built();
  const texts = words.map((word) => (typeof word === 'string' ? word : JSON.stringify(word)));
  return execFileSync(program, texts, { encoding: 'utf8', maxBuffer: 1 << 28 });
}

export const frameOf = (text, step) => JSON.parse(native('expression', text, 'go', { step }));

export const link = (entries) => `#expression?${new URLSearchParams(entries)}`;

/** Opens the room with an address, and waits for its graph. */
export const room = (options, body) =>
  visit({ ...options, hash: options.text === undefined ? options.hash ?? '#expression' : link({ e: options.text, ...options.entries }) }, async (page, more) => {
    await ready(page, 'expression');
    if (options.drawn !== false) await drawn(page);
    await body(page, more);
  });

export const drawn = (page) => page.locator('.stage[data-drawn="yes"]').waitFor();

export const at = (page, step) => page.locator(`.expression-room[data-step="${step}"]`).waitFor();

/** Types a text into the field, and waits for what comes of it. */
export async function retype(page, text) {
  const before = await page.locator('.expression-room').getAttribute('data-loads');
  // As when it is pasted: one event.
  await page.locator('#expression').evaluate((field, text) => {
    field.value = text;
    field.dispatchEvent(new Event('input'));
  }, text);
  await page.waitForFunction((before) => {
    const { loads, state } = document.querySelector('.expression-room').dataset;
    return loads !== before && state !== 'loading';
  }, before);
}

/** The numbers of the table, as they are shown: [name, data, gradient]. */
export const rows = (page) =>
  page.locator('.values tbody tr').evaluateAll((all) => all.map((row) => [
    row.querySelector('.value-name').textContent,
    row.cells[2].querySelector('input')?.value ?? row.cells[2].textContent,
    row.cells[3].textContent,
  ]));

/** What is written on the boxes of the graph: {label: [data, gradient]}. */
export const boxes = (page) =>
  page.locator('.gl-node').evaluateAll((all) => Object.fromEntries(all.map((one) => {
    const text = (name) => one.querySelector(name)?.textContent;
    return [text('.gl-label') ?? one.dataset.id, [text('.gl-data'), text('.gl-grad')]];
  })));

export const box = (page, label) => page.locator('.gl-node', { has: page.locator('.gl-label', { hasText: new RegExp(`^${label}$`) }) });

/** Waits until a box shows this number. */
export const shows = (page, label, data) => box(page, label).locator('.gl-data', { hasText: data }).waitFor();

export const said = (page, part) => page.locator('#live', { hasText: part }).waitFor({ state: 'attached' });

export const hash = (page, part) => page.waitForFunction((part) => decodeURIComponent(location.hash.replaceAll('+', ' ')).includes(part), part);

/** What a person sees must be what the native engine computes. */
export function agree(shown, frame) {
  const grads = frame.grads.map((grad) => grad ?? '–');
  assert.deepEqual(shown.map(([, , grad]) => grad), grads);
}
