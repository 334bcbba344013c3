// The live region: one sentence for those who hear the page. Newer sentences replace older ones that were not
// spoken yet.

const PAUSE = 700;

export function liveRegion(region) {
  let next = null;
  let timer = null;
  const speak = () => {
    timer = null;
    if (next === null) return;
    region.textContent = next;
    next = null;
    timer = setTimeout(speak, PAUSE);
  };
  return (text) => {
    next = String(text);
    if (timer === null) speak();
  };
}
