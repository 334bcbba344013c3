// What tests of the network room share: its figures, waiting for steps, and the native engine's answer.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ready, visit } from './browser.js';

const ROOT = new URL('../../', import.meta.url).pathname;

/** Opens the room and waits for its first figures; with `nothing` for the word that there is nothing to learn. */
export const network = (hash, options, body) =>
  visit({ hash: `#network${hash && '?'}${hash}`, ...options }, async (page, given) => {
    await ready(page, 'network');
    if (options.nothing) await page.locator('.network-room .nothing:not([hidden])').waitFor();
    else await shown(page);
    await body(page, given);
  });

/** Waits until a picture of what is open now is there. */
export const shown = (page) => page.locator('.network-room[data-state=ready][data-steps]:not([data-steps=""])').waitFor();

export const room = (page) => page.locator('.network-room');
export const stepsOf = async (page) => Number(await room(page).getAttribute('data-steps'));
export const atSteps = (page, steps) => page.locator(`.network-room[data-steps="${steps}"]`).waitFor();
export const beyond = (page, steps) =>
  page.waitForFunction((least) => Number(document.querySelector('.network-room').dataset.steps) > least, steps);
export const still = (page) => page.locator('.network-room[data-playing="false"]').waitFor();

/** A figure by its name, all its digits. */
export async function figure(page, name) {
  const value = page.locator('.figure', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('dd');
  return Number(await value.getAttribute('data-exact'));
}

/** Opens a part of the settings, as a person does. */
export async function unfold(page, name) {
  const part = page.locator(`details[data-section="${name}"]`);
  if (!(await part.evaluate((details) => details.open))) await part.locator('summary').click();
  return part;
}

/** The address behind `?`, as a Map. */
export const address = async (page) => new URLSearchParams((await page.evaluate(() => location.hash)).split('?')[1] ?? '');

/** Waits until the address has a key with this value. */
export const inAddress = (page, key, value) =>
  page.waitForFunction(
    ([key, value]) => new URLSearchParams(location.hash.split('?')[1] ?? '').get(key) === value,
    [key, value],
  );

/** What the native engine gives for the same settings. */
export async function native(settings, steps, log = []) {
  const words = ['run', '--quiet', '-p', 'gradling-wasm', '--example', 'run', '--', 'network'];
  const given = [JSON.stringify(settings), String(steps), JSON.stringify(log)];
  // A binary that is there already spares the look at whether it is still right.
  const built = process.env.GRADLING_RUN;
  const [program, before] = built ? [built, ['network']] : ['cargo', words];
  const { stdout } = await promisify(execFile)(program, [...before, ...given], { cwd: ROOT, maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

/** Both engines use 32 bits and add in another order: so close are they after some hundred steps. */
export const close = (a, b, part = 2e-3) => Math.abs(a - b) <= part * Math.max(1e-3, Math.abs(a), Math.abs(b));
