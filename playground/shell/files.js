// Files that a person saves and opens. Nothing leaves the machine.

/** Gives a file to save: text or bytes. */
export function save(name, mime, data) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([data], { type: mime }));
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Asks for a file; null if none was chosen. `accept` as in HTML: '.csv,text/csv'. */
export function pickFile(accept) {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.hidden = true;
    const done = (file) => {
      input.remove();
      resolve(file);
    };
    input.addEventListener('change', () => done(input.files[0] ?? null));
    input.addEventListener('cancel', () => done(null));
    document.body.append(input);
    input.click();
  });
}
