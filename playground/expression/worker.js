// What the worker answers for the room of expressions: calls go to the engine's session as JSON.

/** A picture in pieces: each edge and each node is a line of its own, see `Options::for_page`. */
function pieces(svg) {
  const [, width, height, box] = svg.match(/width='([\d.]+)' height='([\d.]+)' viewBox='([^']*)'/);
  const lines = svg.split('\n');
  const from = lines.indexOf("<g class='gl-nodes'>");
  const edges = lines.slice(2, from - 1);
  const nodes = lines.slice(from + 1, lines.indexOf('</g>', from + 1));
  return { width: Number(width), height: Number(height), box, edges, nodes };
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
    return { ...answer, picture: pieces(svg) };
  };
  const plain = ['examples', 'set', 'go', 'next-value', 'last-value', 'frame', 'check', 'explain', 'judge', 'code', 'svg', 'dot'];
  return {
    ...Object.fromEntries(plain.map((name) => [name, (given) => ask(name, given)])),
    load: drawn('load'),
    draw: drawn('draw'),
  };
}
