// What the worker answers for the room of networks: it trains in slices, draws, and posts figures.
//
// Pictures have a rate of their own: the newest state is drawn when the page has seen the last one.

import { Stage } from './stage.js';

/** Milliseconds of training between two looks at messages. */
const SLICE = 9;
/** Milliseconds between two pictures. */
const PICTURE = 33;

/** Milliseconds that the run of a link may take to be repeated. */
const LONGEST = 60_000;

/** What racers differ in: a change of these is for the first network alone. */
const OWN = ['optimiser', 'rate', 'momentum', 'decay'];
const withoutOwn = (changes) => Object.fromEntries(Object.entries(changes).filter(([name]) => !OWN.includes(name)));
const forRacers = (log) =>
  log
    .map((event) => (event.set ? { ...event, set: withoutOwn(event.set) } : event))
    .filter((event) => !event.set || Object.keys(event.set).length > 0);

export function handlers(wasm, post) {
  const stage = new Stage();
  let now = null; // what is trained: {networks, about, points, labels}
  let canvases = { plane: null, net: null, minis: [] };
  let looks = null;
  let scale = 1;
  let chosen = null;
  let selected = null;
  let playing = null; // {speed, owed, last} | {target} for a run that is repeated
  let ended = null;
  let chunk = 1;
  let seen = true;
  let last = 0;
  let cost = 0;
  let serial = 0;

  // Messages come between slices: a channel is faster than timers.
  const channel = new MessageChannel();
  let waiting = false;
  const later = (delay = 0) => {
    if (waiting) return;
    waiting = true;
    if (delay > 0) setTimeout(() => channel.port2.postMessage(null), delay);
    else channel.port2.postMessage(null);
  };
  channel.port1.onmessage = () => {
    waiting = false;
    slice();
  };

  const each = (work) => {
    // Racers keep step with each other: the first that ends stops all.
    let end;
    for (const network of now.networks) {
      const its = work(network);
      end ??= its;
    }
    return end;
  };

  function slice() {
    if (!playing || !now) return;
    const from = performance.now();
    let count = chunk;
    let delay = 0;
    if (playing.target !== undefined) count = Math.min(chunk, playing.target - now.networks[0].steps());
    else if (playing.speed !== 'max') {
      playing.owed += ((from - playing.last) / 1000) * playing.speed;
      playing.last = from;
      count = Math.min(chunk, Math.floor(playing.owed));
      playing.owed = Math.min(playing.owed - count, playing.speed);
      delay = 12;
    }
    if (count > 0) {
      const repeat = playing.target !== undefined;
      const end = each((network) => (repeat ? network.repeatTo(network.steps() + count) : network.advance(count)));
      const took = performance.now() - from;
      if (took < SLICE / 2) chunk = Math.min(1 << 20, chunk * 2);
      else if (took > SLICE) chunk = Math.max(1, Math.floor((chunk * SLICE) / took));
      if (end !== undefined) finish(end);
      else if (repeat && from - playing.began > LONGEST) {
        finish(`repeating the run took long: these are the first ${now.networks[0].steps()} of its ${playing.target} steps`);
      } else if (repeat && now.networks[0].steps() >= playing.target) finish(null);
    }
    if (!playing) return picture(true);
    // A picture that is dear is drawn less often, so that training goes on.
    if (seen && performance.now() - last >= Math.max(PICTURE, 2 * cost)) picture(false);
    later(delay);
  }

  function finish(end) {
    ended = end;
    playing = null;
  }

  function picture(must) {
    if (!now) return;
    if (!must && !seen) return;
    const from = performance.now();
    draw();
    const [network] = now.networks;
    const frame = {
      serial: (serial += 1),
      id: now.id,
      status: JSON.parse(network.status()),
      curve: network.curve(),
      playing: playing !== null,
      target: playing?.target ?? null,
      ended,
      racers: now.networks.length > 1 ? now.networks.map((racer) => ({ status: JSON.parse(racer.status()), curve: racer.curve() })) : [],
      neuron: null,
    };
    if (selected) frame.neuron = neuron(network);
    last = performance.now();
    cost = last - from;
    seen = false;
    post('frame', frame);
  }

  /** The weights of the neuron that is selected, bias last, and their gradients. */
  function neuron(network) {
    const { first, count } = selected;
    const parameters = network.parameters().slice(first, first + count);
    const slopes = network.slopes().slice(first, first + count);
    return { ...selected, parameters, slopes };
  }

  function draw() {
    if (!looks || !now) return;
    const { about, points } = now;
    const [network] = now.networks;
    if (canvases.plane) stage.plane(canvases.plane, network, { about, points, looks, chosen });
    if (canvases.net) stage.network(canvases.net, network, { about, looks, scale, selected });
    canvases.minis.forEach((canvas, k) => {
      if (now.networks[k]) stage.plane(canvas, now.networks[k], { about, points: null, looks, chosen: null });
    });
  }

  const changed = () => {
    ended = null;
    if (!playing) picture(true);
  };

  return {
    /** Begins with settings; `racers` are the settings of further ones. */
    open({ id, settings, racers, log, steps, stop }) {
      const network = new wasm.Network(settings);
      const networks = [network, ...racers.map((settings) => network.beside(settings))];
      for (const each of networks) {
        each.stop(stop);
        each.follow(JSON.stringify(each === network ? log : forRacers(log)));
      }
      for (const old of now?.networks ?? []) old.free();
      now = { id, networks, about: JSON.parse(network.about()), points: network.points() };
      playing = steps > 0 ? { target: steps, began: performance.now() } : null;
      ended = null;
      selected = null;
      chosen = null;
      chunk = 1;
      if (playing) later();
      // The points go to the page, too, and are drawn here.
      return { about: now.about, points: now.points };
    },
    /** Gives the canvases that are drawn on. */
    attach(given) {
      canvases = { ...canvases, ...given };
    },
    /** Gives sizes in pixels, and colours. */
    look({ plane, net, mini, ...rest }) {
      const size = (canvas, [width, height]) => {
        if (canvas && (canvas.width !== width || canvas.height !== height)) Object.assign(canvas, { width, height });
      };
      if (plane) size(canvases.plane, plane);
      if (net) size(canvases.net, net);
      if (mini) for (const canvas of canvases.minis) size(canvas, mini);
      scale = rest.scale ?? scale;
      looks = rest.looks ?? looks;
      if (!playing || seen) picture(true);
    },
    seen() {
      seen = true;
    },
    play(speed) {
      ended = null;
      playing = { speed: speed === 'max' ? 'max' : Number(speed), owed: 1, last: performance.now() };
      later();
    },
    pause() {
      playing = null;
      picture(true);
    },
    step(kind) {
      playing = null;
      const end = each((network) => {
        if (kind === 'sample') return network.advanceSample();
        if (kind === 'epoch') return network.advanceEpoch();
        return network.advance(1);
      });
      ended = end ?? null;
      picture(true);
    },
    back(steps) {
      playing = null;
      ended = null;
      each((network) => network.back(steps));
      picture(true);
    },
    recover() {
      playing = null;
      ended = null;
      const steps = Math.min(...now.networks.map((network) => (network.recover(), network.steps())));
      each((network) => network.back(network.steps() - steps));
      picture(true);
    },
    change(changes) {
      const shared = withoutOwn(changes);
      each((network) => {
        const its = network === now.networks[0] ? changes : shared;
        if (Object.keys(its).length > 0) network.change(JSON.stringify(its));
      });
      changed();
    },
    edit(parameter, number) {
      each((network) => network.edit(parameter, number));
      changed();
    },
    stop(stop) {
      each((network) => network.stop(stop));
    },
    /** Selects a neuron: {layer, neuron, first, count}, or none. */
    select(given) {
      selected = given;
      picture(true);
      return given && now ? neuron(now.networks[0]) : null;
    },
    /** Chooses a row, or none. */
    choose(row) {
      chosen = row;
      picture(true);
    },
    /** Shows points alone, while there are too few to learn from. */
    bare(points) {
      playing = null;
      now = null;
      if (canvases.plane && looks) stage.bare(canvases.plane, { points, looks });
    },
    irises: () => wasm.irises(),
    openModel: (bytes, settings) => JSON.parse(wasm.openModel(bytes, settings)),
    /** The room is left: what was trained goes. */
    leave() {
      playing = null;
      for (const old of now?.networks ?? []) old.free();
      now = null;
      canvases = { plane: null, net: null, minis: [] };
    },
    at: (x, y) => now.networks[0].at(x, y),
    parameters: () => now.networks[0].parameters(),
    neuronText: (layer, neuron, row) => now.networks[0].neuronText(layer, neuron, row),
    lossText: (row) => JSON.parse(now.networks[0].lossText(row)),
    graph: (row) => now.networks[0].graphSvg(row),
    code: (language) => now.networks[0].code(language),
    model: () => now.networks[0].model(),
    table: () => now.networks[0].table(),
  };
}
