// Light, dark, or what the system says.

import { recall, remember } from './memory.js';

const KEY = 'gradling.theme';
const NAMES = { system: 'Auto', light: 'Light', dark: 'Dark' };
const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set();

/** 'light' or 'dark': what is shown. */
export const theme = () => document.documentElement.dataset.theme;

/** Calls back with 'light' or 'dark' when it changes; returns what stops that. */
export function onTheme(callback) {
  listeners.add(callback);
  return () => listeners.delete(callback);
}

/** Makes a button go from one choice to the next. */
export function themeButton(button, say) {
  let choice = recall(KEY) ?? 'system';
  if (!(choice in NAMES)) choice = 'system';
  const show = () => {
    const now = choice === 'system' ? (dark.matches ? 'dark' : 'light') : choice;
    button.querySelector('.tool-text').textContent = NAMES[choice];
    button.setAttribute('aria-label', `Colours: ${NAMES[choice]}`);
    if (now === theme()) return;
    document.documentElement.dataset.theme = now;
    for (const callback of listeners) callback(now);
  };
  button.addEventListener('click', () => {
    const names = Object.keys(NAMES);
    choice = names[(names.indexOf(choice) + 1) % names.length];
    remember(KEY, choice === 'system' ? null : choice);
    show();
    say(`Colours: ${NAMES[choice]}`);
  });
  dark.addEventListener('change', show);
  show();
}
