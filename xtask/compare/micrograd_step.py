"""Times one full-batch step of the two-moons network by micrograd itself."""

import json
import statistics
import sys
import time

from micrograd.engine import Value
from micrograd.nn import MLP

data = json.load(open(sys.argv[1]))
model = MLP(2, [16, 16, 1])
for parameter, number in zip(model.parameters(), data["init_params"], strict=True):
    parameter.data = number


def step():
    inputs = [list(map(Value, row)) for row in data["X"]]
    scores = list(map(model, inputs))
    losses = [(1 + -y * score).relu() for y, score in zip(data["y"], scores)]
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    total = sum(losses) * (1.0 / len(losses)) + penalty
    model.zero_grad()
    total.backward()
    return total.data


times = []
for _ in range(5):
    begin = time.perf_counter()
    loss = step()
    times.append(time.perf_counter() - begin)
assert abs(loss - data["notebook_loss_acc"][0][0]) < 1e-12, loss
print(f"micrograd 0.1.0      {statistics.median(times) * 1e6:>9.0f} µs   (Python {sys.version.split()[0]})")
