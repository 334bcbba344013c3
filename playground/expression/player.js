// The backward pass, played like a tape: forth and back, by edges and by values.

import { element } from '../shell/element.js';

const PAUSE = 900;

/** `go(step)` and `value('next-value' | 'last-value')` are asked; both answer when the step is shown. */
export function player({ go, value }) {
  let step = 0;
  let total = 1;
  let timer = null;
  let disabled = false;
  const button = (name, sign, label, run) =>
    element('button', { type: 'button', class: `button step-${name}`, 'aria-label': label, title: label, onclick: run },
      element('span', { 'aria-hidden': 'true', class: `sign sign-${sign}` }));
  const playing = () => timer !== null;
  const pause = () => {
    clearTimeout(timer);
    timer = null;
    show();
  };
  const tick = async () => {
    await go(step + 1);
    if (!playing()) return;
    if (step >= total) pause();
    else timer = setTimeout(tick, PAUSE);
  };
  const toggle = async () => {
    if (playing()) return pause();
    if (disabled) return;
    if (step >= total) await go(0);
    timer = setTimeout(tick, 0);
    show();
  };
  const by = (run) => () => {
    if (disabled) return;
    pause();
    return run();
  };
  const back = by(() => go(Math.max(0, step - 1)));
  const forth = by(() => go(Math.min(total, step + 1)));
  const reset = by(() => go(0));
  const end = by(() => go(total));
  const buttons = {
    reset: button('reset', 'start', 'Reset: no gradient known', reset),
    lastValue: button('last-value', 'skip-back', 'Back one whole value', by(() => value('last-value'))),
    back: button('back', 'back', 'Back one edge', back),
    play: button('play', 'play', 'Play', toggle),
    forth: button('forth', 'forth', 'Step one edge', forth),
    nextValue: button('next-value', 'skip-forth', 'Step one whole value', by(() => value('next-value'))),
    end: button('end', 'end', 'To the end', end),
  };
  const count = element('output', { class: 'step-count' });
  const track = element('progress', { class: 'step-track', max: 1, value: 0, 'aria-label': 'Steps of backward' });
  const formula = element('p', { class: 'said-formula' });
  const text = element('p', { class: 'said-text' });
  const root = element('section', { class: 'player', 'aria-label': 'Backward' },
    element('div', { class: 'said' }, formula, text),
    element('div', { class: 'player-row', 'data-group': 'steps', 'data-group-label': 'Steps of backward' },
      element('div', { class: 'transport', role: 'group', 'aria-label': 'Steps' }, Object.values(buttons)), track, count));

  function show() {
    const { play } = buttons;
    const label = playing() ? 'Pause' : 'Play';
    play.setAttribute('aria-label', label);
    play.title = label;
    play.firstChild.className = `sign sign-${playing() ? 'pause' : 'play'}`;
    for (const [name, one] of Object.entries(buttons)) {
      const useless = (step === 0 && ['reset', 'lastValue', 'back'].includes(name)) || (step >= total && ['forth', 'nextValue', 'end'].includes(name));
      // Not `disabled`: that would take the focus from whoever just pressed it.
      one.setAttribute('aria-disabled', String(disabled || useless));
    }
    count.textContent = `${step} / ${total}`;
    track.max = total;
    track.value = step;
  }

  return {
    root,
    show(frame, quiet) {
      ({ step, total } = frame);
      disabled = quiet !== null;
      if (disabled && playing()) pause();
      const parts = quiet ? [] : [frame.said.formula, frame.said.product].filter(Boolean);
      formula.replaceChildren(...parts.map((part) => element('span', {}, part)));
      formula.hidden = formula.textContent === '';
      text.textContent = quiet ?? frame.said.text;
      show();
    },
    toggle, back, forth, reset, end, pause, playing,
  };
}
