"""What the programs print: a line of JSON for each thing shown."""

import json


def plain(thing):
    if hasattr(thing, "data") and hasattr(thing, "grad"):
        return [plain(thing.data), plain(thing.grad), thing._op]
    if isinstance(thing, (set, frozenset)):
        return sorted((plain(each) for each in thing), key=str)
    if isinstance(thing, (list, tuple)):
        return [plain(each) for each in thing]
    if isinstance(thing, str) or thing is None:
        return thing
    return float(thing)


def show(name, *things):
    print(json.dumps([name, *map(plain, things)]))


def graph(root):
    """The graph as a picture names it: every value once, by `id`, and its edges."""
    number, order = {}, []
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in number:
            continue
        number[id(node)] = len(number)
        order.append(node)
        stack.extend(sorted(node._prev, key=lambda child: (child.data, child._op, child.grad)))
    # By what is the same on both sides: last digits differ, and so does the sign of a zero.
    nodes = sorted(map(plain, order), key=lambda n: (n[2], round(n[0], 9) + 0.0, round(n[1], 9) + 0.0))
    return len(order), nodes, sum(len(n._prev) for n in order)
