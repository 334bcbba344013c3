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
