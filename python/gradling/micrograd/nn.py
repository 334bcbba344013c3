"""micrograd's networks: the same names, the same graphs, the same draws of Python's `random`."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from gradling import _native
from gradling._native import MicrogradValue as Value

__all__ = ["Layer", "MLP", "Module", "Neuron"]


class Module:
    """Something with parameters."""

    def zero_grad(self) -> None:
        """Sets the gradient of every parameter to 0."""
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        """The parameters, in a fixed order."""
        return []


class Neuron(Module):
    """`nin` weights from `random.uniform(-1, 1)`, a bias of 0, and ReLU if `nonlin`."""

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Iterable[Any]) -> Value:
        """The neuron's output for the inputs `x`."""
        x = list(x)
        if len(x) != len(self.w):
            raise ValueError(f"a neuron with {len(self.w)} weights was given {len(x)} inputs")
        act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons of `nin` inputs."""

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Iterable[Any]) -> Any:
        """The outputs for the inputs `x`: a list, or the value itself if there is one neuron."""
        x = list(x)
        # All neurons in one call, with the same graph.
        out = _native.forward((self,), x, Neuron) if _as_written() else NotImplemented
        if out is NotImplemented:
            out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        parameters: list[Value] = []
        for neuron in self.neurons:
            parameters += neuron.parameters()
        return parameters

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(neuron) for neuron in self.neurons)}]"


class MLP(Module):
    """Layers in sequence: ReLU in all but the last."""

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        sizes = [nin, *nouts]
        self.layers = [
            Layer(before, after, nonlin=i < len(nouts) - 1)
            for i, (before, after) in enumerate(zip(sizes, nouts))
        ]

    def __call__(self, x: Any) -> Any:
        """The outputs for the inputs `x`: a list, or the value itself if there is one."""
        if _as_written():
            out = _native.forward(self.layers, x, Neuron, Layer)
            if out is not NotImplemented:
                return out[0] if len(out) == 1 else out
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        parameters: list[Value] = []
        for layer in self.layers:
            parameters += layer.parameters()
        return parameters

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"


# A program may put others in their place.
_fire, _forward = Neuron.__call__, Layer.__call__
_add, _mul, _relu = Value.__add__, Value.__mul__, Value.relu


def _as_written() -> bool:
    """Whether what one native call stands for is still what stands here."""
    return (
        Neuron.__call__ is _fire
        and Layer.__call__ is _forward
        and Value.__add__ is _add
        and Value.__mul__ is _mul
        and Value.relu is _relu
    )
