// Where the neurons stand in the drawing: the same for who draws them and for who finds them.

/** Layers from the inputs to the outputs: {x, y of each, size of a tile}. */
export function layout(inputs, layers, width, height) {
  const sizes = [inputs, ...layers];
  const most = Math.max(...sizes);
  const across = sizes.length > 1 ? (width - 64) / (sizes.length - 1) : 0;
  const down = (height - 30) / most;
  const size = Math.max(3, Math.min(38, down - Math.min(8, down * 0.2), Math.max(14, across * 0.5)));
  const columns = sizes.map((count, k) => {
    const each = Math.min((height - 30) / count, Math.max(size + 22, down));
    const top = 26 + (height - 30 - each * (count - 1)) / 2 - 4;
    return { x: 32 + k * across, ys: Array.from({ length: count }, (_, i) => top + i * each) };
  });
  return { columns, size };
}

/** The neuron under a point, or the edge near it: {layer, neuron, input?}; layers count from the inputs. */
export function find({ columns, size }, x, y) {
  const near = Math.max(size / 2 + 3, 8);
  for (const [layer, { x: cx, ys }] of columns.entries()) {
    if (Math.abs(x - cx) > near) continue;
    let best = null;
    for (const [neuron, cy] of ys.entries()) {
      const away = Math.abs(y - cy);
      if (away <= near && (best === null || away < best.away)) best = { layer, neuron, away };
    }
    if (best) return { layer: best.layer, neuron: best.neuron };
  }
  for (let layer = 1; layer < columns.length; layer += 1) {
    const [from, to] = [columns[layer - 1], columns[layer]];
    if (x < from.x || x > to.x) continue;
    const part = (x - from.x) / (to.x - from.x);
    let best = null;
    for (const [neuron, cy] of to.ys.entries()) {
      for (const [input, iy] of from.ys.entries()) {
        const steep = Math.hypot(to.x - from.x, cy - iy) / (to.x - from.x);
        const away = Math.abs(iy + (cy - iy) * part - y) / steep;
        if (away < 8 && (best === null || away < best.away)) best = { layer, neuron, input, away };
      }
    }
    if (best) return { layer: best.layer, neuron: best.neuron, input: best.input };
  }
  return null;
}

/** The place of the first parameter of a neuron; layers count from the inputs, which are layer 0. */
export function firstParameter(inputs, layers, layer, neuron) {
  const sizes = [inputs, ...layers];
  let place = 0;
  for (let l = 1; l < layer; l += 1) place += (sizes[l - 1] + 1) * sizes[l];
  return place + neuron * (sizes[layer - 1] + 1);
}
