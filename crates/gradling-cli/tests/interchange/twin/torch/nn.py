"""The modules that an exported network is made of. Formulas are those of the documentation of torch.nn."""

import math


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


class Module:
    def __call__(self, x):
        return self.forward(x)

    def to(self, dtype):
        assert dtype in ("float32", "float64")
        return self

    def eval(self):
        return self


class Linear(Module):
    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs

    def forward(self, x):
        def one(row):
            assert len(row) == self.inputs
            return [math.sumprod(row, w) + b for w, b in zip(self.weight, self.bias)]

        from . import Tensor

        return Tensor([one(row) for row in x.data])


if not hasattr(math, "sumprod"):  # before Python 3.12
    math.sumprod = lambda a, b: math.fsum(x * y for x, y in zip(a, b))


class Sequential(Module):
    def __init__(self, *modules):
        self.modules = modules

    def forward(self, x):
        for module in self.modules:
            x = module(x)
        return x

    def load_state_dict(self, state):
        """As torch does: every tensor has its place, and every place its tensor."""
        state = dict(state)
        for place, module in enumerate(self.modules):
            if isinstance(module, Linear):
                shape, module.weight = state.pop(f"{place}.weight")
                assert shape == [module.outputs, module.inputs], shape
                shape, module.bias = state.pop(f"{place}.bias")
                assert shape == [module.outputs], shape
        assert not state, state


def elementwise(function):
    class Elementwise(Module):
        def forward(self, x):
            return x.map(function)

    return Elementwise


Identity = elementwise(lambda z: z)
Tanh = elementwise(math.tanh)
ReLU = elementwise(lambda z: max(z, 0.0))
GELU = elementwise(lambda z: z * (1 + math.erf(z / math.sqrt(2))) / 2)
Softplus = elementwise(lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))))
Sigmoid = elementwise(logistic)


def LeakyReLU(slope):
    return elementwise(lambda z: z if z > 0 else slope * z)()
