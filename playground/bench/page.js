// What the page costs whoever opens it: bytes of the first load, time until it can be used, and tasks that hold
// it up while it trains and while it lays out a large graph.
//
// `cargo xtask bench page` builds the page and runs this; node bench/page.js takes target/site as it is.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { SITE, launch, ready, serve } from '../test/site.js';

const TRAINING_MS = 10_000;
const OPENINGS = 7;
const NODES = 2000;

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const show = (name, figure, wanted) => console.log(`${name.padEnd(52)} ${figure.padStart(22)}   wanted: ${wanted}`);

/** Counts the milliseconds of long tasks from now on. */
const watch = () => {
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longTasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
};

/** A fresh visitor. */
async function visitor(browser, origin, hash, body) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const files = new Set();
  page.on('request', (request) => {
    if (request.serviceWorker() === null) files.add(new URL(request.url()).pathname);
  });
  await page.addInitScript(watch);
  await page.goto(`${origin}/${hash}`);
  await body(page, files);
  await context.close();
}

const longest = async (page) => {
  const tasks = await page.evaluate(() => globalThis.longTasks);
  return tasks.length === 0 ? 'none over 50 ms' : `${tasks.length}, longest ${Math.max(...tasks).toFixed(0)} ms`;
};

async function firstLoad(browser, origin, room) {
  const times = [];
  let files;
  for (let i = 0; i < OPENINGS; i += 1) {
    await visitor(browser, origin, `#${room}`, async (page, seen) => {
      await ready(page, room);
      times.push(await page.evaluate(() => performance.getEntriesByName('gradling-ready')[0].startTime));
      files = seen;
    });
  }
  let gzip = 0;
  let brotli = 0;
  for (const file of files) {
    const body = await readFile(join(SITE, file === '/' ? 'index.html' : file)).catch(() => Buffer.alloc(0));
    gzip += gzipSync(body, { level: 9 }).length;
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length };
    brotli += brotliCompressSync(body, { params: quality }).length;
  }
  const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  show(`first load of ${room}, ${files.size} files, gzip / brotli`, `${kB(gzip)} / ${kB(brotli)}`, 'below 1,000 kB');
  show(`usable, median and worst of ${OPENINGS} first visits`, `${median(times).toFixed(0)} / ${Math.max(...times).toFixed(0)} ms`, 'below 1,000 ms');
}

async function training(browser, origin) {
  const hash = '#network?layers=16,16&rate=0.03';
  await visitor(browser, origin, hash, async (page) => {
    await ready(page, 'network');
    await page.locator('#play').click();
    await page.evaluate((ms) => new Promise((resolve) => setTimeout(resolve, ms)), TRAINING_MS);
    const epochs = await page.locator('#counter').textContent();
    show(`main-thread tasks over 50 ms in ${TRAINING_MS / 1000} s of training`, await longest(page), 'none');
    console.log(`  it reached ${epochs}`);
  });
}

async function layout(browser, origin) {
  // Ten operations a line, each line made from the one before.
  const lines = Array.from({ length: NODES / 10 }, (_, k) => {
    const x = k === 0 ? 'x' : `y${k - 1}`;
    return `y${k} = tanh(${x}*w + sin(${x}) * exp(-${x}*${x}) + ${x}/c)`;
  });
  const text = `x = 0.5\nw = 0.9\nc = 3\n${lines.join('\n')}`;
  await visitor(browser, origin, '#expression?e=1', async (page) => {
    await ready(page, 'expression');
    const before = await page.evaluate(() => {
      globalThis.longTasks.length = 0;
      return performance.now();
    });
    await page.locator('textarea').first().fill(text);
    await page.locator('.stage [data-id]').nth(NODES / 2).waitFor({ state: 'attached' });
    const after = await page.evaluate(() => performance.now());
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    const count = await page.locator('.stage [data-id]').count();
    show(`main-thread tasks over 50 ms, drawing ${count} nodes`, await longest(page), 'none');
    console.log(`  drawn ${(after - before).toFixed(0)} ms after the text was there`);
  });
}

const server = await serve();
const browser = await launch();
try {
  for (const room of ['expression', 'network', 'tour']) await firstLoad(browser, server.origin, room);
  await training(browser, server.origin);
  await layout(browser, server.origin);
} finally {
  await browser.close();
  await server.close();
}
