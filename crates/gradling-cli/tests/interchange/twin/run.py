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
network = model.load()
found = model.predict(network, rows)
if hasattr(model, "LABELS"):
    numbers = model.probabilities(network, rows).tolist()
else:
    numbers = [[x] for x in found]
out = "".join("".join(f"{x}\x1f" for x in [first, *rest]) + "\x1e" for first, rest in zip(found, numbers))
sys.stdout.buffer.write(out.encode())
