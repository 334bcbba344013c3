// What the page may do, and what text may become.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { ready, visit } from './browser.js';

test('the policy of the page stops scripts, styles and requests from anywhere else', () =>
  visit({ allowed: ['Content Security Policy', 'Refused', 'violates'] }, async (page) => {
    await ready(page, 'expression');
    const stopped = await page.evaluate(async () => {
      const broken = [];
      document.addEventListener('securitypolicyviolation', (event) => broken.push(event.effectiveDirective));
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<p style="color: red" onclick="globalThis.ran = true">x</p>');
      document.body.lastChild.click();
      // A name that is reserved for never existing; the policy stops it before it is looked up.
      const fetched = await fetch('http://elsewhere.invalid/').then(() => true, () => false);
      const told = new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => event.effectiveDirective === 'script-src' && resolve());
      });
      const evaluate = (resolve) => {
        try {
          resolve(globalThis.eval('1') === 1);
        } catch {
          resolve(false);
        }
      };
      // Not in the call of the test itself, which may do more than the page.
      const evaluated = await new Promise((resolve) => setTimeout(evaluate, 0, resolve));
      await told;
      return { broken: [...new Set(broken)].sort(), ran: globalThis.ran === true, fetched, evaluated };
    });
    assert.deepEqual(stopped, {
      broken: ['connect-src', 'script-src', 'script-src-attr', 'script-src-elem', 'style-src-attr'],
      ran: false,
      fetched: false,
      evaluated: false,
    });
  }));

test('text of an address is text', () =>
  visit({ hash: `#expression?e=${encodeURIComponent('<img src=x onerror=alert(1)>')}&hide=%3Cb%3E` }, async (page) => {
    await ready(page, 'expression');
    assert.equal(await page.locator('img').count(), 0);
  }));

test('every crate and library in the page is named with its licence', () =>
  visit({}, async (page, { origin }) => {
    const text = await (await page.request.get(`${origin}/licences.txt`)).text();
    const lock = await readFile(new URL('../../Cargo.lock', import.meta.url), 'utf8');
    const version = (name) => new RegExp(`name = "${name}"\nversion = "([^"]+)"`).exec(lock)[1];
    for (const name of ['libm', 'rayon', 'rustc-hash', 'wasm-bindgen', 'js-sys', 'serde_json']) {
      assert.ok(text.includes(`${name} ${version(name)}, `), name);
    }
    const { dependencies } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    for (const [name, wanted] of Object.entries(dependencies)) assert.ok(text.includes(`${name} ${wanted}, `), name);
    const parts = text.split('='.repeat(78)).slice(1);
    assert.ok(parts.length > 10, `${parts.length} notices`);
    for (const part of parts) assert.match(part, /Permission is (hereby )?granted|Apache License|Permission to use, copy|Redistribution and use/, part.slice(0, 200));
    // What is used to build and test only is not in the page.
    assert.ok(!text.includes('axe-core') && !text.includes('clap'));
  }));
