"""Times one full-batch step of micrograd's notebook by micrograd-rust 0.1.0, as its own Python API spells it.

Its `MLP` has tanh after every layer, the last one too, and its `Value` has no relu. The same network is therefore
spelled out in its values; the larger of a value and 0 is chosen where its number is looked at, which gives the
same loss and the same gradient. Beside it its own `MLP`, another network of the same shape, runs in one call
for each sample.

It never gives back what it recorded (each value's closure holds the value itself), so a step leaves some 15 MB.
"""

import importlib.metadata
import json
import math
import sys
import time

from micrograd_rust import MLP, Value

data = json.load(open(sys.argv[1]))
count = int(sys.argv[2])
X, y = data["X"], [float(yi) for yi in data["y"]]
ZERO = Value(0.0)


def relu(value):
    return value if value.data > 0 else ZERO


class Network:
    """micrograd's MLP 2-16-16-1 in values."""

    def __init__(self):
        numbers = iter(data["init_params"])
        self.layers = [
            [([Value(next(numbers)) for _ in range(inputs)], Value(next(numbers))) for _ in range(outputs)]
            for inputs, outputs in ((2, 16), (16, 16), (16, 1))
        ]
        self.flat = [p for layer in self.layers for w, b in layer for p in (*w, b)]

    def __call__(self, x):
        for layer in self.layers:
            x = [sum((wi * xi for wi, xi in zip(w, x)), b) for w, b in layer]
            if len(x) > 1:
                x = list(map(relu, x))
        return x

    def parameters(self):
        return self.flat

    def zero_grad(self):
        for p in self.flat:
            p.grad = 0.0


def step(model, rate):
    inputs = [list(map(Value, row)) for row in X]
    scores = [model(x)[0] for x in inputs]
    losses = [relu(1.0 + -yi * score) for yi, score in zip(y, scores)]
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    total = (1.0 / len(losses)) * sum(losses) + penalty
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= rate * p.grad
    return total.data


def tanh_loss(numbers):
    """The loss of its own network by plain numbers."""
    def score(x):
        place = iter(numbers)
        for outputs in (16, 16, 1):
            x = [math.tanh(sum([next(place) * xi for xi in x]) + next(place)) for _ in range(outputs)]
        return x[0]
    margin = sum(max(0.0, 1 - yi * score(x)) for x, yi in zip(X, y)) / len(X)
    return margin + 1e-4 * sum(number * number for number in numbers)


def measure(name, model, wanted):
    step(model, 0.0)
    begin = time.perf_counter()
    for _ in range(count):
        loss = step(model, 0.0)  # parameters stay, so that every step gives the same
    mean = (time.perf_counter() - begin) / count
    assert abs(loss - wanted) < 1e-12, (loss, wanted)
    print(f"{name:<27}{mean * 1e6:>9.0f} µs   (Python {sys.version.split()[0]}, {count} steps)")


version = importlib.metadata.version("micrograd-rust")
measure(f"micrograd-rust {version}", Network(), data["notebook_loss_acc"][0][0])
own = MLP(2, [16, 16, 1])
for parameter, number in zip(own.parameters(), data["init_params"], strict=True):
    parameter.data = number
measure("  its MLP, tanh throughout", own, tanh_loss(data["init_params"]))
