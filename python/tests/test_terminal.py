"""The command in a terminal: what is drawn over itself there, and nowhere else."""

import os
import random
import re
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("a terminal of Unix is needed", allow_module_level=True)

import pty


def train(folder: Path, rows: int, *options: str) -> str:
    """All that `gradling train` writes to a terminal, on a table of two classes."""
    draw = random.Random(1)
    points = [(draw.random(), draw.random()) for _ in range(rows)]
    table = folder / "table.csv"
    table.write_text("a,b,y\n" + "".join(f"{a},{b},{'p' if a > b else 'q'}\n" for a, b in points))
    said = bytearray()

    def read(terminal: int) -> bytes:
        said.extend(os.read(terminal, 1 << 16))
        return b" "

    command = [os.environ["GRADLING_TEST_COMMAND"], "train", str(table), "--layers", "4", *options]
    assert os.waitstatus_to_exitcode(pty.spawn(command, read)) == 0
    return said.decode()


def test_the_live_view_is_drawn_over_itself(tmp_path: Path) -> None:
    said = train(tmp_path, 2000, "--epochs", "60", "--live")
    up = [int(lines) for lines in re.findall("\x1b\\[(\\d+)A\x1b\\[J", said)]
    # At first it is one epoch, a bar and figures; then there is a curve above.
    assert up[0] == 3 and all(lines > 10 for lines in up[1:])
    assert "epoch 60 of 60" in said and "held out: loss" in said
    # It stands for the lines of epochs, and for the curve at the end.
    assert "training   held out" not in said
    assert said.count("⠤⠤⠤ training") == len(up)
    # The last epoch is drawn also where training ends before the last one that was asked for.
    said = train(tmp_path, 300, "--epochs", "500", "--patience", "2", "--rate", "0.5", "--live")
    last = re.findall("epoch (\\d+) of 500", said)[-1]
    assert 2 < int(last) < 500 and f"of {last} kept" in said
    lines = train(tmp_path, 2000, "--epochs", "60")
    assert "training   held out" in lines and lines.count("⠤⠤⠤ training") == 1


def test_reading_a_large_table_shows_how_far_it_is(tmp_path: Path) -> None:
    said = train(tmp_path, 100_000, "--epochs", "1", "--memory", "2MB")
    assert "rows read" in said and "of 100,000 rows encoded" in said
    assert "rows read" not in train(tmp_path, 100_000, "--epochs", "1", "--memory", "2MB", "--quiet")
