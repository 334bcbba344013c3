// The tour: eight lessons, each beside the room that it is about.

import { element } from '../shell/element.js';
import { hider } from '../shell/hide.js';
import { LESSONS } from './lessons.js';
import { doneLessons, forgetAll, markDone } from './progress.js';
import { seen } from './seen.js';
import { openStage } from './stage.js';

const hide = hider('.tour-stage');

/** Text with `code` in it, as nodes. */
const prose = (text) => text.split('`').map((part, k) => (k % 2 === 1 ? element('code', {}, part) : part));

export async function mount(host) {
  const { root } = host;
  const list = element('ol', { class: 'tour-list' });
  const text = element('article', { class: 'tour-text' });
  const lessonPane = element('section', { class: 'tour-lesson', 'aria-label': 'Lesson' }, element('nav', { 'aria-label': 'Lessons' }, list), text);
  const place = element('section', { class: 'tour-stage', 'aria-label': 'Where to try it' });
  root.append(element('h1', { class: 'unseen' }, 'Tour: eight short lessons'), lessonPane, place);

  let at = 0;
  let stage = null;
  let opening = 0;
  let mounted = true;
  let before = {};

  const wanted = () => Math.max(0, LESSONS.findIndex(({ key }) => key === host.address.read().get('lesson')));

  function go(to, focus = true) {
    const all = Object.fromEntries([...host.address.read().keys()].map((key) => [key, null]));
    host.address.write({ ...all, lesson: LESSONS[to].key }, { push: true });
    return open(to, focus);
  }

  function drawList() {
    const done = doneLessons();
    list.replaceChildren(
      ...LESSONS.map(({ key, title }, k) => {
        const name = `Lesson ${k + 1}: ${title}${done.has(key) ? ', done' : ''}`;
        const button = element('button', { type: 'button', class: 'tour-mark', 'aria-label': name, title, onclick: () => go(k) }, done.has(key) ? '✓' : String(k + 1));
        if (k === at) button.setAttribute('aria-current', 'step');
        if (done.has(key)) button.dataset.done = '';
        return element('li', {}, button);
      }),
    );
  }

  function drawText(focus) {
    const lesson = LESSONS[at];
    const heading = element('h2', { id: 'lesson-title', tabIndex: -1 }, lesson.title);
    const done = element('div', { class: 'tour-done', role: 'status', id: 'lesson-done' });
    const hint = element('details', { class: 'tour-hint' }, element('summary', {}, 'A hint'), element('p', {}, prose(lesson.hint)));
    const button = (name, id, run, kind = '') => element('button', { type: 'button', class: `button ${kind}`, id, onclick: run }, name);
    text.replaceChildren(
      element('p', { class: 'muted tour-count' }, `Lesson ${at + 1} of ${LESSONS.length}`),
      heading,
      ...lesson.text.map((paragraph) => element('p', {}, prose(paragraph))),
      element('div', { class: 'tour-task' }, element('h3', {}, 'Do this'), element('p', {}, prose(lesson.task)), hint),
      done,
      element(
        'div',
        { class: 'buttons tour-buttons' },
        at > 0 && button('Back', 'lesson-back', () => go(at - 1)),
        at + 1 < LESSONS.length && button('Next lesson', 'lesson-next', () => go(at + 1), 'button-main'),
        button('Begin again', 'lesson-again', () => go(at), 'button-plain'),
        at + 1 === LESSONS.length && button('Forget my progress', 'lesson-forget', forget, 'button-plain'),
      ),
    );
    lessonPane.scrollTop = 0;
    if (focus) heading.focus();
    if (doneLessons().has(lesson.key)) showDone();
    else delete root.dataset.done;
  }

  function showDone() {
    root.dataset.done = LESSONS[at].key;
    const place = text.querySelector('#lesson-done');
    if (place.childElementCount > 0) return;
    place.append(element('strong', {}, '✓ Done. '), ...prose(LESSONS[at].done));
    if (doneLessons().size === LESSONS.length) place.append(element('p', {}, 'That was the tour. The rooms are yours.'));
  }

  function forget() {
    forgetAll();
    go(0);
  }

  function told(snapshot) {
    const lesson = LESSONS[at];
    if (!lesson.check(seen(snapshot, before))) return;
    if (!doneLessons().has(lesson.key)) {
      markDone(lesson.key);
      drawList();
      host.say(`Done: ${lesson.done.replaceAll('`', '')}`);
    }
    showDone();
  }

  async function open(to, focus) {
    opening += 1;
    const number = opening;
    at = to;
    before = {};
    const lesson = LESSONS[at];
    root.dataset.lesson = '';
    stage?.leave();
    stage = null;
    hide(lesson.hide);
    drawList();
    drawText(focus);
    host.keys({
      '[': { label: 'the lesson before', run: () => at > 0 && go(at - 1) },
      ']': { label: 'the next lesson', run: () => at + 1 < LESSONS.length && go(at + 1) },
    });
    const made = await openStage({ host, lesson, place, told: (snapshot) => number === opening && told(snapshot) });
    if (number !== opening || !mounted) return made.leave();
    stage = made;
    root.dataset.lesson = lesson.key;
  }

  host.address.onchange(() => {
    if (wanted() !== at) open(wanted(), false).catch(host.tell);
    else stage?.changed();
  });
  await open(wanted(), false);

  return {
    unmount() {
      mounted = false;
      stage?.leave();
      hide([]);
    },
    unshared: () => stage?.room.unshared?.() ?? null,
    exportState: () => stage?.room.exportState?.(),
    importState: (state) => stage?.room.importState?.(state),
  };
}
