// The graph in the page: gradling-graph's drawing, put in piece by piece, whose numbers change in place.
//
// A large picture begins with one shape a value; what is written on it comes when it is near enough to be read,
// and so neither a task is long nor a zoom slow.

import { element } from '../shell/element.js';
import { LEGIBLE, zoomable } from './zoom.js';

const SVG = 'http://www.w3.org/2000/svg';
/** Up to so many boxes are drawn at once and in full. */
const SMALL = 120;
/** How long a piece of work may take, in milliseconds. */
const SLICE = 4;
/** Details that stay when they are out of sight. */
const KEPT = 400;

const next = () => new Promise((done) => requestAnimationFrame(() => done(performance.now())));

const parsed = (lines) => {
  const text = `<svg xmlns="${SVG}">${lines.join('')}</svg>`;
  const { documentElement } = new DOMParser().parseFromString(text, 'image/svg+xml');
  return [...documentElement.children].map((child) => document.importNode(child, true));
};

/** The outline of a node alone. */
const outline = (line) => {
  const [open] = line.match(/^<g [^>]*>/);
  const card = line.match(/<rect class='gl-card'[^>]*>/)?.[0] ?? '';
  return `${open}${card}</g>`;
};

const put = (text, value) => text && text.textContent !== value && (text.textContent = value);

export function picture(stage, { chosen, opened }) {
  const canvas = element('div', { class: 'canvas' });
  stage.append(canvas);
  let nodes = new Map();
  let edges = new Map();
  let drawn = null;
  let frame = null;
  let mask = null;
  let selected = null;
  let run = 0;
  let looking = false;

  const zoom = zoomable(stage, canvas, () => {
    if (looking) return;
    looking = true;
    requestAnimationFrame(() => {
      looking = false;
      look();
    });
  });

  const partsOf = (node) => {
    // Words that stand apart are read apart.
    for (const text of node.shape.querySelectorAll('text')) text.after(' ');
    const one = (name) => node.shape.querySelector(`.${name}`);
    node.data = one('gl-data');
    node.grad = one('gl-grad');
    node.caption = one('gl-of-grad');
    node.bar = one('gl-bar');
    node.track = one('gl-track');
    node.order = one('gl-order');
    node.full = true;
  };

  const setNode = (shape, line) => {
    const id = shape.dataset.id;
    const place = drawn.places.get(id) ?? null;
    shape.setAttribute('role', 'treeitem');
    shape.setAttribute('tabindex', '-1');
    shape.setAttribute('aria-selected', 'false');
    const node = { shape, line, place, id, box: shape.dataset.box.split(' ').map(Number), full: false, state: 'false false false false' };
    if (place !== null && drawn.leafOf.has(place)) shape.classList.add('gl-held');
    nodes.set(id, node);
    return node;
  };

  const setEdge = (shape) => {
    shape.setAttribute('aria-hidden', 'true');
    edges.set(`${shape.dataset.from}-${shape.dataset.to}`, { shape, local: shape.querySelector('.gl-local'), state: '' });
  };

  /** Draws another graph; what was there stays until the first piece of it is ready. */
  async function show(given) {
    run += 1;
    const mine = run;
    drawn = given;
    nodes = new Map();
    edges = new Map();
    frame = given.frame;
    const { width, height, box } = given.picture;
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('class', 'gl-picture');
    svg.setAttribute('width', width);
    svg.setAttribute('height', height);
    svg.setAttribute('viewBox', box);
    svg.setAttribute('role', 'tree');
    svg.setAttribute('aria-label', 'The graph. Arrows go along its edges, Home to the result.');
    const lines = document.createElementNS(SVG, 'g');
    const boxes = document.createElementNS(SVG, 'g');
    boxes.setAttribute('role', 'none');
    lines.setAttribute('class', 'gl-edges');
    boxes.setAttribute('class', 'gl-nodes');
    svg.append(lines, boxes);
    const [left, top] = box.split(' ').map(Number);
    const small = given.picture.nodes.length <= SMALL;
    svg.classList.toggle('gl-large', !small);
    const attach = () => {
      canvas.replaceChildren(svg);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    };
    given.offset = [left, top];
    const end = given.picture.nodes.at(-1)?.match(/data-box='([^']*)'/)[1].split(' ').map(Number);
    const begin = () => zoom.begin([end[0] - left, end[1] - top, end[2], end[3]]);
    stage.dataset.drawn = 'no';
    if (small) {
      const full = parsed(given.picture.nodes);
      full.forEach((shape, i) => partsOf(setNode(shape, given.picture.nodes[i])));
      const paths = parsed(given.picture.edges);
      paths.forEach(setEdge);
      lines.append(...paths);
      boxes.append(...full);
      attach();
      begin();
    } else {
      attach();
      begin();
      for (const [all, into, light] of [[given.picture.nodes, boxes, true], [given.picture.edges, lines, false]]) {
        for (let at = 0; at < all.length; ) {
          const start = await next();
          if (mine !== run) return;
          while (at < all.length && performance.now() - start < SLICE) {
            const piece = all.slice(at, at + 15);
            const shapes = parsed(light ? piece.map(outline) : piece);
            shapes.forEach((shape, i) => (light ? setNode(shape, piece[i]) : setEdge(shape)));
            into.append(...shapes);
            at += piece.length;
          }
        }
      }
    }
    if (!small) {
      await next();
      if (mine !== run) return;
    }
    rove(selected);
    apply(true);
    look();
    stage.dataset.drawn = 'yes';
    stage.dataset.boxes = String(nodes.size);
  }

  /** Writes on the boxes that are near, as many as there is time for, and takes it from those that are far. */
  async function look() {
    if (!drawn || !canvas.firstChild?.classList.contains('gl-large')) return;
    const mine = run;
    const view = zoom.shown();
    const [ox, oy] = drawn.offset;
    const near = view.scale >= LEGIBLE ? [...nodes.values()].filter(({ box: [x, y, w, h] }) => {
      const [left, top] = [x - ox, y - oy];
      return left + w > view.left && top + h > view.top && left < view.left + view.width && top < view.top + view.height;
    }) : [];
    const wanted = new Set(near);
    let start = performance.now();
    for (const node of near) {
      if (node.full) continue;
      if (performance.now() - start > SLICE) {
        start = await next();
        if (mine !== run) return;
      }
      node.shape.replaceChildren(...parsed([node.line])[0].childNodes);
      partsOf(node);
      applyNode(node);
    }
    const full = [...nodes.values()].filter((node) => node.full && !wanted.has(node));
    for (const node of full.length > KEPT ? full.slice(KEPT) : []) {
      node.shape.replaceChildren(...parsed([outline(node.line)])[0].childNodes);
      Object.assign(node, { full: false, data: null, grad: null, bar: null, order: null, caption: null });
    }
    stage.dataset.detailed = String([...nodes.values()].filter((node) => node.full).length);
  }

  /** What is heard of a node begins with what is seen of it. */
  function sentence({ place, shape, full, id }) {
    const seen = full ? [...shape.querySelectorAll('text')].map((text) => text.textContent).filter(Boolean).join(' ') : '';
    if (place === null) return `${seen || drawn.parts[partAt(id)]}, folded: Enter opens it`;
    const node = drawn.nodes[place];
    const hidden = mask?.has(place);
    const grad = hidden ? '?' : frame.grads[place] ?? '–';
    const known = hidden ? ', to be found' : frame.grads[place] === null ? ', not computed' : '';
    const made = node.made && node.made !== frame.names[place] ? `, made by ${node.made}` : '';
    const kind = node.inputs.length > 0 ? made : node.constant ? ', constant' : ', leaf';
    const name = node.label || node.constant ? '' : `${frame.names[place]}: `;
    return `${name}${seen || `${frame.names[place]} data ${frame.data[place]} grad ${grad}`}${known}${kind}`;
  }

  function applyNode(node) {
    const { place, shape } = node;
    if (place === null) return;
    const hidden = mask?.has(place);
    const grad = hidden ? '?' : frame.grads[place];
    const { last } = frame;
    const set = (name, on) => shape.classList.toggle(name, on);
    const sending = !mask && last?.from === place;
    const receiving = !mask && last?.to === place;
    const state = `${grad !== null && !hidden} ${sending} ${receiving} ${frame.nonFinite?.place === place}`;
    if (node.state !== state) {
      node.state = state;
      set('is-known', grad !== null && !hidden);
      set('is-sending', sending);
      set('is-receiving', receiving);
      set('is-broken', frame.nonFinite?.place === place);
    }
    if (!node.full) return;
    put(node.data, frame.data[place]);
    put(node.grad, grad ?? '–');
    put(node.order, drawn.nodes[place].order ? String(drawn.nodes[place].order) : '');
    if (node.bar) {
      const share = hidden ? 0 : frame.bars[place];
      if (node.share !== share) {
        node.share = share;
        const [x, width] = ['x', 'width'].map((name) => Number(node.track.getAttribute(name)));
        const length = (Math.abs(share) * width) / 2;
        node.bar.setAttribute('x', share < 0 ? x + width / 2 - length : x + width / 2);
        node.bar.setAttribute('width', length);
      }
    }
    put(node.caption, partOf(place) ?? 'grad');
  }

  /** How much of a sum is there, if some of it is not. */
  function partOf(place) {
    const { uses } = drawn.nodes[place];
    const got = frame.got.get(place) ?? 0;
    return uses > 1 && got > 0 && got < uses && !mask ? `Σ ${got}/${uses}` : null;
  }

  function apply(named) {
    if (!frame) return;
    frame.got = new Map();
    const locals = new Map();
    for (const [from, to, local] of frame.locals) {
      frame.got.set(from, (frame.got.get(from) ?? 0) + 1);
      const key = `${drawn.nodes[from].id}-${drawn.nodes[to].id}`;
      locals.set(key, locals.has(key) ? `${locals.get(key)} + ${local}` : `×${local}`);
    }
    const now = frame.last ? `${drawn.nodes[frame.last.to].id}-${drawn.nodes[frame.last.from].id}` : null;
    for (const [key, edge] of edges) {
      const text = mask ? '' : locals.get(key) ?? '';
      put(edge.local, text);
      const state = mask ? '' : key === now ? 'is-now' : text ? 'is-past' : '';
      if (edge.state !== state) {
        edge.shape.setAttribute('class', `gl-edge ${state}`);
        edge.state = state;
      }
    }
    for (const node of nodes.values()) applyNode(node);
    if (named) name();
  }

  /** What is said of each node follows when numbers have come to rest. */
  let naming = null;
  function name() {
    clearTimeout(naming);
    const mine = run;
    const work = async () => {
      let start = performance.now();
      for (const node of nodes.values()) {
        if (performance.now() - start > SLICE) {
          start = await next();
          if (mine !== run) return;
        }
        const text = sentence(node);
        if (node.shape.getAttribute('aria-label') !== text) node.shape.setAttribute('aria-label', text);
      }
      stage.dataset.named = String(frame.step);
    };
    if (nodes.size <= SMALL) work();
    else naming = setTimeout(work, 150);
  }

  const ofPlace = (place) => nodes.get(String(drawn?.nodes[place]?.id));

  /** One tab stop: the node in focus, or the result. */
  function rove(place) {
    const all = [...nodes.values()];
    const node = (place === null ? null : ofPlace(place)) ?? all.at(-1);
    for (const other of all) {
      if (other.shape.getAttribute('tabindex') === '0') other.shape.setAttribute('tabindex', '-1');
      if (other.shape.classList.contains('is-selected')) {
        other.shape.classList.remove('is-selected');
        other.shape.setAttribute('aria-selected', 'false');
      }
    }
    node?.shape.setAttribute('tabindex', '0');
    if (place !== null && node?.place === place) {
      node.shape.classList.add('is-selected');
      node.shape.setAttribute('aria-selected', 'true');
    }
    return node;
  }

  function focus(node) {
    if (!node) return;
    const [x, y, width, height] = node.box;
    const [left, top] = drawn.offset;
    zoom.reveal([x - left, y - top, width, height]);
    rove(node.place);
    node.shape.setAttribute('tabindex', '0');
    node.shape.focus({ preventScroll: true });
    if (node.place !== null) chosen(node.place);
  }

  /** From a node along an edge: to what it was made from, to what was made from it, or to a neighbour. */
  function along(node, key) {
    const { high } = drawn;
    const [flow, aside] = high ? [1, 0] : [0, 1];
    const ends = [...edges.keys()].map((pair) => pair.match(/^(group-\d+|\d+)-(group-\d+|\d+)$/));
    const linked = (side, other) => ends.filter((pair) => pair[side] === node.id).map((pair) => nodes.get(pair[other]));
    const far = (other) => Math.abs(other.box[aside] - node.box[aside]);
    const near = (all) => all.filter(Boolean).sort((a, b) => far(a) - far(b))[0];
    if (key === (high ? 'ArrowUp' : 'ArrowLeft')) return near(linked(2, 1));
    if (key === (high ? 'ArrowDown' : 'ArrowRight')) return near(linked(1, 2));
    const centre = ({ box }) => box[flow] + box[flow + 2] / 2;
    const rank = [...nodes.values()].filter((other) => Math.abs(centre(other) - centre(node)) < (high ? 50 : 90));
    const onward = key === 'ArrowDown' || key === 'ArrowRight';
    const beyond = rank.filter((other) => (onward ? other.box[aside] > node.box[aside] : other.box[aside] < node.box[aside]));
    return beyond.sort((a, b) => far(a) - far(b))[0];
  }

  const partAt = (id) => Number(id.replace('group-', ''));
  const nodeOf = (target) => nodes.get(target.closest?.('.gl-node')?.dataset.id);

  canvas.addEventListener('keydown', (event) => {
    const node = nodeOf(event.target);
    if (!node || event.altKey || event.metaKey) return;
    const pans = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.ctrlKey) {
      if (!pans[event.key]) return;
      zoom.pan(...pans[event.key]);
    } else if (event.shiftKey) return;
    else if (pans[event.key]) focus(along(node, event.key));
    else if (event.key === 'Home') focus([...nodes.values()].at(-1));
    else if (event.key === 'End') focus([...nodes.values()][0]);
    else if (event.key === 'Enter' && node.place === null) opened(drawn.parts[partAt(node.id)]);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener('click', (event) => {
    const node = nodeOf(event.target);
    if (!node) return;
    if (node.place === null) opened(drawn.parts[partAt(node.id)]);
    else focus(node);
  });

  return {
    show,
    zoom,
    canvas,
    /** Another graph of the same shape: what is drawn stays. */
    keep(given) {
      given.offset = drawn.offset;
      drawn = given;
    },
    frame(given, hidden) {
      // A graph that is still on its way comes with a frame of its own.
      if (given.data.length !== drawn?.nodes.length) return;
      frame = given;
      mask = hidden;
      apply(true);
    },
    select(place) {
      selected = place;
      rove(place);
    },
    /** Brings the edge of a step into view. */
    follow({ from, to }) {
      const boxes = [ofPlace(from), ofPlace(to)].filter(Boolean).map(({ box }) => box);
      if (boxes.length < 2) return;
      const [[ax, ay, aw, ah], [bx, by, bw, bh]] = boxes;
      const [x, y] = [Math.min(ax, bx), Math.min(ay, by)];
      const [left, top] = drawn.offset;
      zoom.follow([x - left, y - top, Math.max(ax + aw, bx + bw) - x, Math.max(ay + ah, by + bh) - y]);
    },
    focus: (place) => focus(ofPlace(place)),
    placeOf: (target) => nodeOf(target)?.place ?? null,
    shapeOf: (place) => ofPlace(place)?.shape ?? null,
    end: () => {
      run += 1;
      clearTimeout(naming);
      zoom.end();
    },
  };
}
