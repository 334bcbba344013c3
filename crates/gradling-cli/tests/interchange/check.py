"""Checks an ONNX file and runs it beside what `gradling predict` says.

Arguments: the file, and a JSON file with `columns` (name to cells, numbers or texts), their `order`, `predictions` and
`probabilities` (null for a quantity). Needs onnx, onnxruntime and numpy.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

path, said = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
model = onnx.load(path)
onnx.checker.check_model(model, full_check=True)
assert model.ir_version == 8, model.ir_version
versions = {opset.domain: opset.version for opset in model.opset_import}
assert versions[""] == 13, versions
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

columns = {}
for name in said["order"]:
    cells = said["columns"][name]
    kind = object if any(isinstance(cell, str) for cell in cells) else np.float64
    cells = [float("nan") if cell is None else cell for cell in cells]
    columns[name] = np.array(cells, dtype=kind).reshape(-1, 1)
assert [value.name for value in session.get_inputs()] == list(columns)
rows = len(said["predictions"])
assert all(value.shape == ["rows", 1] for value in session.get_inputs())
names = [value.name for value in session.get_outputs()]


def close(ours, right):
    ours, right = np.asarray(ours, dtype=np.float64), np.asarray(right, dtype=np.float64)
    assert ours.shape == right.shape, (ours.shape, right.shape)
    # A row without a prediction is NaN in both.
    assert (np.isnan(ours) == np.isnan(right)).all(), (ours, right)
    known = ~np.isnan(right)
    worst = np.max(np.abs(ours - right)[known] / np.maximum(np.abs(right[known]), 1.0), initial=0.0)
    assert worst <= 1e-5, worst
    return worst


# Batches of all sizes are one model.
worst = 0.0
for some in (slice(0, rows), slice(0, 1), slice(1, 4)):
    found = session.run(names, {name: column[some] for name, column in columns.items()})
    if said["probabilities"] is None:
        assert len(found) == 1 and found[0].dtype == np.float64
        worst = max(worst, close(found[0], said["predictions"][some]))
        continue
    labels, probabilities = found
    # null is NaN.
    right = np.array(said["probabilities"], dtype=np.float64)[some]
    worst = max(worst, close(probabilities, right))
    # Where two classes are as good as equal, either may come first.
    ordered = np.sort(right, axis=1)
    sure = ordered[:, -1] - ordered[:, -2] > 1e-4
    assert labels.shape == (len(right),), labels.shape
    assert all(
        ours == label for ours, label, sure in zip(labels, said["predictions"][some], sure) if sure
    )
    known = ~np.isnan(right).any(axis=1)
    assert not known.any() or sure[known].mean() > 0.5
print(worst)
