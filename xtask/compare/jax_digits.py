"""Times loss and gradient of two digit networks by JAX: 64-32-10 and 784-128-10, batches of 128.

ReLU, softmax cross-entropy, float32, no optimiser, jitted. On one processor and on all: JAX takes as many
threads as it may run on when it starts, so this starts itself once for each.
"""

import os
import statistics
import subprocess
import sys
import time

ALL = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
BATCH = 128


def measure(threads):
    if threads == 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import jax
    import jax.numpy as jnp

    def loss(parameters, x, y):
        w1, b1, w2, b2 = parameters
        logits = jax.nn.relu(x @ w1 + b1) @ w2 + b2
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean()

    for inputs, hidden, outputs in ((64, 32, 10), (784, 128, 10)):
        keys = jax.random.split(jax.random.key(0), 6)
        x = jax.random.normal(keys[0], (BATCH, inputs))
        y = jax.random.randint(keys[1], (BATCH,), 0, outputs)
        uniform = lambda key, n, *shape: jax.random.uniform(key, shape, minval=-(n**-0.5), maxval=n**-0.5)
        parameters = (
            uniform(keys[2], inputs, inputs, hidden),
            uniform(keys[3], inputs, hidden),
            uniform(keys[4], hidden, hidden, outputs),
            uniform(keys[5], hidden, outputs),
        )
        step = jax.jit(jax.value_and_grad(loss))
        for _ in range(50):
            jax.block_until_ready(step(parameters, x, y))
        times = []
        begin = time.perf_counter()
        while len(times) < 200 or (time.perf_counter() - begin < 2 and len(times) < 5000):
            start = time.perf_counter_ns()
            jax.block_until_ready(step(parameters, x, y))
            times.append(time.perf_counter_ns() - start)
        name, way = f"{inputs}-{hidden}-{outputs}", f"jax {jax.__version__} jit"
        print(f"{name:<11} {way:<28} {threads:>2} thread(s) {statistics.median(times):>10.0f} ns", flush=True)


if len(sys.argv) > 1:
    measure(int(sys.argv[1]))
else:
    # Where a process cannot be held to one processor, only all are measured.
    for threads in dict.fromkeys((1, ALL) if hasattr(os, "sched_setaffinity") else (ALL,)):
        subprocess.run([sys.executable, __file__, str(threads)], check=True)
