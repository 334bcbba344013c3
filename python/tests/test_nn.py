"""Networks and losses."""

from __future__ import annotations

import math
from typing import Any

import gradling
import numpy as np
import pytest
from gradling import Program, Trainer, Value, nn, optim


def test_a_network_computes_what_numpy_computes() -> None:
    model = nn.MLP(3, [5, 4, 2], activation="tanh", seed=3)
    assert len(model.parameters()) == 4 * 5 + 6 * 4 + 5 * 2
    assert repr(model) == "MLP of [Layer(3 → 5, tanh), Layer(5 → 4, tanh), Layer(4 → 2, linear)]"
    x = np.array([0.3, -1.2, 2.0])
    wanted = x
    for layer in model.layers:
        w = np.array([[p.data for p in row] for row in layer.weights])
        b = np.array([p.data for p in layer.biases])
        wanted = w @ wanted + b
        if layer.activation == "tanh":
            wanted = np.tanh(wanted)
    assert [out.data for out in model(x)] == pytest.approx(wanted, rel=1e-13)
    assert isinstance(nn.MLP(2, [3, 1])([1, Value(2.0)]), Value)
    order = [p for layer in model.layers for w, b in zip(layer.weights, layer.biases) for p in (*w, b)]
    assert all(a is b for a, b in zip(order, model.parameters()))


def test_seeds_and_inits() -> None:
    def numbers(**options: Any) -> list[float]:
        return [p.data for p in nn.MLP(4, [8, 1], **options).parameters()]

    assert numbers(seed=1) == numbers(seed=1) != numbers(seed=2)
    assert all(-1 <= p <= 1 for p in numbers(init="uniform"))
    for wrong, message in [
        ({"activation": "sinh"}, "sinh"),
        ({"init": "zeros"}, "there is no init"),
    ]:
        with pytest.raises(ValueError, match=message):
            numbers(**wrong)
    with pytest.raises(ValueError, match="a neuron in each layer at least, not 2 and"):
        nn.MLP(2, [0, 1])
    with pytest.raises(ValueError, match="a neuron with 4 weights was given 2 inputs"):
        nn.MLP(4, [1])([1.0, 2.0])


def test_losses() -> None:
    logits = [Value(1.0), Value(-2.0), Value(0.5)]
    p = np.exp([1.0, -2.0, 0.5]) / np.sum(np.exp([1.0, -2.0, 0.5]))
    loss = nn.cross_entropy(logits, 2)
    loss.backward()
    assert loss.data == pytest.approx(-math.log(p[2]), rel=1e-14)
    assert [v.grad for v in logits] == pytest.approx(p - [0, 0, 1], rel=1e-13)
    soft = [0.2, 0.3, 0.5]
    assert nn.cross_entropy(logits, soft).data == pytest.approx(-np.dot(soft, np.log(p)), rel=1e-13)
    with pytest.raises(ValueError, match="class 3 is not among the 3 logits"):
        nn.cross_entropy(logits, 3)
    assert nn.binary_cross_entropy(Value(0.7), 1).data == pytest.approx(math.log1p(math.exp(-0.7)))
    assert nn.binary_cross_entropy(Value(1000.0), 1).data == 0.0
    assert (nn.hinge(Value(0.25), -1).data, nn.hinge(Value(3.0), 1).data) == (1.25, 0.0)
    assert nn.mean_squared_error([Value(1.0), Value(2.0)], [0, 4]).data == 2.5
    with pytest.raises(ValueError, match="2 predictions and 1 targets"):
        nn.mean_squared_error([Value(1.0), Value(2.0)], [0])


def test_a_classifier_learns_as_a_program() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    classes = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    one_hot = np.eye(3)[classes]
    model = nn.MLP(2, [16, 3], activation="relu", init="kaiming_uniform", seed=1)

    @gradling.program(model)
    def loss(row: list[Value], target: list[Value]) -> Any:
        logits = model(row)
        return nn.cross_entropy(logits, target), logits

    assert isinstance(loss, Program)
    Trainer(loss, optim.Adam(model, lr=0.02), batch=50, seed=2).fit(x, one_hot, epochs=60)
    found = loss.predict(x).argmax(axis=1)
    assert np.mean(found == classes) > 0.95
    assert "layer" in loss.explain()
