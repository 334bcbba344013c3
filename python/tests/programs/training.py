"""Networks: the draws, the pictures of layers, and a training run."""

import random

import numpy as np
from micrograd.engine import Value
from micrograd.nn import MLP, Layer, Module, Neuron
from show import graph, show

random.seed(1337)
np.random.seed(1337)
model = MLP(3, [4, 4, 1])
show("model", repr(model), repr(model.layers[0]), repr(model.layers[-1].neurons[0]))
show("parameters", len(model.parameters()), model.parameters())
show("is a module", isinstance(model, Module), isinstance(model.layers[0], Layer))

xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
ys = [1.0, -1.0, -1.0, 1.0]
for step in range(20):
    predictions = [model(x) for x in xs]
    loss = sum((wanted - got) ** 2 for wanted, got in zip(ys, predictions))
    if step == 0:
        show("graph", *graph(loss))
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data += -0.05 * p.grad
    show(f"step {step}", loss.data, predictions)
show("trained", model.parameters())

# The moons' loss on a batch of numpy rows.
X = np.random.rand(20, 2) * 2 - 1
y = np.where(X[:, 0] * X[:, 1] > 0, 1, -1)
model = MLP(2, [8, 8, 1])
for step in range(5):
    inputs = [list(map(Value, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
    total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores)]
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= (1.0 - 0.9 * step / 5) * p.grad
    show(f"moons {step}", total.data, sum(accuracy) / len(accuracy))

# Layers of several outputs, single neurons, rows of numpy as they are, and a neuron of one's own.
layer = Layer(2, 3, nonlin=False)
show("layer", layer(X[0]), layer([Value(1.0), 2]))
neuron = Neuron(2)
out = neuron([0.5, Value(-1.5)])
out.backward()
show("neuron", out, neuron.parameters(), *graph(out))


class Doubled(Neuron):
    def __call__(self, x):
        return 2 * super().__call__(x)


layer.neurons[1] = Doubled(2)
show("own neuron", layer([1.0, -1.0]))
model.layers[0].neurons[0].w[0] = Value(3)
show("replaced weight", model([1.0, 2.0]), model.parameters()[0])
model.layers = model.layers[:2]
show("fewer layers", model([0.5, 0.25]))

# Nothing to compute, nothing to compute it from, and inputs that can be gone through only once.
v = Value(2)
show("no layers", MLP(3, [])([1.0, v, 3]), MLP(1, [])([v]))
empty = Layer(0, 2)
empty.neurons[0].b = Value(2)
show("no inputs", empty([]))
single = Layer(2, 1)
single.neurons[0].nonlin = 1
show("once", single(iter([1.0, -2.0])), MLP(2, [1])(iter([1.0, -2.0])))
