"""Numbers that are ints and stay ints, as they print before `backward`."""

import random

from micrograd.engine import Value
from micrograd.nn import MLP, Layer
from show import show

for x in (-1.5, -2, 0, 0.0, 2, 2.5):
    y = Value(x).relu()
    # What relu makes of a number below 0 is the int 0.
    show(f"relu {x}", str(y), str(y * 3), str(y + 1.0), str(y.relu()), str(y - 1), str(y**2))

random.seed(3)
show("MLP", [str(out) for out in MLP(2, [4, 4])([-1.0, 0.5])])
show("layer", [str(out) for out in Layer(2, 4)([1, 2])])

# A root's gradient begins with the int 1, and one that was assigned stays what it was.
a, b = Value(2.0), Value(0.5)
c = a * b
c.backward()
show("root", str(c), str(a))
a.grad, b.grad = 3, 3.0
show("assigned", str(a), str(b))

# Gradients are ints as long as only ints meet.
def after(root, *values):
    root.backward()
    return [[str(value) for value in (*values, root)]]


a, b, c = Value(2), Value(-3), Value(10)
d = a * b
show("ints", after(d + c, a, b, c, d))
a, b = Value(2), Value(3.0)
show("mixed", after(a * b + a, a, b))
a, b = Value(2), Value(-4)
show("powers", after(a**3 + b**2 + (a * 2) ** 1 + a**2.0, a, b))
a, b = Value(6), Value(3)
show("ratio", after(a / b - b, a, b))
a, b = Value(-2), Value(5)
show("relu", after((a * b).relu() + b.relu() * 2, a, b))
a = Value(4)
show("twice", after(a * a + a, a), after(a * 2, a))
a.grad = 0.0
show("on a float", after(a * 3, a))
a.grad = 7
show("on an int", after(a * 3, a))


def doubled(x):
    out = Value(2 * x.data, (x,), "double")

    def backward():
        x.grad += 2 * out.grad

    out._backward = backward
    return out


a, b = Value(3), Value(0.5)
show("by hand", after(doubled(a) + doubled(b), a, b), after(doubled(a * 2) * 3, a))
