// The quiz: the learner says the gradient of one value after the other, from the result down.

import { element } from '../shell/element.js';

/** `judge(place, answer)` tells {right, grad, why}; `changed(quiz)` is called with {marks, answer} or null. */
export function quiz({ judge, changed, say }) {
  let drawn = null;
  let frame = null;
  let state = null;
  let asked = [];
  let serial = 0;
  const score = element('p', { class: 'quiz-score' });
  const question = element('label', { for: 'answer', class: 'quiz-question' });
  const formula = element('p', { class: 'muted' });
  const answer = element('input', { class: 'input', id: 'answer', inputMode: 'text', autocomplete: 'off', 'aria-describedby': 'quiz-told' });
  const told = element('div', { class: 'quiz-told', id: 'quiz-told', role: 'status' });
  const submit = element('button', { type: 'submit', class: 'button button-main' }, 'Check');
  const start = element('button', { type: 'button', class: 'button button-main quiz-start', onclick: () => begin() }, 'Start the quiz');
  const stop = element('button', { type: 'button', class: 'button', onclick: () => changed(null) }, 'End the quiz');
  const intro = element('p', {}, 'The gradients are hidden, and you find them: from the result down, one value after the other. Numbers and expressions such as 2*-3 count.');
  const form = element('form', { onsubmit: (event) => (event.preventDefault(), send()) }, question, formula,
    element('div', { class: 'quiz-row' }, answer, submit), told);
  const root = element('div', { class: 'quiz' }, intro, start, score, form, element('div', { class: 'buttons quiz-end' }, stop));

  const begin = () => {
    changed({ marks: '', answer: null });
    answer.focus();
  };
  const place = () => asked[state.marks.length - (state.answer === null ? 0 : 1)];

  async function send() {
    if (state.answer !== null) {
      changed({ marks: state.marks, answer: null });
      answer.value = '';
      if (state?.marks.length < asked.length) answer.focus();
      else start.focus();
      return;
    }
    const given = answer.value;
    try {
      const { right } = await judge(place(), given);
      if (state === null || state.answer !== null) return;
      changed({ marks: state.marks + (right ? 'r' : 'w'), answer: given });
      submit.focus();
    } catch (error) {
      told.textContent = `${error.message}: ${error.place?.help ?? ''}`;
      told.className = 'quiz-told is-bad';
    }
  }

  async function show() {
    const on = state !== null && drawn !== null;
    const over = on && state.answer === null && state.marks.length >= asked.length;
    intro.hidden = on;
    start.hidden = on && !over;
    start.textContent = over ? 'Once more' : 'Start the quiz';
    form.hidden = !on || over;
    stop.hidden = !on;
    score.hidden = !on;
    if (!on) return;
    const right = [...state.marks].filter((mark) => mark === 'r').length;
    score.textContent = over ? `Done: ${right} of ${asked.length} right.` : `${right} right of ${state.marks.length}, ${asked.length} in all`;
    root.dataset.answered = String(state.marks.length);
    if (over) return;
    const at = place();
    const name = frame.names[at];
    question.textContent = `What is the gradient of ${name}?`;
    const users = drawn.nodes.flatMap((node, i) => (node.inputs.includes(at) ? [frame.names[i] === node.made ? node.made : `${frame.names[i]} = ${node.made}`] : []));
    formula.textContent = users.length === 0 ? `${name} is the result.` : `It is used in ${users.slice(0, 3).join(' and in ')}${users.length > 3 ? ' …' : ''}.`;
    submit.textContent = state.answer === null ? 'Check' : state.marks.length < asked.length ? 'Next' : 'See the score';
    answer.readOnly = state.answer !== null;
    if (state.answer === null) {
      told.textContent = '';
      return;
    }
    answer.value = state.answer;
    serial += 1;
    const mine = serial;
    const { right: isRight, short, why } = await judge(at, state.answer).catch(() => ({}));
    if (mine !== serial || why === undefined) return;
    told.className = `quiz-told ${isRight ? 'is-good' : 'is-bad'}`;
    told.textContent = `${isRight ? '✓ Right' : `✗ Not quite: it is ${short}`}. ${why}`;
    say(told.textContent);
  }

  return {
    root,
    begin,
    /** The values whose gradient is not shown yet; null outside of a quiz. */
    mask() {
      if (!state || !drawn) return null;
      return new Set([...drawn.nodes.keys()].filter((i) => !asked.slice(0, state.marks.length).includes(i)));
    },
    asks: () => (state && drawn && asked.length > state.marks.length - (state.answer === null ? 0 : 1) ? place() ?? null : null),
    show(given, givenState) {
      drawn = given;
      frame = given.frame;
      state = givenState;
      asked = [...drawn.nodes.keys()].filter((i) => !drawn.nodes[i].constant).reverse();
      if (state && state.marks.length > asked.length) state = { marks: '', answer: null };
      return show();
    },
    frame(given) {
      frame = given;
      return show();
    },
  };
}
