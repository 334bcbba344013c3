"""Model files in Python."""

from __future__ import annotations

import csv
import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradling import Value, load_model

#: Models of `gradling train NAME.csv --target … --layers 4,3 --epochs 60`, their tables, and what `gradling predict`
#: says of these. The one of houses is as version 0.1.0 wrote it before the hash of the data was kept.
FIXTURES = Path(__file__).parent / "models"


def rows_of(name: str) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The rows of a table with numbers as numbers, and the predictions for them."""

    def cell(text: str) -> Any:
        try:
            return float(text)
        except ValueError:
            return text

    with open(FIXTURES / f"{name}.csv", encoding="utf-8", newline="") as file:
        rows = [{key: cell(text) for key, text in row.items()} for row in csv.DictReader(file)]
    with open(FIXTURES / f"{name}.predicted.csv", encoding="utf-8", newline="") as file:
        return rows, list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["flowers", "coins", "houses"])
def test_predictions_are_those_of_the_shell(name: str) -> None:
    model = load_model(FIXTURES / f"{name}.safetensors")
    rows, said = rows_of(name)
    found = model.predict(rows)
    if model.classes is None:
        assert found == pytest.approx([float(row["prediction"]) for row in said], rel=1e-12)
        with pytest.raises(TypeError, match="a quantity, which has no classes"):
            model.predict_proba(rows)
        return
    assert [str(label) for label in found] == [row["prediction"] for row in said]
    for probabilities, row in zip(model.predict_proba(rows), said, strict=True):
        right = [float(row[f"p({label})"]) for label in model.classes]
        assert probabilities == pytest.approx(right, abs=1e-12)


def test_rows_come_as_dicts_columns_lists_and_arrays() -> None:
    model = load_model(FIXTURES / "flowers.safetensors")
    rows, _ = rows_of("flowers")
    right = model.predict_proba(rows)
    columns = {name: [row[name] for row in rows] for name in reversed(list(rows[0]))}
    assert model.predict_proba(columns) == right
    assert model.predict_proba([[row[name] for name in model.features] for row in rows]) == right
    assert model.predict_proba([]) == [] and model.predict([]) == []

    numbers = load_model(FIXTURES / "coins.safetensors")
    rows, _ = rows_of("coins")
    X = np.array([[row[name] for name in numbers.features] for row in rows])
    found = numbers.predict_proba(X)
    assert isinstance(found, np.ndarray) and found.shape == (len(rows), 2)
    assert found.tolist() == numbers.predict_proba(rows)
    assert numbers.predict(X).dtype.kind == "i"
    assert numbers.predict_proba(np.repeat(X, 2000, axis=0)) == pytest.approx(
        np.repeat(found, 2000, axis=0), abs=1e-12
    )


def test_a_model_says_what_it_is() -> None:
    model = load_model(FIXTURES / "flowers.safetensors")
    assert model.features == ["length", "colour"]
    assert model.values == {"colour": ["blue", "green", "red"]}
    assert (model.target, model.classes) == ("kind", ["a", "b", "c"])
    table = (FIXTURES / "flowers.csv").read_bytes()
    assert model.data_hash == "sha256:" + hashlib.sha256(table).hexdigest()
    assert load_model(FIXTURES / "coins.safetensors").classes == [0, 1]
    old = load_model(FIXTURES / "houses.safetensors")
    assert (old.classes, old.data_hash) == (None, None)


def test_the_network_computes_the_scores() -> None:
    model = load_model(FIXTURES / "houses.safetensors")
    data = (FIXTURES / "houses.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    code = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["gradling"])["encoder"]
    scale = [feature["code"]["number"] for feature in code["features"]]
    rows, _ = rows_of("houses")
    network = model.network()
    for row, right in zip(rows, model.predict(rows), strict=True):
        scores = [(row[n] - s["mean"]) / s["scale"] for n, s in zip(model.features, scale)]
        output = network(scores)
        assert isinstance(output, Value)
        target = code["target_code"]["number"]
        assert target["mean"] + target["scale"] * output.data == pytest.approx(right, rel=1e-12)


def test_a_saved_model_has_the_same_bytes(tmp_path: Path) -> None:
    for path in FIXTURES.glob("*.safetensors"):
        copy = load_model(path).save(tmp_path / "copy")
        assert copy.read_bytes() == path.read_bytes()
        assert [file.name for file in tmp_path.iterdir()] == ["copy"]


def test_wrong_rows_are_refused_with_their_place() -> None:
    model = load_model(FIXTURES / "flowers.safetensors")
    good = {"length": 1.0, "colour": "red"}
    cases: list[tuple[Any, str]] = [
        ([good, {"length": 1.0}], "row 1 misses 'colour', which the model was trained on"),
        ({"colour": ["red"]}, "misses 'length', which the model was trained on"),
        ({"colour": ["red"], "length": [1.0, 2.0]}, "columns differ in length"),
        ([good, {"length": "long", "colour": "red"}], "row 1, column 'length': 'long' is no number"),
        ([good, {"length": 1.0, "colour": 3}], "row 1, column 'colour': 3 is no text"),
        ([[1.0]], "row 0 has 1 cells, and the model takes 2: length, colour"),
        ([1.0, "red"], "row 0 is 1.0, and should be a dict or a list of its cells"),
        ("rows", "rows are dicts, lists or an array of two dimensions, not 'rows'"),
        ([{"length": float("inf"), "colour": "red"}], "is not a finite number"),
    ]
    for rows, message in cases:
        with pytest.raises(ValueError, match=message):
            model.predict(rows)


def test_damaged_files_are_refused_with_the_reason(tmp_path: Path) -> None:
    data = (FIXTURES / "flowers.safetensors").read_bytes()
    path = tmp_path / "model.safetensors"
    for wrong in [b"", b"a,b\n1,2\n", data[:-1], data + b"\0", b"\xff" * 64]:
        path.write_bytes(wrong)
        with pytest.raises(ValueError, match="is no model file, or a damaged one"):
            load_model(tmp_path)
    path.write_bytes(data)
    assert load_model(tmp_path).target == "kind"
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "none")
