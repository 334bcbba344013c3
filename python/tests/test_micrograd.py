"""Programs written for micrograd print the same with the drop-in as with micrograd itself."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem != "show")


def lines(*command: object) -> list[object]:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def close(ours: object, theirs: object) -> bool:
    """Equal, where the last digits of numbers may differ: micrograd adds in the order of a set."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(close, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-14) or (
            math.isnan(ours) and math.isnan(theirs)
        )
    return ours == theirs


@pytest.mark.parametrize("name", NAMES)
def test_a_program_prints_what_micrograd_prints(name: str) -> None:
    micrograd = os.environ["GRADLING_TEST_MICROGRAD"]
    program = PROGRAMS / f"{name}.py"
    theirs = lines(micrograd, program)
    ours = lines(sys.executable, "-m", "gradling.micrograd", program)
    assert len(ours) == len(theirs) > 3
    for our, their in zip(ours, theirs):
        assert close(our, their), f"ours   {our}\ntheirs {their}"


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_install_makes_every_way_to_import_ours() -> None:
    done = run(
        "import gradling.micrograd; gradling.micrograd.install()\n"
        "import micrograd, micrograd.nn\n"
        "from micrograd.engine import Value\n"
        "from micrograd import nn\n"
        "import gradling\n"
        "assert micrograd.engine.Value is Value and issubclass(Value, gradling.Value)\n"
        "assert nn is micrograd.nn\n"
        "gradling.micrograd.install()\n"
    )
    assert done.returncode == 0, done.stderr


def test_install_after_an_import_of_micrograd_says_so() -> None:
    done = run(
        "import sys, types; sys.modules['micrograd'] = types.ModuleType('micrograd')\n"
        "import gradling.micrograd; gradling.micrograd.install()\n"
    )
    assert "RuntimeError: micrograd itself was imported before" in done.stderr


def test_scripts_get_their_arguments_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys, micrograd\nprint(sys.argv[1:], __name__)")
    command = [sys.executable, "-m", "gradling.micrograd"]
    done = subprocess.run([*command, script, "a", "-b"], capture_output=True, text=True)
    assert done.stdout == "['a', '-b'] __main__\n"
    done = subprocess.run([*command, "nosuch.py"], capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr == "error: there is no file nosuch.py\n"


def test_wrong_lengths_are_an_error() -> None:
    from gradling.micrograd.nn import MLP

    with pytest.raises(ValueError, match="a neuron with 3 weights was given 2 inputs"):
        MLP(3, [2, 1])([1.0, 2.0])


def test_the_draws_are_those_of_random() -> None:
    import random

    from gradling.micrograd.nn import MLP

    random.seed(1337)
    drawn = [p.data for p in MLP(2, [2, 1]).parameters()[:2]]
    assert drawn == [0.23550571390294128, 0.06653114721000164]


def test_relu_may_be_recorded() -> None:
    from gradling import program
    from gradling.micrograd.engine import Value

    w = Value(1.0)

    @program([w])
    def loss(x):
        return (w * x - 1.5).relu()

    assert loss([1.0, 2.0]) == 0.25


def test_other_operators_in_the_place_of_ours_are_used_by_networks() -> None:
    program = """
import gradling.micrograd; gradling.micrograd.install()
from micrograd.engine import Value
from micrograd.nn import MLP
Value.relu = lambda self: self * 0 + 7
net = MLP(2, [3, 1])
print(net([1.0, 2.0]).data == sum(7 * w.data for w in net.layers[1].neurons[0].w))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr


def test_modules_are_run_and_a_forks_own_are_found(tmp_path: Path) -> None:
    fork = tmp_path / "micrograd"
    fork.mkdir()
    (fork / "__init__.py").write_text("")
    (fork / "engine.py").write_text("raise AssertionError('theirs')")
    (fork / "loss.py").write_text(
        "from micrograd.engine import Value\ndef square(x): return Value(x) ** 2\n"
    )
    program = "import sys\nfrom micrograd.loss import square\nprint(square(3), type(square(3)).__module__, sys.argv[1:])"
    (tmp_path / "job.py").write_text(program)
    expected = "Value(data=9, grad=0) gradling.micrograd.engine ['x']\n"
    for how in (["job.py", "x"], ["-m", "job", "x"]):
        command = [sys.executable, "-m", "gradling.micrograd", *how]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.stdout == expected, done.stderr
    command = [sys.executable, "-m", "gradling.micrograd", "-m"]
    assert subprocess.run(command, capture_output=True).returncode == 2


def test_a_collection_that_changes_the_network_in_the_middle_of_a_call() -> None:
    # At each place where Python may collect, up to 3.11 wherever an object is made.
    done = run("""
import gc
import gradling.micrograd
gradling.micrograd.install()
from micrograd.nn import MLP

class Meddler:
    def __init__(self, model):
        self.me, self.model = self, model
    def __del__(self):
        self.model.layers[0].neurons[0].w.clear()
        self.model.layers[1].neurons.clear()

seen = set()
gc.disable()
for threshold in range(1, 400):
    model = MLP(2, [4, 3, 1])
    gc.collect()
    Meddler(model)
    gc.set_threshold(threshold)
    gc.enable()
    try:
        seen.add(type(model([0.5, -1.5])).__name__)
    except (ValueError, IndexError) as error:
        seen.add(type(error).__name__)
    assert gc.isenabled()
    gc.disable()
print(*sorted(seen))
""")
    assert done.returncode == 0, done.stderr
    assert "Value" in done.stdout.split(), done.stdout
