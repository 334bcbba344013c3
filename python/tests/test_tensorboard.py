"""The event files of `gradling train --tensorboard`, read by TensorBoard itself."""

import json
import os
import pathlib
import subprocess

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

DATA = pathlib.Path(__file__).parents[2] / "crates/gradling-data/data/moons.csv"


@pytest.fixture
def gradling():
    return os.environ["GRADLING_TEST_COMMAND"]


def test_tensorboard_reads_the_figures_that_the_record_has(gradling, tmp_path):
    line = [gradling, "train", DATA, "--target", "label", "--epochs", "6", "--patience", "9"]
    subprocess.run([*line, "--out", "out", "--tensorboard", "events", "--quiet"], cwd=tmp_path, check=True)
    events = EventAccumulator(str(tmp_path / "events"))
    events.Reload()
    record = json.loads((tmp_path / "out/record.json").read_text())
    parts = ["training", "validation", "held_out"]
    assert set(events.Tags()["scalars"]) == {f"{what}/{part}" for what in ["loss", "accuracy"] for part in parts}
    for part in parts:
        for what in ["loss", "accuracy"]:
            read = {event.step: event.value for event in events.Scalars(f"{what}/{part}")}
            right = {epoch["epoch"]: epoch[part][what] for epoch in record["epochs"]}
            assert read == pytest.approx(right, rel=1e-6)
