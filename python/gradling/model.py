"""Model files: what `gradling train` wrote, loaded to predict."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gradling import _native, nn

__all__ = ["Model", "load_model"]


def load_model(path: str | os.PathLike[str]) -> Model:
    """The model of a file, or of the folder that `gradling train --out` wrote.

    >>> model = load_model("iris")                                          # doctest: +SKIP
    >>> model.predict([{"sepal_length_cm": 5.1, "sepal_width_cm": 3.5,      # doctest: +SKIP
    ...                 "petal_length_cm": 1.4, "petal_width_cm": 0.2}])
    ['setosa']

    Raises `ValueError` with the reason if the file is damaged or no model, and `OSError` if it cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "model.safetensors"
    try:
        return Model(_native.Model.load(path.read_bytes()))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


class Model:
    """A trained network with all that is needed to predict from rows of a table. `load_model` makes it.

    Rows are given in any of these ways:

    - a list of dicts, by column: `[{"length": 1.5, "colour": "red"}, …]`;
    - a dict of columns: `{"length": [1.5, …], "colour": ["red", …]}`, or a data frame;
    - a list of lists, or an array of two dimensions, rows × columns, with the columns in the order of `features`.

    Numbers are in the units of the table. A text that was not in training counts as "other". Columns that the
    model does not know are ignored, where they have names.
    """

    def __init__(self, native: _native.Model) -> None:
        self._native = native
        #: The names of the columns that it predicts from.
        self.features: list[str] = [name for name, _ in native.features]
        #: Of each column of texts the values that it knows.
        self.values: dict[str, list[str]] = {
            name: values for name, values in native.features if values is not None
        }
        #: The name of the column that it predicts.
        self.target: str = native.target
        #: The labels of the classes, in the order of the probabilities; None for a quantity.
        self.classes: list[Any] | None = None
        if native.classes is not None:
            self.classes = [_whole(label) for label in native.classes]
        #: The seed that it was trained with.
        self.seed: int = native.seed
        #: The version of gradling that trained it.
        self.version: str = native.version
        #: `sha256:` and the hash of the file that it learned from, if it is known.
        self.data_hash: str | None = native.data_hash

    def predict(self, rows: Any) -> Any:
        """The most probable label, or the quantity, for each row: an array for an array, else a list.

        Raises `ValueError` for rows that lack a column, or hold what cannot be a value of it.
        """
        numbers = self._numbers(rows)
        if self.classes is None:
            return _like(rows, numbers.tolist())
        width = len(self.classes)
        places = (
            max(range(width), key=numbers[at : at + width].__getitem__)
            for at in range(0, len(numbers), width)
        )
        return _like(rows, [self.classes[place] for place in places])

    def predict_proba(self, rows: Any) -> Any:
        """The probability of each of `classes` for each row: an array for an array, else a list of lists.

        Raises `ValueError` as `predict` does, and `TypeError` if the model predicts a quantity.
        """
        if self.classes is None:
            raise TypeError(f"the model predicts {self.target!r}, a quantity, which has no classes")
        numbers = self._numbers(rows)
        width = len(self.classes)
        found = [numbers[at : at + width].tolist() for at in range(0, len(numbers), width)]
        return _like(rows, found)

    def network(self) -> nn.MLP:
        """The network, on inputs that are encoded: standard scores, and for each column of texts a 1 at the place
        of the text among `values`, or behind them."""
        layers = self._native.layers
        network = nn.MLP(len(layers[0][0][0]), [len(biases) for _, biases, _ in layers])
        for layer, (weights, biases, activation) in zip(network.layers, layers):
            layer.activation = activation
            for values, numbers in [(layer.biases, biases), *zip(layer.weights, weights)]:
                for value, number in zip(values, numbers):
                    value.data = number
        return network

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the model file, with the same bytes as it was read from by the same version."""
        path = Path(path)
        part = path.with_name(path.name + ".part")
        part.write_bytes(self._native.save())
        part.replace(path)
        return path

    def _numbers(self, rows: Any) -> array[float]:
        cells = [self._cells(name, column) for name, column in zip(self.features, self._columns(rows))]
        numbers = array("d")
        if cells and len(cells[0]):
            numbers.frombytes(self._native.predict(cells))
        return numbers

    def _columns(self, rows: Any) -> list[Sequence[Any]]:
        """The columns in the order of the features."""
        if hasattr(rows, "columns") or isinstance(rows, Mapping):
            self._demand(list(rows.columns if hasattr(rows, "columns") else rows))
            columns: list[Sequence[Any]] = [_plain(rows[name]) for name in self.features]
            if len({len(column) for column in columns}) > 1:
                raise ValueError(f"columns differ in length: {[len(column) for column in columns]}")
            return columns
        if isinstance(rows, (str, bytes)) or not isinstance(rows, Iterable):
            raise ValueError(f"rows are dicts, lists or an array of two dimensions, not {rows!r}")
        rows = _plain(rows)
        for number, row in enumerate(rows):
            if isinstance(row, Mapping):
                self._demand(list(row), f"row {number} ")
            elif isinstance(row, (str, bytes)) or not isinstance(row, Sequence):
                raise ValueError(f"row {number} is {row!r}, and should be a dict or a list of its cells")
            elif len(row) != len(self.features):
                raise ValueError(
                    f"row {number} has {len(row)} cells, and the model takes {len(self.features)}: "
                    f"{', '.join(self.features)}"
                )
        return [
            [row[name] if isinstance(row, Mapping) else row[place] for row in rows]
            for place, name in enumerate(self.features)
        ]

    def _demand(self, names: Sequence[Any], what: str = "") -> None:
        there = set(names)
        missing = [name for name in self.features if name not in there]
        if missing:
            raise ValueError(f"{what}misses {', '.join(map(repr, missing))}, which the model was trained on")

    def _cells(self, name: str, column: Sequence[Any]) -> bytes | list[str]:
        """A column as the engine takes it."""
        if name in self.values:
            for number, cell in enumerate(column):
                if not isinstance(cell, str):
                    raise ValueError(f"row {number}, column {name!r}: {cell!r} is no text")
            return list(column)
        try:
            return array("d", column).tobytes()
        except (TypeError, ValueError, OverflowError):
            for number, cell in enumerate(column):
                try:
                    array("d", [cell])
                except (TypeError, ValueError, OverflowError):
                    raise ValueError(f"row {number}, column {name!r}: {cell!r} is no number") from None
            raise


def _plain(rows: Any) -> list[Any]:
    """Lists in place of arrays."""
    return rows.tolist() if hasattr(rows, "tolist") else list(rows)


def _whole(label: Any) -> Any:
    """An int where a number is one."""
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _like(rows: Any, found: list[Any]) -> Any:
    """An array, where rows are one."""
    if not (hasattr(rows, "dtype") and hasattr(rows, "shape")):
        return found
    import numpy as np

    return np.array(found)
