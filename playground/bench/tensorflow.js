// Trains the same network by this engine and by that of the TensorFlow playground, in turn, in one page.
//
// 2-16-16-1, tanh, batches of 10 of 250 points. First both take the same steps from the same weights, and their
// weights have to agree; only then anything is timed. Theirs has the points in the same order in every epoch, and
// so has ours here; how fast it is with a new order each time, as the page sets it at first, is measured too.

import init, { Network } from '../engine/gradling_wasm.js';
import * as theirs from './nn.js';

const ROWS = 250;
const BATCH = 10;
const RATE = 0.03;
const ROUNDS = 9;
const ENOUGH = 400; // milliseconds of each in a round

const settings = (shuffle) =>
  JSON.stringify({
    data: { set: 'circles', rows: ROWS, noise: 0.1, held: 0, seed: 3 },
    net: { layers: [16, 16] },
    // Their error is half of the square, so their rate is twice ours.
    training: { loss: 'squared', rate: RATE, batch: BATCH, shuffle, activations: ['tanh'] },
  });

function theirNetwork(parameters) {
  const { TANH, LINEAR } = theirs.Activations;
  const network = theirs.buildNetwork([2, 16, 16, 1], TANH, LINEAR, null, ['x', 'y']);
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

/** An epoch as their page does it. */
function theirEpoch(network, rows) {
  for (let i = 0; i < rows.length; i += 1) {
    const { x, y, label } = rows[i];
    theirs.forwardProp(network, [x, y]);
    theirs.backProp(network, label, theirs.Errors.SQUARE);
    if ((i + 1) % BATCH === 0) theirs.updateWeights(network, 2 * RATE, 0);
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
  const check = new Network(settings(false));
  const points = check.points();
  const rows = Array.from({ length: ROWS }, (_, k) => ({ x: points[4 * k], y: points[4 * k + 1], label: 2 * points[4 * k + 2] - 1 }));
  const same = theirNetwork(check.parameters());
  check.advance((2 * ROWS) / BATCH);
  for (let k = 0; k < 2; k += 1) theirEpoch(same, rows);
  const ours = check.parameters();
  const apart = Math.max(...weightsOf(same).map((w, k) => Math.abs(w - ours[k])));
  if (!(apart < 1e-4)) throw new Error(`after two epochs the weights are ${apart} apart`);

  const [network, shuffled] = [new Network(settings(false)), new Network(settings(true))];
  const other = theirNetwork(network.parameters());
  const speeds = { ours: [], shuffled: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, work] of [
      ['ours', (count) => network.advance((count * ROWS) / BATCH)],
      [
        'theirs',
        (count) => {
          for (let k = 0; k < count; k += 1) theirEpoch(other, rows);
        },
      ],
      ['shuffled', (count) => shuffled.advance((count * ROWS) / BATCH)],
    ]) {
      speeds[name].push(timed(work));
      await pause();
    }
  }
  /** How many times as fast as theirs: the median of the rounds, the least and the most. */
  const beside = (speeds, theirs) => {
    const ratios = speeds.map((speed, k) => speed / theirs[k]);
    return { speed: median(speeds), ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
  };

  const grey = new Uint8Array([128, 128, 128, 200, 100, 0, 0, 100, 200]);
  network.boundary(100, grey);
  const boundaries = Array.from({ length: 30 }, () => {
    const from = performance.now();
    network.boundary(100, grey);
    return performance.now() - from;
  });
  return {
    apart,
    theirs: median(speeds.theirs),
    ours: beside(speeds.ours, speeds.theirs),
    shuffled: beside(speeds.shuffled, speeds.theirs),
    boundary: median(boundaries),
  };
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
