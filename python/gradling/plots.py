"""Pictures of training, by matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["boundary", "learning_curve"]


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise ImportError("plots need matplotlib: pip install matplotlib") from None
    return plt.subplots()[1]


def learning_curve(losses: Sequence[float], ax: Any = None) -> Any:
    """Draws the loss of each epoch, as `Trainer.history` has it; on a logarithmic scale if all are positive.

    Draws into `ax`, or into a new figure, and returns the axes.
    """
    ax = _axes(ax)
    ax.plot(range(1, len(losses) + 1), losses)
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    if losses and min(losses) > 0:
        ax.set_yscale("log")
    return ax


def boundary(
    predict: Callable[[Any], Any], X: Any, y: Any, ax: Any = None, *, steps: int = 200
) -> Any:
    """Draws what a model of two inputs says all over the plane, and the points that it learned from.

    `predict` gets an array of points × 2 and returns a number for each: a class, or a score whose sign is the
    class. Draws into `ax`, or into a new figure, and returns the axes.
    """
    import numpy as np

    X, y = np.asarray(X, dtype=float), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2:
        raise ValueError(f"a boundary needs points × 2, and X has the shape {X.shape}")
    if y.shape != (len(X),):
        raise ValueError(f"{len(X)} points have targets of the shape {y.shape}")
    ax = _axes(ax)
    low, high = X.min(axis=0) - 0.5, X.max(axis=0) + 0.5
    across, up = (np.linspace(low[k], high[k], steps) for k in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1)
    found = np.asarray(predict(grid.reshape(-1, 2))).reshape(steps, steps)
    classes = np.unique(y)
    if found.dtype.kind == "f" and len(classes) == 2:
        found = (found > 0).astype(int)
    else:
        found = np.searchsorted(classes, found)
    # Blue and orange, which those see apart, too, who do not see red and green apart.
    colours = ["#3b76af", "#ee8636", "#5e9e4a", "#8e6bb8", "#7f7f7f"] * (len(classes) // 5 + 1)
    levels = np.arange(len(classes) + 1) - 0.5
    ax.contourf(across, up, found, levels=levels, colors=colours[: len(classes)], alpha=0.3)
    for k, each in enumerate(classes):
        here = X[y == each]
        ax.scatter(here[:, 0], here[:, 1], s=20, color=colours[k], edgecolors="white", label=str(each))
    ax.legend()
    return ax
