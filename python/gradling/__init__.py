"""micrograd, grown up: scalar code, every gradient visible.

>>> from gradling import Value
>>> a, b = Value(2.0), Value(-3.0)
>>> c = a * b + 10
>>> c.backward()
>>> c.data, a.grad, b.grad
(4.0, -3.0, 2.0)
"""

from gradling._native import (
    Value,
    dot,
    grad,
    hessian,
    hvp,
    jacobian,
    live_nodes,
    log_softmax,
    logsumexp,
    mean,
    softmax,
    sum,
)
from gradling import nn, optim
from gradling.picture import Picture, draw_dot
from gradling.compiled import Program, Step, program
from gradling.model import Model, load_model
from gradling.trainer import Trainer

__all__ = [
    "Model",
    "Picture",
    "Program",
    "Step",
    "Trainer",
    "Value",
    "dot",
    "draw_dot",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "live_nodes",
    "load_model",
    "log_softmax",
    "logsumexp",
    "mean",
    "nn",
    "optim",
    "program",
    "softmax",
    "sum",
]
