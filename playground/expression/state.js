// What an address of this room says.
//
// e: the text; g: a long text, compressed; v: changed numbers; s: steps; t: the tab; l: the language of the
// code; c: gradients are checked; f: parts are folded, o: but for these; n: the value in focus; q: the quiz so
// far, a: the answer that was given last. What is as usual is left out.

const TABS = ['numbers', 'quiz', 'code'];
const LONG = 900;

const usual = (text) => ({
  text, edits: [], step: 0, tab: 'numbers', language: 'rust', check: false, fold: false, opened: [], selected: null,
  quiz: null,
});

const bytes64 = (bytes) => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
};

const through = async (bytes, stream) => {
  const body = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(body).arrayBuffer());
};

async function packed(text) {
  return bytes64(await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw')));
}

async function unpacked(packed) {
  const bytes = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  return new TextDecoder('utf-8', { fatal: true }).decode(await through(bytes, new DecompressionStream('deflate-raw')));
}

const whole = (text) => (/^\d{1,7}$/.test(text ?? '') ? Number(text) : null);
const list = (text) => (text ? text.split(',').map(decodeURIComponent) : []);

/** Reads what an address says; `fallback` is the text of an address that has none. */
export async function read(entries, fallback) {
  const state = usual(entries.get('e') ?? fallback);
  if (entries.has('g')) {
    // A link that was cut short on its way.
    state.text = await unpacked(entries.get('g')).catch(() => fallback);
  }
  for (const edit of (entries.get('v') ?? '').split(',')) {
    const [key, value] = edit.split(':');
    if (value !== undefined) state.edits.push({ key: decodeURIComponent(key), value });
  }
  state.step = whole(entries.get('s')) ?? 0;
  if (TABS.includes(entries.get('t'))) state.tab = entries.get('t');
  if (entries.get('l') === 'python') state.language = 'python';
  state.check = entries.has('c');
  state.fold = entries.has('f');
  state.opened = list(entries.get('o'));
  state.selected = whole(entries.get('n'));
  if (/^[-rw]*$/.test(entries.get('q') ?? '!')) {
    state.quiz = { marks: entries.get('q').replaceAll('-', ''), answer: entries.get('a') ?? null };
  }
  return state;
}

/** The entries of an address that `read` makes the same state of; `longest` characters at most for the text. */
export async function written(state, fallback, longest) {
  const { text, quiz } = state;
  const entries = { e: null, g: null };
  let whole = true;
  if (text !== fallback) {
    if (text.length <= LONG) entries.e = text;
    else {
      entries.g = await packed(text);
      if (entries.g.length > longest - 1000) {
        entries.g = null;
        whole = false;
      }
    }
  }
  const edits = state.edits.map(({ key, value }) => `${encodeURIComponent(key)}:${value}`).join(',');
  entries.v = edits.length > 0 && edits.length < 900 ? edits : null;
  if (edits.length >= 900) whole = false;
  entries.s = state.step || null;
  entries.t = state.tab === 'numbers' ? null : state.tab;
  entries.l = state.language === 'rust' ? null : state.language;
  entries.c = state.check ? 1 : null;
  entries.f = state.fold ? 1 : null;
  entries.o = state.fold && state.opened.length > 0 ? state.opened.map(encodeURIComponent).join(',') : null;
  entries.n = state.selected;
  entries.q = quiz ? `-${quiz.marks}` : null;
  entries.a = quiz?.answer ?? null;
  return { entries, whole };
}
