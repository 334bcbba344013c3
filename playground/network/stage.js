// Draws the plane and the network, in the worker: the page has nothing to do while they change.

import { layout } from './layout.js';

const BOUNDARY = 100;

const scratch = new OffscreenCanvas(1, 1);

/** Puts pixels of a square on a canvas of its own size. */
function put(pixels, width, height) {
  if (scratch.width !== width || scratch.height !== height) {
    scratch.width = width;
    scratch.height = height;
  }
  const data = new ImageData(new Uint8ClampedArray(pixels.buffer, pixels.byteOffset, pixels.length), width, height);
  scratch.getContext('2d').putImageData(data, 0, 0);
  return scratch;
}

const rgb = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

/** The colours of what is said of every point: paler than the points, which stand out from it. */
function pale(colours) {
  return colours.map((part, k) => Math.round(colours[k % 3] + (part - colours[k % 3]) * 0.62));
}

/** A mark for a class, so that colour is not all that tells classes apart. */
function mark(path, shape, x, y, r) {
  const points = (...all) => {
    all.forEach(([dx, dy], k) => (k === 0 ? path.moveTo(x + dx * r, y + dy * r) : path.lineTo(x + dx * r, y + dy * r)));
    path.closePath();
  };
  if (shape === 0) {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  } else if (shape === 1) points([-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]);
  else if (shape === 2) points([0, -1.2], [1.1, 0.85], [-1.1, 0.85]);
  else if (shape === 3) points([0, -1.3], [1.15, 0], [0, 1.3], [-1.15, 0]);
  else if (shape === 4) points([0, 1.2], [1.1, -0.85], [-1.1, -0.85]);
  else {
    const t = 0.4;
    points([-t, -1.2], [t, -1.2], [t, -t], [1.2, -t], [1.2, t], [t, t], [t, 1.2], [-t, 1.2], [-t, t], [-1.2, t], [-1.2, -t], [-t, -t]);
  }
}

/** `looks` is {colours: Uint8Array (between, then classes), ink, paper, line}. */
export class Stage {
  #points = null;

  /** The square of the plane on a canvas. */
  plane(canvas, network, { about, points, looks, chosen }) {
    const context = canvas.getContext('2d');
    const { width, height } = canvas;
    const pixels = put(network.boundary(BOUNDARY, pale(looks.colours)), BOUNDARY, BOUNDARY);
    context.imageSmoothingEnabled = true;
    context.drawImage(pixels, 0, 0, width, height);
    if (points) context.drawImage(this.#marks(width, height, { about, points, looks }), 0, 0);
    if (chosen !== null && points) {
      const [x, y] = place(about.view, points, chosen, width, height);
      context.lineWidth = width / 130;
      context.strokeStyle = looks.paper;
      context.beginPath();
      context.arc(x, y, width / 34, 0, 2 * Math.PI);
      context.stroke();
      context.lineWidth = width / 220;
      context.strokeStyle = looks.ink;
      context.stroke();
    }
  }

  /** Points alone. */
  bare(canvas, { points, looks }) {
    const context = canvas.getContext('2d');
    context.fillStyle = rgb(looks.colours.subarray(0, 3));
    context.fillRect(0, 0, canvas.width, canvas.height);
    const about = { task: 'classes', palette: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], view: [-1.1, -1.1, 1.1, 1.1] };
    context.drawImage(this.#marks(canvas.width, canvas.height, { about, points, looks }), 0, 0);
  }

  /** All marks, drawn once for a size. */
  #marks(width, height, { about, points, looks }) {
    const key = [points, looks, width, height];
    if (this.#points?.key.every((part, k) => part === key[k])) return this.#points.canvas;
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    const count = points.length / 4;
    const r = (width / 300) * (count > 1500 ? 1.8 : count > 600 ? 2.4 : 3.2);
    const colour = (k) => rgb(looks.colours.subarray(3 + 3 * k, 6 + 3 * k));
    for (let k = 0; k < count; k += 1) {
      const [x, y] = place(about.view, points, k, width, height);
      const truth = points[4 * k + 2];
      const held = points[4 * k + 3] === 1;
      const kind = about.task === 'classes' ? about.palette[truth] : truth > 0 ? 1 : 0;
      const path = new Path2D();
      mark(path, about.task === 'classes' ? kind : 0, x, y, held ? r * 0.9 : r);
      context.lineWidth = held ? r * 0.55 : r * 0.3;
      if (held) {
        context.strokeStyle = looks.paper;
        context.lineWidth = r * 1.1;
        context.stroke(path);
        context.lineWidth = r * 0.55;
        context.strokeStyle = colour(kind);
        context.stroke(path);
      } else {
        context.fillStyle = colour(kind);
        if (about.task === 'regression') context.globalAlpha = 0.25 + 0.75 * Math.min(1, Math.abs(truth));
        context.fill(path);
        context.globalAlpha = 1;
        context.strokeStyle = looks.paper;
        context.stroke(path);
      }
    }
    this.#points = { key, canvas };
    return canvas;
  }

  /** The network on a canvas of `scale` pixels a unit of the page. */
  network(canvas, network, { about, looks, scale, selected }) {
    const context = canvas.getContext('2d');
    const { width, height } = canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    const inputs = about.inputs.length;
    const { columns, size } = layout(inputs, about.layers, width / scale, height / scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#edges(context, network, { about, looks, columns, selected });
    const all = about.layers.reduce((sum, n) => sum + n, 0) + inputs;
    const n = all <= 24 ? 32 : all <= 80 ? 20 : 10;
    const tiles = (pixels, count, where) => {
      const sheet = put(pixels, n, n * count);
      context.imageSmoothingEnabled = size > n;
      where.forEach(([x, y], k) => {
        context.drawImage(sheet, 0, k * n, n, n, x - size / 2, y - size / 2, size, size);
      });
    };
    const at = (from, to) => columns.slice(from, to).flatMap(({ x, ys }) => ys.map((y) => [x, y]));
    tiles(network.inputMaps(n, looks.colours), inputs, at(0, 1));
    tiles(network.maps(n, looks.colours), all - inputs, at(1));
    context.strokeStyle = looks.line;
    context.lineWidth = size > 12 ? 1 : 0.5;
    context.beginPath();
    for (const [x, y] of at(0)) context.rect(x - size / 2, y - size / 2, size, size);
    context.stroke();
    if (selected) {
      const column = columns[selected.layer];
      context.strokeStyle = looks.accent;
      context.lineWidth = 2.5;
      context.strokeRect(column.x - size / 2 - 2, column.ys[selected.neuron] - size / 2 - 2, size + 4, size + 4);
    }
  }

  /** Edges in a few widths of two colours, so that there are few paths. Negative ones are dashed. */
  #edges(context, network, { about, looks, columns, selected }) {
    const parameters = network.parameters();
    const many = parameters.length > 1500;
    const WIDTHS = 6;
    const paths = Array.from({ length: 2 * WIDTHS }, () => new Path2D());
    const strong = Array.from({ length: 2 * WIDTHS }, () => new Path2D());
    let place = 0;
    for (let layer = 1; layer < columns.length; layer += 1) {
      const [from, to] = [columns[layer - 1], columns[layer]];
      for (const [neuron, y] of to.ys.entries()) {
        const own = selected && selected.layer === layer && selected.neuron === neuron;
        for (const iy of from.ys) {
          const w = parameters[place];
          place += 1;
          const thick = Math.min(WIDTHS - 1, Math.floor((Math.abs(w) / (0.6 + Math.abs(w))) * WIDTHS));
          if (many && thick === 0 && !own) continue;
          const path = (own ? strong : paths)[2 * thick + (w > 0 ? 1 : 0)];
          path.moveTo(from.x, iy);
          const middle = (from.x + to.x) / 2;
          if (many) path.lineTo(to.x, y);
          else path.bezierCurveTo(middle, iy, middle, y, to.x, y);
        }
        place += 1;
      }
    }
    const draw = (all, faint) => {
      for (const [k, path] of all.entries()) {
        const thick = Math.floor(k / 2);
        context.globalAlpha = (0.25 + (0.7 * thick) / WIDTHS) * faint * (many ? 0.35 : 1);
        context.lineWidth = many ? 0.4 + thick * 0.3 : 0.8 + thick * 0.8;
        context.setLineDash(k % 2 === 0 && !many ? [5, 3] : []);
        context.strokeStyle = rgb(looks.colours.subarray(3 + 3 * (k % 2), 6 + 3 * (k % 2)));
        context.stroke(path);
      }
    };
    draw(paths, selected ? 0.35 : 1);
    draw(strong, many ? 2.5 : 1);
    context.globalAlpha = 1;
    context.setLineDash([]);
  }
}

/** A point on the canvas. */
function place([left, bottom, right, top], points, k, width, height) {
  return [((points[4 * k] - left) / (right - left)) * width, ((top - points[4 * k + 1]) / (top - bottom)) * height];
}
