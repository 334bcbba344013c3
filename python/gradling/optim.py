"""Optimisers, with PyTorch's names and steps."""

from __future__ import annotations

from typing import Any

from gradling import _native
from gradling.compiled import parameters_of

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]


class Optimizer:
    """What changes parameters by their gradients. `lr` may be assigned between steps."""

    def __init__(self, parameters: Any, **spec: Any) -> None:
        #: The values that it changes.
        self.parameters = tuple(parameters_of(parameters))
        if not spec["lr"] >= 0:
            raise ValueError(f"the learning rate must not be negative, and it is {spec['lr']}")
        if not all(0 <= beta < 1 for beta in spec.get("betas", ())):
            raise ValueError(f"betas must be from 0 to below 1, and they are {spec['betas']}")
        default = {"momentum": 0.0, "nesterov": False, "betas": (0.9, 0.999), "eps": 1e-8}
        self.spec: dict[str, Any] = {**default, "weight_decay": 0.0, **spec}
        self._values = _native.Parameters(self.parameters)
        self._native = _native.Optimizer(self.spec)

    @property
    def lr(self) -> float:
        """The learning rate."""
        return float(self.spec["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        self.spec["lr"] = lr

    def step(self) -> None:
        """Changes every parameter by its gradient."""
        self._native.step(self._values, self.lr)

    def zero_grad(self) -> None:
        """Forgets the gradient of every parameter."""
        for p in self.parameters:
            p.zero_grad()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters)} parameters, lr={self.lr})"


class SGD(Optimizer):
    """Gradient descent, with momentum (Nesterov's if asked) and weight decay."""

    def __init__(
        self,
        parameters: Any,
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            parameters,
            name="sgd",
            lr=lr,
            momentum=momentum,
            nesterov=nesterov,
            weight_decay=weight_decay,
        )


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015); `weight_decay` is added to the gradient."""

    _name = "adam"

    def __init__(
        self,
        parameters: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            parameters, name=self._name, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay
        )


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    _name = "adamw"

    def __init__(
        self,
        parameters: Any,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)
