"""Times one full-batch step of micrograd's notebook, by micrograd or by what stands for it."""

import json
import sys
import time

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP

data = json.load(open(sys.argv[1]))
model = MLP(2, [16, 16, 1])
X, y = np.array(data["X"]), np.array(data["y"])
for parameter, number in zip(model.parameters(), data["init_params"], strict=True):
    parameter.data = number


def step():
    inputs = [list(map(Value, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    total = sum(losses) * (1.0 / len(losses)) + penalty
    accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores)]
    assert sum(accuracy) / len(accuracy) == 0.5
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= 0.0 * p.grad  # where they are, so that every step gives the same
    return total.data


count = int(sys.argv[2])
step()
begin = time.perf_counter()
for _ in range(count):
    loss = step()
# The mean, because memory is given back in some steps only.
mean = (time.perf_counter() - begin) / count
assert abs(loss - data["notebook_loss_acc"][0][0]) < 1e-12, loss
name = "micrograd 0.1.0" if MLP.__module__ == "micrograd.nn" else "the same by gradling"
print(f"{name:<21}{mean * 1e6:>9.0f} µs   (Python {sys.version.split()[0]}, {count} steps)")
