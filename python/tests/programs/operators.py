"""Every operator, with numbers on either side, and the graph that each makes."""

import random

import numpy as np
from micrograd.engine import Value
from show import graph, show

random.seed(7)


def check(name, make, *numbers):
    values = [Value(number) for number in numbers]
    out = make(*values)
    out.backward()
    show(name, out, values, out._prev)
    show(name + " graph", *graph(out))


for x, y in [(2.0, -3.0), (2, 3), (-1.5, 0.25), (4, -2.0)]:
    check("add", lambda a, b: a + b, x, y)
    check("mul", lambda a, b: a * b, x, y)
    check("sub", lambda a, b: a - b, x, y)
    check("div", lambda a, b: a / b, x, y)
    check("neg", lambda a: -a, x)
    check("relu", lambda a: a.relu(), x)
    for number in (3, 0.5, np.float64(1.25), np.int64(2)):
        check(f"add {number}", lambda a: (a + number) + (number + a), x)
        check(f"mul {number}", lambda a: (a * number) * (number * a), x)
        check(f"sub {number}", lambda a: (a - number) * (number - a), x)
        if not isinstance(number, np.int64):  # which micrograd cannot divide by
            check(f"div {number}", lambda a: (a / number) + (number / a), x)
    for exponent in (2, 3, -1, 2.0, -2):
        check(f"pow {exponent}", lambda a: a**exponent, x)
check("itself", lambda a: a * a + a - a / a, 3.0)
check("used twice", lambda a, b: (a + b) * (a * b) + (a + b), -2.0, 3.0)
check("sum", lambda a, b: sum([a, b, a * b, a]), 1.5, 2.5)
for k in range(20):
    values = [Value(random.uniform(-2, 2)) for _ in range(4)]
    pool = list(values)
    for _ in range(30):
        a, b = random.choice(pool), random.choice(pool)
        kind = random.randrange(6)
        if kind == 0:
            pool.append(a + b)
        elif kind == 1:
            pool.append(a * 0.5 * (b * 0.5))
        elif kind == 2:
            pool.append(a - b * 0.3)
        elif kind == 3:
            pool.append((a * 0.1) ** 2)
        elif kind == 4:
            pool.append(a.relu())
        else:
            pool.append(a / (b * b + 1.0))
    root = sum(pool)
    root.backward()
    show("random", root, pool)
    show("random graph", *graph(root))
