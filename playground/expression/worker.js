// What the worker answers for the room of expressions.

export function handlers() {
  return {};
}
