// Answers of the worker whose buffers are handed over instead of copied.

export class Transferring {
  constructor(value, buffers) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** A handler returns this to hand `buffers` over; they must not lie in the memory of the engine. */
export const transferring = (value, buffers) => new Transferring(value, buffers);
