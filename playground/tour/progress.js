// Lessons that were done, in this browser.

import { recall, remember } from '../shell/memory.js';
import { LESSONS } from './lessons.js';

const KEY = 'gradling.tour';

export const doneLessons = () => {
  const said = new Set((recall(KEY) ?? '').split(','));
  return new Set(LESSONS.map(({ key }) => key).filter((key) => said.has(key)));
};

export function markDone(key) {
  remember(KEY, [...doneLessons().add(key)].join(','));
}

export const forgetAll = () => remember(KEY, null);
