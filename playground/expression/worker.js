// What the worker answers for the room of expressions: calls go to the engine's session as JSON.

/** A picture in pieces: each edge and each node is a line of its own, see `Options::for_page`. */
function pieces(svg) {
  const [, width, height, box] = svg.match(/width='([\d.]+)' height='([\d.]+)' viewBox='([^']*)'/);
  const lines = svg.split('\n');
  const from = lines.indexOf("<g class='gl-nodes'>");
  // One text is handed over faster than thousands.
  const edges = lines.slice(2, from - 1).join('\n');
  const nodes = lines.slice(from + 1, lines.indexOf('</g>', from + 1)).join('\n');
  return { width: Number(width), height: Number(height), box, edges, nodes };
}

/** Graphs of the same values, made from each other in the same way, have the same shape. */
function shape(nodes) {
  const one = ({ inputs, made, label }) => `${inputs}|${inputs.length > 0 ? made.replace(/[\d.−]+/g, '') : ''}|${label}`;
  return nodes.map(one).join(';');
}

export function handlers(wasm) {
  const session = new wasm.Expression();
  const ask = (name, given = {}) => {
    const answer = JSON.parse(session.call(name, JSON.stringify(given)));
    if (answer?.error) throw { message: answer.error.message, place: answer.error };
    return answer;
  };
  const drawn = (name) => (given) => {
    const { svg, ...answer } = ask(name, given);
    return { ...answer, shape: shape(answer.nodes), picture: pieces(svg) };
  };
  const plain = ['examples', 'set', 'go', 'next-value', 'last-value', 'frame', 'check', 'explain', 'judge', 'code', 'svg', 'dot'];
  return {
    ...Object.fromEntries(plain.map((name) => [name, (given) => ask(name, given)])),
    load: drawn('load'),
    draw: drawn('draw'),
  };
}
