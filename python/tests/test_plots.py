"""Plots, and the progress bar."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest
from gradling import Program, Trainer, Value, optim
from gradling.plots import boundary, learning_curve

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def test_a_learning_curve_has_its_losses() -> None:
    ax = learning_curve([4.0, 2.0, 1.0])
    (line,) = ax.lines
    assert list(line.get_ydata()) == [4.0, 2.0, 1.0] and list(line.get_xdata()) == [1, 2, 3]
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "epoch"
    assert learning_curve([1.0, 0.0], ax=plt.subplots()[1]).get_yscale() == "linear"
    plt.close("all")


def test_a_boundary_shows_classes_and_points() -> None:
    X = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 0.5]])
    seen = []

    def predict(points: np.ndarray) -> np.ndarray:
        seen.append(points.shape)
        return points[:, 0] - 1.0

    ax = boundary(predict, X, np.array([-1, 1, 1]), steps=30)
    assert seen == [(900, 2)] and len(ax.collections) >= 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["-1", "1"]
    boundary(lambda points: np.array(["a", "b", "c"])[(points[:, 0] > 1).astype(int)], X, ["a", "b", "c"])
    with pytest.raises(ValueError, match=r"points × 2, and X has the shape \(3,\)"):
        boundary(predict, X[:, 0], [1, 2, 3])
    with pytest.raises(ValueError, match="3 points have targets of the shape"):
        boundary(predict, X, [1, 2])
    plt.close("all")


def test_the_bar_counts_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    w = Value(0.0)
    loss = Program(lambda x: (w * x - 1) ** 2, [w])
    Trainer(loss, optim.SGD([w], lr=0.1)).fit([1.0], epochs=20, progress=True)
    shown = capsys.readouterr().err
    assert "20/20" in shown and "loss" in shown
    Trainer(loss, optim.SGD([w], lr=0.1)).fit([1.0], epochs=2)
    assert capsys.readouterr().err == ""
