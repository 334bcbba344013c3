"""The code that the playground saves of a session, run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Some whole epochs, and a part of one.
STEPS = "75"
# Both compute in 32 bits, and add in the order that their machine is fast in.
PART = 1e-4

SESSIONS: list[dict[str, Any]] = [
    {"data": {"set": "moons"}, "training": {"rate": 0.1}},
    {
        "data": {"set": "spirals", "classes": 3, "held": 0.0, "seed": 4},
        "net": {"layers": [8, 6], "features": ["x1", "x2", "sin(pi*x1)"], "init": "kaiming"},
        "training": {
            "activations": ["relu", "tanh"],
            "optimiser": "adam",
            "rate": 0.01,
            "l1": 1e-3,
            "l2": 0.01,
        },
    },
    {
        "data": {"set": "hills", "noise": 0.05},
        "training": {
            "loss": "absolute",
            "optimiser": "momentum",
            "momentum": 0.8,
            "rate": 0.01,
            "schedule": "cosine",
            "span": 5,
        },
    },
    {
        "data": {"set": "gaussians", "classes": 4, "noise": 0.3},
        "training": {
            "loss": "hinge",
            "optimiser": "adamw",
            "decay": 0.1,
            "rate": 0.01,
            "schedule": "halving",
            "span": 2,
            "batch": 1000,
        },
    },
    {
        "data": {"set": "plane"},
        "net": {"layers": []},
        "training": {
            "loss": "squared",
            "schedule": "linear",
            "span": 8,
            "l2": 0.1,
            "rate": 0.05,
        },
    },
]


def native(*words: str) -> str:
    command = ["cargo", "run", "--quiet", "-p", "gradling-wasm", "--example", "run", "--", "network", *words]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


CHANGES: list[dict[str, Any]] = [
    {"at": 0, "weight": [1, 0.3]},
    {"at": 40, "set": {"optimiser": "adam"}},
    {"at": 40, "set": {"rate": 0.01}},
    {"at": 44, "samples": 3},
    {"at": 50, "weight": [2, -0.5]},
    {"at": 60, "set": {"rate": 0.003}},
    {"at": 60, "set": {"batch": 7}},
]


@pytest.mark.parametrize(
    ("settings", "log"), [(settings, []) for settings in SESSIONS] + [(SESSIONS[0], CHANGES)]
)
def test_the_code_in_python_ends_where_the_session_does(
    settings: dict[str, Any], log: list[dict[str, Any]], tmp_path: Path
) -> None:
    given = [json.dumps(settings), STEPS, json.dumps(log)]
    file = tmp_path / "network.py"
    file.write_text(native("code", "python", *given))
    run = subprocess.run([sys.executable, file], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    losses = [float(line.rsplit(": ", 1)[1]) for line in run.stdout.splitlines()]

    session = json.loads(native(*given))
    parts = [session[part] for part in ("train", "held") if session[part]]
    expected = [part["loss"] + session["penalty"] for part in parts]
    assert losses == pytest.approx(expected, rel=PART)
