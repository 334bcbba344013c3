// Trains the same network by this engine and by that of the TensorFlow playground, in turn, in one page.
//
// 2-16-16-1, tanh, 250 points in batches of 10, as their page sets it at first, and of 30, the most there. First both
// take the same steps from the same weights, and their weights have to agree; only then anything is timed. Theirs
// has the points in the same order in every epoch, and so has ours here; how fast it is with a new order each time,
// as our page sets it at first, is measured too.

import init, { Network } from '../engine/gradling_wasm.js';
import * as playground from './nn.js';

const ROWS = 250;
const CASES = [
  { batch: 10, shuffle: false },
  { batch: 10, shuffle: true },
  { batch: 30, shuffle: false },
];
const RATE = 0.03;
const ROUNDS = 9;
const ENOUGH = 400; // milliseconds of each in a round

const settings = ({ batch, shuffle }) =>
  JSON.stringify({
    data: { set: 'circles', rows: ROWS, noise: 0.1, held: 0, seed: 3 },
    net: { layers: [16, 16] },
    // Their error is half of the square, so their rate is twice ours.
    training: { loss: 'squared', rate: RATE, batch, shuffle, activations: ['tanh'] },
  });

function theirNetwork(parameters) {
  const { TANH, LINEAR } = playground.Activations;
  const network = playground.buildNetwork([2, 16, 16, 1], TANH, LINEAR, null, ['x', 'y']);
  let place = 0;
  for (const layer of network.slice(1)) {
    for (const node of layer) {
      for (const link of node.inputLinks) link.weight = parameters[place++];
      node.bias = parameters[place++];
    }
  }
  return network;
}

const weightsOf = (network) => network.slice(1).flatMap((layer) => layer.flatMap((node) => [...node.inputLinks.map((link) => link.weight), node.bias]));

/** Epochs as their page does them. */
function theirEpochs(network, rows, batch, count) {
  for (let k = 0; k < count; k += 1) theirEpoch(network, rows, batch);
}

function theirEpoch(network, rows, batch) {
  for (let i = 0; i < rows.length; i += 1) {
    const { x, y, label } = rows[i];
    playground.forwardProp(network, [x, y]);
    playground.backProp(network, label, playground.Errors.SQUARE);
    if ((i + 1) % batch === 0) playground.updateWeights(network, 2 * RATE, 0);
  }
}

/** Epochs a second of `work(count)`, which runs so many. */
function timed(work) {
  let count = 1;
  for (;;) {
    const from = performance.now();
    work(count);
    const took = performance.now() - from;
    if (took >= ENOUGH) return (1000 * count) / took;
    count = took < ENOUGH / 8 ? count * 4 : Math.ceil((count * ENOUGH * 1.1) / took);
  }
}

const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

async function measure() {
  await init();
  const [first] = CASES;
  const check = new Network(settings(first));
  const points = check.points();
  const rows = Array.from({ length: ROWS }, (_, k) => ({ x: points[4 * k], y: points[4 * k + 1], label: 2 * points[4 * k + 2] - 1 }));
  const same = theirNetwork(check.parameters());
  check.advance((2 * ROWS) / first.batch);
  theirEpochs(same, rows, first.batch, 2);
  const ours = check.parameters();
  const apart = Math.max(...weightsOf(same).map((w, k) => Math.abs(w - ours[k])));
  if (!(apart < 1e-4)) throw new Error(`after two epochs the weights are ${apart} apart`);

  const cases = CASES.map((given) => {
    const network = new Network(settings(given));
    return { ...given, network, other: theirNetwork(network.parameters()), ours: [], theirs: [] };
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { batch, network, other, ours, theirs } of cases) {
      ours.push(timed((count) => network.advance(count * Math.ceil(ROWS / batch))));
      await pause();
      theirs.push(timed((count) => theirEpochs(other, rows, batch, count)));
      await pause();
    }
  }
  const measured = cases.map(({ batch, shuffle, ours, theirs }) => {
    const ratios = ours.map((speed, k) => speed / theirs[k]);
    return { batch, shuffle, ours: median(ours), theirs: median(theirs), ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
  });

  const grey = new Uint8Array([128, 128, 128, 200, 100, 0, 0, 100, 200]);
  check.boundary(100, grey);
  const boundaries = Array.from({ length: 30 }, () => {
    const from = performance.now();
    check.boundary(100, grey);
    return performance.now() - from;
  });
  return { apart, measured, boundary: median(boundaries) };
}

measure().then(
  (answer) => {
    document.getElementById('answer').textContent = JSON.stringify(answer, null, 1);
    document.documentElement.dataset.done = 'yes';
  },
  (error) => {
    document.getElementById('answer').textContent = String(error.stack ?? error);
    document.documentElement.dataset.done = 'no';
  },
);
