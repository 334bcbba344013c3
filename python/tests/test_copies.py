"""Values, models and programs are copied and pickled."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import gradling
import pytest
from gradling import Program, Value
from gradling.micrograd.engine import Value as MicrogradValue
from gradling.micrograd.nn import MLP

COPIES: list[Callable[[Any], Any]] = [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
both = pytest.mark.parametrize("copied", COPIES, ids=["deepcopy", "pickle"])


@both
def test_leaves_with_all_they_have(copied: Callable[[Any], Any]) -> None:
    x = Value(3, label="x")
    x.grad, x.m = 1.5, [1, 2]
    y = copied(x)
    assert (repr(y), y.label, y.m) == ("Value(data=3, grad=1.5)", "x", [1, 2])
    y.data = 4.0
    assert x.data == 3 and y.m is not x.m
    assert type(copied(MicrogradValue(2.0))) is MicrogradValue


@both
def test_graphs_with_the_leaves_they_share(copied: Callable[[Any], Any]) -> None:
    a, b = Value(2.0, label="a"), Value(-3)
    parts = [
        a * b + a**2.0 - a.leaky_relu(0.2),
        gradling.softmax([a, b, 1.0])[1],
        gradling.dot([a, b], [b, a]) / gradling.sum([a, 2.5]),
        a.gt(b).select(a.tanh(), b**2),
    ]
    root = parts[0] * parts[1] + parts[2].sin() - parts[3]
    root.label = "root"
    root.backward()
    x, y, other, plain = copied((a, b, root, parts[0]))
    assert other is not root and (other.data, other.label) == (root.data, "root")
    assert [v._op for v in other.reached()] == [v._op for v in root.reached()]
    assert [v.grad for v in other.reached()] == [v.grad for v in root.reached()]
    assert [repr(v.data) for v in plain.reached()] == [repr(v.data) for v in parts[0].reached()]
    x.data = 0.5
    other.zero_graph_grad()
    other.recompute()
    other.backward()
    a.data = 0.5
    root.zero_graph_grad()
    root.recompute()
    root.backward()
    assert (other.data, x.grad, y.grad) == (root.data, a.grad, b.grad)


@both
def test_deep_graphs(copied: Callable[[Any], Any]) -> None:
    x = Value(1.0)
    out = x
    for _ in range(20_000):
        out = out + x
    assert copied(out).data == 20_001.0


@both
def test_what_cannot_be_copied_says_so(copied: Callable[[Any], Any]) -> None:
    x = Value(1.0)
    y = Value(2.0, (x,), "own")
    y._backward = lambda: None
    with pytest.raises(ValueError, match="`own` has a `_backward` by hand, which cannot be copied"):
        copied(y * 2)


@both
def test_models(copied: Callable[[Any], Any]) -> None:
    model = MLP(2, [4, 1])
    other = copied(model)
    assert repr(other) == repr(model) and other([1.0, 2.0]).data == model([1.0, 2.0]).data
    other.parameters()[-1].data += 1.0
    assert other([1.0, 2.0]).data != model([1.0, 2.0]).data


@both
def test_programs(copied: Callable[[Any], Any]) -> None:
    w = Value(2.0)
    loss = Program(lambda x, y: ((w * x - y) ** 2, w * x), [w])
    assert loss([1.0, 3.0], [1.0, 1.0]) == 13.0
    other = copied(loss)
    assert other([1.0, 3.0], [1.0, 1.0]) == 13.0
    assert other.predict([4.0]).tolist() == [[8.0]]
    w.data = 5.0
    assert other([1.0, 3.0], [1.0, 1.0]) == 13.0
    other.parameters[0].data = 1.0
    assert other([1.0, 3.0], [1.0, 1.0]) == 2.0
    with pytest.raises(ValueError, match="runs for shapes that it was recorded for"):
        other([[1.0, 2.0]], [1.0])


def test_damaged_records_are_refused() -> None:
    leaves, records = gradling._native.dismantle(Value(1.0) * 2)
    for wrong in ([], [("nosuch", *records[-1][1:])], [(records[-1][0], None, [9, 9], *records[-1][3:])], [("+", None, [0], *records[-1][3:])]):
        with pytest.raises(ValueError):
            gradling._native.assemble(False, leaves, wrong)
