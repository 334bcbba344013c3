"""A drop-in for micrograd: the same names and the same graphs, run by gradling.

Three ways to have unchanged code use it:

- in a program or a notebook, before the first import of micrograd::

      import gradling.micrograd
      gradling.micrograd.install()

- from the shell, for a script as it is: ``python -m gradling.micrograd script.py``
- in Jupyter: ``%load_ext gradling.micrograd``
"""

from __future__ import annotations

import sys
from typing import Any

from gradling.micrograd import engine, nn

__all__ = ["engine", "install", "nn"]


def install() -> None:
    """Makes `import micrograd`, `micrograd.engine` and `micrograd.nn` mean this package from now on.

    If micrograd itself was imported before, names that were taken from it stay what they are; a
    `RuntimeError` says so, since values of the two cannot be mixed.
    """
    other = sys.modules.get("micrograd")
    if other is not None and other is not sys.modules[__name__]:
        raise RuntimeError(
            "micrograd itself was imported before: call gradling.micrograd.install() first"
        )
    sys.modules["micrograd"] = sys.modules[__name__]
    sys.modules["micrograd.engine"] = engine
    sys.modules["micrograd.nn"] = nn


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext gradling.micrograd` calls."""
    install()
