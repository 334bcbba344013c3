"""Networks and losses of Values, with the same first weights for a seed as in Rust."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from gradling import _native
from gradling._native import Value

__all__ = [
    "Layer",
    "MLP",
    "Module",
    "binary_cross_entropy",
    "cross_entropy",
    "hinge",
    "mean_squared_error",
    "squared_error",
]


class Module:
    """Something with parameters."""

    def parameters(self) -> list[Value]:
        """The parameters, in the order layer, neuron, weights, bias."""
        return []

    def zero_grad(self) -> None:
        """Forgets the gradient of every parameter."""
        for p in self.parameters():
            p.zero_grad()


class Layer(Module):
    """Neurons with the same inputs: activation(w·x + b) each.

    `weights` holds the list of weights of each neuron, `biases` their biases.
    """

    def __init__(
        self, weights: Sequence[Sequence[Value]], biases: Sequence[Value], activation: str
    ) -> None:
        self.weights = [list(w) for w in weights]
        self.biases = list(biases)
        self.activation = activation

    def __call__(self, x: Iterable[Any]) -> list[Value]:
        """The outputs for the inputs `x`."""
        return _native.dense(self.weights, self.biases, x, self.activation)

    def parameters(self) -> list[Value]:
        return [p for w, b in zip(self.weights, self.biases) for p in (*w, b)]

    def __repr__(self) -> str:
        nin = len(self.weights[0]) if self.weights else 0
        return f"Layer({nin} → {len(self.biases)}, {self.activation})"


class MLP(Module):
    """Layers in sequence.

    `activation` is that of all layers but the last, which has `last`: linear, tanh, relu, leaky_relu, gelu,
    softplus, sigmoid or sin. `init` draws the first weights: uniform (as micrograd), fan_in, xavier_uniform,
    xavier_normal, kaiming_uniform or kaiming_normal.
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        activation: str = "tanh",
        last: str = "linear",
        init: str = "xavier_uniform",
        seed: int = 0,
    ) -> None:
        if nin < 1 or not nouts or min(nouts) < 1:
            raise ValueError(
                f"a network needs an input and a neuron in each layer at least, not {nin} and {list(nouts)}"
            )
        if seed < 0:
            raise ValueError(f"the seed must not be negative, and it is {seed}")
        kinds = [activation] * (len(nouts) - 1) + [last]
        parameters = iter(_native.mlp_parameters(nin, list(zip(nouts, kinds)), init, seed))
        self.layers: list[Layer] = []
        for inputs, outputs, kind in zip([nin, *nouts], nouts, kinds):
            weights, biases = [], []
            for _ in range(outputs):
                weights.append([next(parameters) for _ in range(inputs)])
                biases.append(next(parameters))
            self.layers.append(Layer(weights, biases, kind))

    def __call__(self, x: Any) -> Any:
        """The outputs for the inputs `x`: a list, or the value itself if there is one."""
        outputs = self.outputs(x)
        return outputs[0] if len(outputs) == 1 else outputs

    def outputs(self, x: Any) -> Any:
        """The list of outputs for the inputs `x`, also where there is one."""
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def squared_error(prediction: Value, target: Any) -> Any:
    """(prediction - target)²"""
    return (prediction - target) ** 2


def mean_squared_error(predictions: Sequence[Value], targets: Sequence[Any]) -> Value:
    """The mean of the squared errors."""
    if len(predictions) != len(targets):
        raise ValueError(f"there are {len(predictions)} predictions and {len(targets)} targets")
    return _native.mean([squared_error(p, t) for p, t in zip(predictions, targets)])


def hinge(score: Value, label: Any) -> Any:
    """max(0, 1 - label · score), for labels of -1 and 1."""
    return (1 - label * score).relu()


def binary_cross_entropy(logit: Value, target: Any) -> Any:
    """-ln of the probability that sigmoid(logit) gives the target, 0 or 1 or between; stable at ±1000."""
    return logit.softplus() - target * logit


def cross_entropy(logits: Sequence[Value], target: Any) -> Any:
    """-ln of the probability that softmax(logits) gives the target: the number of a class, or a probability
    for each class, as a row of a one-hot array is."""
    total = _native.logsumexp(logits)
    if isinstance(target, int):
        if not 0 <= target < len(logits):
            raise ValueError(f"class {target} is not among the {len(logits)} logits")
        return total - logits[target]
    return _native.sum(target) * total - _native.dot(logits, target)
