"""micrograd's `Value`."""

from gradling._native import MicrogradValue as Value

__all__ = ["Value"]
