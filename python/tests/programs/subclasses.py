"""Classes made from `Value`: with methods, attributes and operators of their own."""

import random

from micrograd.engine import Value
from micrograd.nn import MLP
from show import graph, show


class Named(Value):
    def __init__(self, data, name, _children=(), _op=""):
        self.name = name
        super().__init__(data, _children, _op)

    def square(self):
        return self * self

    def __repr__(self):
        return f"{self.name}={self.data}"


a = Named(3.0, "a")
b = Named(data=-2.0, name="b")
c = a.square() + b * a - b / a
c.backward()
show("named", str(a), str(b), type(a).__name__, type(c).__name__, isinstance(a, Value), c, a.grad, b.grad)
show("named graph", *graph(c))
show("the same objects", a in (a.square())._prev, [type(child).__name__ for child in (a * 2)._prev if child is a])


class Counting(Value):
    """Every operator is spelled by `+`, `*` and `**`."""

    added = multiplied = 0

    def __add__(self, other):
        Counting.added += 1
        return super().__add__(other)

    def __mul__(self, other):
        Counting.multiplied += 1
        return super().__mul__(other)


d = Counting(2.0)
for each in (d + 1, 1 + d, d - 1, -d, d * 3, 3 * d, d / 4, d - d):
    show("counting", each, Counting.added, Counting.multiplied)

# Values of such a class as weights of a network.
network = MLP(2, [3, 1])
for neuron in network.layers[0].neurons:
    neuron.b = Counting(0.5)
network.layers[1].neurons[0].w[1] = Counting(-0.25)
Counting.added = Counting.multiplied = 0
network([1.0, Value(2.0)])
show("in a network", Counting.added, Counting.multiplied)
network.layers[1].neurons[0].nonlin = 1
show("any truth", network([1.0, -1.0])._op)


class Shifted(Value):
    def __rmul__(self, other):
        return super().__rmul__(other) + 10


random.seed(5)
network = MLP(2, [2, 1])
show("as an input", network([Shifted(1.0), 2]), network.layers[0].neurons[0]([Shifted(1.0), 2]))
