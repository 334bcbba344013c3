// What the worker answers for the room of networks.

export function handlers() {
  return {};
}
