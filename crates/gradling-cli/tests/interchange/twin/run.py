"""Predicts the rows on stdin, cells ended by U+001F and rows by U+001E, with the model.py of a folder."""

import sys

sys.path.insert(0, sys.argv[1])
import model

rows = []
for row in sys.stdin.buffer.read().decode().split("\x1e")[:-1]:
    cells = row.split("\x1f")
    rows.append(
        {
            column["name"]: cell if "values" in column else float(cell or "nan")
            for column, cell in zip(model.COLUMNS, cells)
        }
    )


def is_complete(row):
    """Whether it has a prediction; others are refused."""
    try:
        model.encode([row])
    except ValueError:
        return False
    return True


network = model.load()
complete = [row for row in rows if is_complete(row)]
labels = getattr(model, "LABELS", None)
predicted = iter(model.predict(network, complete))
probabilities = iter(model.probabilities(network, complete).tolist() if labels else [])
found, numbers = [], []
for row in rows:
    known = is_complete(row)
    found.append(next(predicted) if known else float("nan"))
    if labels:
        numbers.append(next(probabilities) if known else [float("nan")] * len(labels))
    else:
        numbers.append(found[-1:])
out = "".join("".join(f"{x}\x1f" for x in [first, *rest]) + "\x1e" for first, rest in zip(found, numbers))
sys.stdout.buffer.write(out.encode())
