// The graph as a program, and as files.

import { element } from '../shell/element.js';

/** Browsers draw no larger picture than this on a side. */
const LARGEST = 8192;

export function codePanel({ language, save, copied, tell }) {
  const choice = (name, label) => element('button', { type: 'button', class: 'button', 'data-language': name, 'aria-pressed': 'false', onclick: () => language(name) }, label);
  const choices = [choice('rust', 'Rust'), choice('python', 'Python')];
  const text = element('code');
  const copy = element('button', { type: 'button', class: 'button', onclick: async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      copied();
    } catch {
      getSelection().selectAllChildren(text);
      tell('The code is selected: copy it with Ctrl+C.');
    }
  } }, 'Copy');
  const file = (name) => element('button', { type: 'button', class: 'button', 'data-save': name, onclick: () => save(name) }, name.toUpperCase());
  return {
    root: element('div', { class: 'code' },
      element('div', { class: 'buttons', role: 'group', 'aria-label': 'Language' }, choices, copy),
      element('pre', { class: 'code-text', tabIndex: 0, role: 'region', 'aria-label': 'Code' }, text),
      element('div', { class: 'field', role: 'group', 'aria-label': 'Save the graph', 'data-group': 'save', 'data-group-label': 'Save the graph' },
        element('span', { class: 'field-name' }, 'Save the graph as'), element('div', { class: 'buttons' }, ['svg', 'png', 'dot'].map(file)))),
    show(code, language) {
      text.textContent = code;
      for (const one of choices) one.setAttribute('aria-pressed', String(one.dataset.language === language));
    },
  };
}

/** A picture of dots from one of lines. */
export async function png(svg) {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(2, LARGEST / image.naturalWidth, LARGEST / image.naturalHeight);
    const canvas = element('canvas', { width: Math.round(image.naturalWidth * scale), height: Math.round(image.naturalHeight * scale) });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
    if (!blob) throw new Error('this browser could not draw a picture so large: save it as SVG');
    return new Uint8Array(await blob.arrayBuffer());
  } finally {
    URL.revokeObjectURL(url);
  }
}
