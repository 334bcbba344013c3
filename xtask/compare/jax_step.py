"""Times one full-batch step of the two-moons network by JAX, jitted, on one processor."""

import json
import os
import statistics
import sys
import time

# JAX takes as many threads as it may run on when it starts.
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
data = json.load(open(sys.argv[1]))


def measure(dtype):
    flat = jnp.array(data["init_params"], dtype)
    parameters, place = [], 0
    for inputs, outputs in ((2, 16), (16, 16), (16, 1)):
        rows = flat[place : place + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
        place += rows.size
        parameters += [rows[:, :inputs], rows[:, inputs]]
    x, y = jnp.array(data["X"], dtype), jnp.array(data["y"], dtype)

    def loss_of(parameters, x, y):
        w1, b1, w2, b2, w3, b3 = parameters
        hidden = jax.nn.relu(x @ w1.T + b1)
        hidden = jax.nn.relu(hidden @ w2.T + b2)
        score = (hidden @ w3.T + b3)[:, 0]
        return jax.nn.relu(1 - y * score).mean() + 1e-4 * sum((p * p).sum() for p in parameters)

    step = jax.jit(jax.value_and_grad(loss_of))
    for _ in range(50):
        loss, _ = jax.block_until_ready(step(parameters, x, y))
    times = []
    for _ in range(2000):
        begin = time.perf_counter()
        jax.block_until_ready(step(parameters, x, y))
        times.append(time.perf_counter() - begin)
    assert abs(loss - data["notebook_loss_acc"][0][0]) < 1e-5, loss
    print(f"jax {jax.__version__} {jnp.dtype(dtype).name:<8} {statistics.median(times) * 1e6:>9.1f} µs")


measure(jnp.float64)
measure(jnp.float32)
