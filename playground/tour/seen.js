// What a lesson sees of its room: one shape for both rooms, from what they tell by `observe`.

/** `before` is an object of the lesson's own. */
export function seen(told, before) {
  if (told.room === 'network') return ofNetwork(told, before);
  return ofExpression(told, before);
}

function ofNetwork({ epoch, steps, status, settings }, before) {
  const nothing = { loss: NaN, accuracy: NaN };
  return {
    before,
    epoch,
    steps,
    train: status.train ?? nothing,
    held: status.held ?? nothing,
    failed: Boolean(status.failure),
    layers: settings.net.layers,
  };
}

function ofExpression({ names, data, grads, last, selected, step, total }, before) {
  // A name that was given twice means the newest value.
  const at = (name) => names.lastIndexOf(name);
  const of = (list, name) => (at(name) < 0 ? NaN : Number(list[at(name)] ?? NaN));
  return {
    before,
    step,
    total,
    value: (name) => of(data, name),
    gradient: (name) => of(grads, name),
    /** Whether the last step added a further part to the gradient of a value. */
    added: (name) => last !== null && last.to === at(name) && last.before !== null,
    selected: selected === null ? null : names[selected],
  };
}
