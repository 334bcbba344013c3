"""A drop-in for micrograd: the same names and the same graphs, run by gradling.

Three ways to have unchanged code use it:

- in a program or a notebook, before the first import of micrograd::

      import gradling.micrograd
      gradling.micrograd.install()

- from the shell, for a script or a module as it is: ``python -m gradling.micrograd script.py``,
  ``python -m gradling.micrograd -m pytest``
- in Jupyter: ``%load_ext gradling.micrograd``
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from typing import Any

from gradling.micrograd import engine, nn

__all__ = ["engine", "install", "nn"]


def install() -> None:
    """Makes `import micrograd`, `micrograd.engine` and `micrograd.nn` mean this package from now on.

    If micrograd itself was imported before, names that were taken from it stay what they are; a
    `RuntimeError` says so, since values of the two cannot be mixed.

    Other modules of a package `micrograd` that Python would find, such as a fork's own, are still found; they
    get our `Value` when they import it.
    """
    other = sys.modules.get("micrograd")
    if other is not None and other is not sys.modules[__name__]:
        raise RuntimeError(
            "micrograd itself was imported before: call gradling.micrograd.install() first"
        )
    theirs = PathFinder.find_spec("micrograd")
    for place in theirs.submodule_search_locations or () if theirs else ():
        if place not in __path__:
            __path__.append(place)
    sys.modules["micrograd"] = sys.modules[__name__]
    sys.modules["micrograd.engine"] = engine
    sys.modules["micrograd.nn"] = nn


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext gradling.micrograd` calls."""
    install()
