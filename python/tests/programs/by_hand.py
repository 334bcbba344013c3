"""Operations of one's own, gradients step by step, attributes and labels."""

import math

from micrograd.engine import Value
from show import graph, show


def tanh(x):
    t = math.tanh(x.data)
    out = Value(t, (x,), "tanh")

    def backward():
        x.grad += (1 - t * t) * out.grad

    out._backward = backward
    return out


def exp(x):
    out = Value(math.exp(x.data), (x,), "exp")

    def backward():
        x.grad += out.data * out.grad

    out._backward = backward
    return out


# A neuron, and the same through exp.
x1, x2, w1, w2 = Value(2.0), Value(0.0), Value(-3.0), Value(1.0)
b = Value(6.8813735870195432)
n = x1 * w1 + x2 * w2 + b
n.label = "n"
o = tanh(n)
o.backward()
show("neuron", o, n, [x1, x2, w1, w2, b])
show("neuron graph", *graph(o))
x1, x2, w1, w2, b = (Value(value.data) for value in (x1, x2, w1, w2, b))
n = x1 * w1 + x2 * w2 + b
e = exp(2 * n)
p = (e - 1) / (e + 1)
p.backward()
show("through exp", p, e, n, [x1, x2, w1, w2, b])

# Backward by hand, one node after the other.
a, c = Value(2.0), Value(-3.0)
d = a * c
f = d + 10
g = f * f
g.grad = 1.0
g._backward()
show("by hand 1", g, f, d, a, c)
f._backward()
d._backward()
show("by hand 2", g, f, d, a, c)

# Slopes by nudging the data.
before = g.data
a.data += 0.001
d = a * c
show("slope", ((d + 10) * (d + 10)).data - before)

# Attributes stay with the value, found again through _prev.
a = Value(4.0)
a.m, a.v, a.name = 0.5, 0.25, "weight"
out = a * 3
del a
(found,) = [child for child in out._prev if hasattr(child, "m")]
show("attributes", found, found.m, found.v, found.name)
show("same object", out._prev == {*out._prev}, next(iter(out._prev)) in out._prev)

# A _backward that replaces the one of an operation.
a, b = Value(2.0), Value(5.0)
y = a * b
calls = []


def logged():
    calls.append(y.grad)
    a.grad += 7 * y.grad


y._backward = logged
z = y * 3 + a
z.backward()
show("replaced", z, y, a, b, calls)
