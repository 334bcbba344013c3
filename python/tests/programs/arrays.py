"""Arrays of values."""

import numpy as np
from micrograd.engine import Value
from show import show

a = np.array([Value(1.0), Value(2.0), Value(3.0)])
b = np.array([[Value(0.5), Value(-1.0), Value(2.0)], [Value(1.5), Value(0.0), Value(-2.0)]])
show("dtype", str(a.dtype))
out = np.dot(b, a)
total = np.sum(out * out)
total.backward()
show("dot", list(out), total, list(a), [list(row) for row in b])
v = Value(2.0)
show("array left", list(np.array([1.0, 2.0, 3.0]) * v), list(np.array([1, 2]) + v))
show("matrix", [list(row) for row in np.ones((2, 2)) / v])
show("objects", list(a * v), list(a - 1), list(2 / a), list(a**2))
show("scalars", np.float64(2) * v, v * np.float64(2), np.float32(0.5) + v, v - np.int64(3), np.int32(4) / v)
show("sum", a.sum(), (a * a).sum())
