// Zoom and pan of the graph, by mouse, touch and keys.

import Panzoom from '../vendor/panzoom.js';

/** Numbers can be read from here on. */
export const LEGIBLE = 0.5;

const LARGEST = 1.5;
const STEP = 1.25;

/**
 * Makes `canvas`, of a size of its own, move within `stage`. `moved()` is called when it did. A `Panzoom` has its
 * origin in the middle of the canvas: a point p of it is shown at c + scale (p - c + pan).
 */
export function zoomable(stage, canvas, moved) {
  const zoom = Panzoom(canvas, {
    canvas: true, minScale: 0.01, maxScale: 6, step: 0.5, excludeClass: 'gl-held', cursor: 'grab', noBind: false,
  });
  /** It fills the stage until someone zooms. */
  let fitted = true;
  canvas.addEventListener('panzoomchange', () => {
    stage.dataset.zoom = zoom.getScale().toFixed(3);
    const { x, y } = zoom.getPan();
    stage.dataset.pan = `${x.toFixed(1)} ${y.toFixed(1)}`;
    moved();
  });
  canvas.addEventListener('panzoomstart', () => (fitted = false));
  const size = () => ({ width: canvas.offsetWidth, height: canvas.offsetHeight });

  const place = (scale, centre) => {
    const { width, height } = size();
    zoom.zoom(scale, { animate: false, force: true });
    const x = (stage.clientWidth / 2 - width / 2) / scale - (centre[0] - width / 2);
    const y = (stage.clientHeight / 2 - height / 2) / scale - (centre[1] - height / 2);
    zoom.pan(x, y, { animate: false, force: true });
  };
  const shown = () => {
    const { width, height } = size();
    const scale = zoom.getScale();
    const { x, y } = zoom.getPan();
    const left = width / 2 - width / 2 / scale - x;
    const top = height / 2 - height / 2 / scale - y;
    return { left, top, width: stage.clientWidth / scale, height: stage.clientHeight / scale, scale };
  };
  const fit = () => {
    const { width, height } = size();
    if (width === 0 || stage.clientWidth === 0) return;
    // A narrow stage has its tools above the graph, a wide one beside it.
    const above = stage.clientWidth < 560 ? 48 : 0;
    const scale = Math.min(stage.clientWidth / width, (stage.clientHeight - above) / height, LARGEST);
    place(scale, [width / 2, height / 2 - above / 2 / scale]);
    fitted = true;
  };
  /** All of it if that can be read, else the end, where backward begins. */
  const begin = ([x, y, width, height]) => {
    fit();
    if (shown().scale >= LEGIBLE * 0.8) return;
    const scale = LEGIBLE * 1.3;
    const [wide, high] = [stage.clientWidth / scale, stage.clientHeight / scale];
    const flows = size().width >= size().height;
    place(scale, flows ? [x + width + 24 - wide / 2, y + height / 2] : [x + width / 2, y + height + 24 - high / 2]);
    fitted = false;
  };
  const by = (factor) => {
    const { left, top, width, height, scale } = shown();
    place(Math.min(6, Math.max(0.01, scale * factor)), [left + width / 2, top + height / 2]);
    fitted = false;
  };
  // A page that scrolls keeps its wheel, unless Ctrl says otherwise, as everywhere.
  stage.addEventListener('wheel', (event) => {
    const scrolls = document.scrollingElement.scrollHeight > innerHeight + 1;
    if (scrolls && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    fitted = false;
    zoom.zoomWithWheel(event);
  }, { passive: false });
  const watch = new ResizeObserver(() => (fitted ? fit() : moved()));
  watch.observe(stage);

  return {
    fit,
    begin,
    shown,
    /** Goes along with what happens in a box, unless all is in view or too small to be read. */
    follow: ([x, y, width, height]) => {
      const view = shown();
      const inside = x >= view.left && y >= view.top && x + width <= view.left + view.width && y + height <= view.top + view.height;
      if (!inside && !fitted && view.scale >= LEGIBLE * 0.7) place(view.scale, [x + width / 2, y + height / 2]);
    },
    in: () => by(STEP),
    out: () => by(1 / STEP),
    pan: (right, down) => {
      const { left, top, width, height, scale } = shown();
      place(scale, [left + width * (0.5 + right * 0.2), top + height * (0.5 + down * 0.2)]);
      fitted = false;
    },
    /** Brings a box of the canvas into view, and close enough to be read. */
    reveal: ([x, y, width, height]) => {
      const view = shown();
      const inside = x >= view.left && y >= view.top && x + width <= view.left + view.width && y + height <= view.top + view.height;
      if (inside && view.scale >= LEGIBLE * 0.7) return;
      place(Math.max(view.scale, LEGIBLE * 1.4), [x + width / 2, y + height / 2]);
      fitted = false;
    },
    end: () => {
      watch.disconnect();
      zoom.destroy();
    },
  };
}
