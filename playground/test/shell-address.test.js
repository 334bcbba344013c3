// The address as text, without a browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { format, parse } from '../shell/address.js';

test('an address that was written reads as the same state', () => {
  const state = {
    room: 'network',
    entries: new Map([
      ['e', 'a = 2; b = a & "1"? # <b>, 100 % ×'],
      ['layers', '16,16'],
    ]),
    hidden: new Set(['code', 'quiz']),
  };
  assert.deepEqual(parse(format(state)), state);
});

test('the plain address of a room has no question mark', () => {
  assert.equal(format({ room: 'tour', entries: new Map(), hidden: new Set() }), '#tour');
});

test('an address that nobody wrote opens the first room without its keys', () => {
  for (const hash of ['', '#', '#nowhere?e=1', '#__proto__', '#?e=1']) {
    assert.deepEqual(parse(hash), { room: 'expression', entries: new Map(), hidden: new Set() });
  }
});

test('names of hidden groups cannot leave their rule of the style sheet', () => {
  const hash = `#expression?hide=${encodeURIComponent('code,"],x{display:block},*, Quiz,quiz')}`;
  assert.deepEqual(parse(hash).hidden, new Set(['code', 'quiz']));
});
