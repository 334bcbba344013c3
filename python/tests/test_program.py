"""Programs, optimisers and the trainer."""

from __future__ import annotations

import json
import math
import random
import sys
import threading
from pathlib import Path
from typing import Any

import gradling
import numpy as np
import pytest
from gradling import Program, Step, Trainer, Value, optim, program
from gradling.micrograd.nn import MLP

GOLDEN = Path(__file__).parents[2] / "crates/gradling/tests/golden"


def squared(w: Value, b: Value) -> Any:
    return lambda x, y: (w * x + b - y) ** 2


def test_a_program_is_the_mean_over_the_samples() -> None:
    w, b = Value(2.0), Value(1.0)
    loss = program([w, b], dtype="float64")(squared(w, b))
    x, y = np.array([1.0, 2.0, -1.0]), np.array([3.0, 5.5, 0.0])
    errors = 2 * x + 1 - y
    assert loss(x, y) == pytest.approx(np.mean(errors**2), rel=1e-15)
    value, gradient = loss.value_and_grad(x, y)
    assert value == loss(x, y)
    assert gradient == pytest.approx([np.mean(2 * errors * x), np.mean(2 * errors)], rel=1e-14)
    w.data = 3.0
    assert loss(x, y) == pytest.approx(np.mean((3 * x + 1 - y) ** 2), rel=1e-15)
    assert repr(loss).startswith("<Program <lambda> of 2 parameters")


def test_numbers_come_as_anything() -> None:
    w, b = Value(2.0), Value(1.0)
    loss = Program(squared(w, b), [w, b], dtype="float64")
    rows = [(1.0, 3.0), (2.0, 5.5), (-1.0, 0.0), (4.0, 2.0)]
    x, y = [list(column) for column in zip(*rows)]
    expected = loss(x, y)
    both = np.array(rows)
    assert loss(both[:, 0], both[:, 1]) == expected  # strided
    assert loss(np.float32(x), np.float64(y)) == expected
    assert loss(np.array(x).astype(int), y) == expected
    assert loss(tuple(x), both[::-1][::-1][:, 1]) == expected
    wide = Program(lambda row: row[0] * row[1], [], dtype="float64")
    assert wide(np.asfortranarray(both)) == wide(rows) == pytest.approx(np.mean(both[:, 0] * both[:, 1]))
    for wrong, error, message in [
        (([1.0], [1.0, 2.0]), ValueError, "different numbers of samples: 1, 2"),
        ((["a"], [1.0]), TypeError, "array 0 must hold numbers, not <U1"),
        ((np.ones((2, 2, 2)), [1.0]), ValueError, "one or two dimensions"),
        (([[1.0], [1.0, 2.0]], [1.0, 2.0]), ValueError, "array 0: its rows differ in length"),
        (([1j], [1.0]), TypeError, "must hold numbers, not complex128"),
    ]:
        with pytest.raises(error, match=message):
            loss(*wrong)


def test_what_a_step_may_return() -> None:
    w = Value(2.0)
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    both = Program(lambda row: (row[0] * w, [row[0] * w, row[1] + 1]), [w])
    assert both.predict(x).tolist() == [[2.0, 3.0], [6.0, 5.0]] and both(x) == 4.0
    outputs = Program(lambda row: [row[0] * w], [w])
    assert outputs.predict(x).tolist() == [[2.0], [6.0]]
    with pytest.raises(ValueError, match="recorded without a loss"):
        outputs(x)
    full = Program(lambda row: Step(row[0] * w, plus=10 * w, reduction="sum"), [w])
    assert full(x) == 28.0 and full.value_and_grad(x)[1].tolist() == [14.0]
    with pytest.raises(ValueError, match="the program has no outputs"):
        full.predict(x)
    for wrong in (3.0, None, "x"):
        with pytest.raises(TypeError, match="a step returns its loss, the tuple"):
            Program(lambda row: wrong, [w])(x)
    bare = program(lambda row: row[0] + row[1])
    assert bare(x) == 5.0


def test_targets_may_be_left_out_of_a_prediction() -> None:
    w = Value(2.0)
    fitted = Program(lambda x, y: ((w * x - y) ** 2, w * x), [w])
    x = np.array([1.0, 2.0])
    fitted(x, x)
    assert fitted.predict(x).ravel().tolist() == [2.0, 4.0]


def test_asking_for_a_number_while_recording_names_the_way_out() -> None:
    w = Value(2.0)

    def step(x: Value) -> Value:
        return x * w if x.data > 0 else x

    with pytest.raises(ValueError, match=r"`data` asks for the number of .* \(`x.gt\(0\).select\(a, b\)`\)"):
        Program(step, [w])([1.0])
    with pytest.raises(ValueError, match="depends on the sample or on parameters"):
        Program(lambda x: x * w.data, [w])([1.0])
    with pytest.raises(ValueError, match="`backward` asks"):
        Program(lambda x: (x * w).backward(), [w])([1.0])
    with pytest.raises(ZeroDivisionError):
        Program(lambda x: 1 / 0, [w])([1.0])  # type: ignore[return-value,arg-type]
    chosen = Program(lambda x: x.gt(0).select(x * w, -x), [w])
    assert chosen.predict is not None and chosen([1.0, -3.0]) == 2.5
    # Nothing is left in the way of what comes next.
    assert (w * 3).data == 6.0


def test_values_that_left_a_recording_have_no_number_and_do_no_harm() -> None:
    left: list[Value] = []
    w = Value(2.0)

    def step(x: Value) -> Value:
        left.append(x * w)
        return left[-1]

    assert Program(step, [w])([4.0]) == 8.0
    assert math.isnan(left[0].data)
    left.clear()


def test_wrong_parameters() -> None:
    w = Value(2.0)
    with pytest.raises(ValueError, match="parameters 0 and 1 are the same value"):
        Program(lambda x: x * w, [w, w])([1.0])
    with pytest.raises(ValueError, match="parameter 0 is computed from other values"):
        Program(lambda x: x * w, [w * 2])([1.0])
    with pytest.raises(ValueError, match="dtype must be"):
        Program(lambda x: x, [w], dtype="float16")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mode must be"):
        Program(lambda x: x, [w], mode="quick")([1.0])  # type: ignore[arg-type]


def moons() -> tuple[Any, MLP, Any, Any]:
    golden = json.loads((GOLDEN / "demo_notebook.json").read_text())
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    assert [p.data for p in model.parameters()] == golden["init_params"]
    return golden, model, np.array(golden["X"]), np.array(golden["y"])


@pytest.mark.parametrize("mode", ["fast", "strict"])
def test_the_notebook_s_training_as_a_program(mode: Any) -> None:
    golden, model, X, y = moons()

    @program(model, dtype="float64", mode=mode)
    def loss(x: list[Value], y: Value) -> Step:
        penalty = 1e-4 * sum(p * p for p in model.parameters())
        return Step((1 - y * model(x)).relu(), plus=penalty)

    optimizer = optim.SGD(model, lr=1.0)
    trainer = Trainer(loss, optimizer, schedule=lambda k: 1.0 - 0.9 * k / 100)
    trainer.fit(X, y, epochs=100)
    expected = [loss for loss, _ in golden["notebook_loss_acc"]]
    assert trainer.history == pytest.approx(expected, rel=1e-9)
    assert "layer" in loss.explain()
    scores = np.array([model(row).data for row in X])
    assert np.mean((scores > 0) == (y > 0)) == 1.0


def test_the_notebook_s_training_in_values() -> None:
    golden, model, X, y = moons()
    for k in range(8):
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        assert total.data == pytest.approx(golden["notebook_loss_acc"][k][0], rel=1e-12)


def test_batches_of_a_seed_are_the_same_and_float32_works() -> None:
    def run(seed: int, shuffle: bool = True) -> list[float]:
        _, model, X, y = moons()
        loss = Program(lambda x, y: (1 - y * model(x)).relu(), model)
        trainer = Trainer(loss, optim.Adam(model, lr=0.01), batch=32, seed=seed, shuffle=shuffle)
        return trainer.fit(X, y, epochs=20).history

    first = run(1)
    assert first == run(1) != run(2) and first[-1] < 0.6 * first[0]
    assert run(1, False) == run(2, False) not in (first, run(2))


def test_without_shuffle_batches_are_blocks_of_neighbours() -> None:
    rows = [float(row) for row in range(10)]
    by_hand, trained = Value(0.0), Value(0.0)
    for _ in range(3):
        for block in (rows[:4], rows[4:8], rows[8:]):
            by_hand.data -= 0.1 * sum(by_hand.data - row for row in block) / len(block)
    loss = Program(lambda x: 0.5 * (trained - x) ** 2, [trained], dtype="float64")
    Trainer(loss, optim.SGD([trained], lr=0.1), batch=4, shuffle=False).fit(rows, epochs=3)
    assert trained.data == pytest.approx(by_hand.data, rel=1e-12)


def test_a_diverging_training_says_so_and_keeps_the_last_finite_parameters() -> None:
    w = Value(1.0)
    loss = Program(lambda x: (w * x) ** 4, [w], dtype="float64")
    with pytest.raises(ArithmeticError):
        Trainer(loss, optim.SGD([w], lr=1e6)).fit([1.0, 2.0], epochs=50)
    assert math.isfinite(w.data)
    with pytest.raises(ValueError, match="the optimiser must have the program's parameters"):
        Trainer(loss, optim.SGD([Value(1.0)]))
    with pytest.raises(ValueError, match="a batch needs a sample at least"):
        Trainer(loss, optim.SGD([w]), batch=0).fit([1.0])


def test_optimisers_on_values_follow_the_trainer() -> None:
    for make in (
        lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: optim.Adam(p, lr=0.1),
        lambda p: optim.AdamW(p, lr=0.1, betas=(0.8, 0.9)),
    ):
        x, y = [1.0, 2.0, 3.0], [2.0, 3.0, 5.0]
        by_hand, trained = ([Value(0.5), Value(0.0)] for _ in range(2))
        optimizer = make(by_hand)
        for _ in range(10):
            total = sum(squared(*by_hand)(a, b) for a, b in zip(x, y)) / 3
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
        loss = Program(squared(*trained), trained, dtype="float64")
        Trainer(loss, make(trained)).fit(x, y, epochs=10)
        assert [v.data for v in by_hand] == pytest.approx([v.data for v in trained], rel=1e-12)
    with pytest.raises(ValueError, match="must not be negative"):
        optim.SGD([Value(1.0)], lr=-1.0)
    with pytest.raises(ValueError, match="betas must be from 0 to below 1"):
        optim.Adam([Value(1.0)], betas=(2.0, 0.9))


def test_wrong_settings_of_a_training() -> None:
    w = Value(1.0)
    loss = Program(lambda x: w * x, [w])
    with pytest.raises(ValueError, match="the number of epochs must not be negative"):
        Trainer(loss, optim.SGD([w])).fit([1.0], epochs=-1)
    with pytest.raises(ValueError, match="the seed must not be negative"):
        Trainer(loss, optim.SGD([w]), seed=-1)
    with pytest.raises(TypeError, match="shuffle must be True or False, not 'no'"):
        Trainer(loss, optim.SGD([w]), shuffle="no")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="give it an array at least"):
        loss()
    with pytest.raises(ValueError, match="asks for the number"):
        Program(lambda x: (gradling.draw_dot(x), x)[1], [w])([1.0])


def test_a_program_runs_in_threads_and_lets_others_run() -> None:
    w = Value(1.0)
    loss = Program(lambda x: ((w * x).tanh() - x).tanh() ** 2, [w])
    x = np.linspace(-1, 1, 100_000)
    expected = loss(x)
    found: list[float] = []
    threads = [threading.Thread(target=lambda: found.append(loss(x))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_saved_programs(tmp_path: Path) -> None:
    w = Value(2.0)
    loss = Program(lambda x: (x * w - 1) ** 2, [w])
    path = loss.save(tmp_path / "loss.program", [1.0])
    other = Value(5.0)
    loaded = Program.load(path, [other])
    loss_of_other = (5.0 - 1) ** 2 / 2 + (3 * 5.0 - 1) ** 2 / 2
    assert loaded([1.0, 3.0]) == loaded([[1.0], [3.0]]) == loss_of_other
    assert (loaded.__name__, loaded.parameters) == ("loss", (other,))
    with pytest.raises(ValueError, match="runs for shapes that it was recorded for"):
        loaded([[1.0, 2.0]])
    with pytest.raises(ValueError, match="has 1 parameters, and 0 were given"):
        Program.load(path)
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match="loss.program: "):
        Program.load(path, [other])


def test_one_trainer_steps_programs_of_several_shapes_as_values_do() -> None:
    """Adam's averages go on from shape to shape, and parameters written between steps are taken."""

    def both(step) -> list[float]:
        w, b = Value(0.5), Value(-0.25)
        optimizer = optim.Adam([w, b], lr=0.1)
        step = step(w, b, optimizer)
        seen = []
        for k, row in enumerate([[1.0, 2.0], [3.0], [2.0, -1.0], [0.5], [1.0, 1.0]]):
            optimizer.lr = 0.1 / (k + 1)
            if k == 3:
                w.data = 1.5
            seen += [step(row), w.data, b.data]
        return seen

    def by_values(w, b, optimizer):
        def step(row):
            loss = sum((w * x + b - 1) ** 2 for x in row)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss.data

        return step

    def by_programs(w, b, optimizer):
        loss = Program(lambda row: sum((w * x + b - 1) ** 2 for x in row), [w, b], dtype="float64")
        trainer = Trainer(loss, optimizer)
        return lambda row: trainer.step([row])

    assert both(by_programs) == pytest.approx(both(by_values), rel=1e-12)


def test_fitting_twice_goes_on() -> None:
    def trained(*epochs: int) -> tuple[float, list[float]]:
        w = Value(0.0)
        loss = Program(lambda x: (w * x - 3) ** 2, [w], dtype="float64")
        trainer = Trainer(loss, optim.Adam([w], lr=0.1), batch=2, schedule=lambda k: 0.1 / (k + 1))
        for count in epochs:
            trainer.fit([1.0, 2.0, 3.0, 4.0, 5.0], epochs=count)
        return w.data, trainer.history

    assert trained(5) == trained(2, 3)


def test_a_step_without_a_finite_loss_changes_nothing() -> None:
    w = Value(2.0)
    trainer = Trainer(Program(lambda x: (w * x).log(), [w]), optim.SGD([w], lr=0.1))
    with pytest.raises(ArithmeticError, match="loss"):
        trainer.step([-1.0])
    assert w.data == 2.0


def test_without_numpy() -> None:
    import subprocess

    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from gradling import Value, Program, Trainer, optim\n"
        "w = Value(0.0)\n"
        "loss = Program(lambda x, y: ((w * x[0] - y) ** 2, w * x[0]), [w])\n"
        "Trainer(loss, optim.SGD([w], lr=0.1)).fit([[1.0], [2.0]], [2.0, 4.0], epochs=50)\n"
        "print(round(w.data, 3), list(loss.value_and_grad([[1.0]], [2.0])[1])[0] < 1e-3)\n"
        "print([round(p) for p in loss.predict([[1.0], [5.0]])])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "2.0 True\n[2, 10]\n", done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise")
def test_ctrl_c_ends_a_long_epoch_and_keeps_what_was_learned() -> None:
    import signal
    import subprocess

    code = (
        "import numpy as np\n"
        "from gradling import Program, Trainer, Value, optim\n"
        "w = Value(0.0)\n"
        "loss = Program(lambda x: (w * x - x) ** 2, [w])\n"
        "x = np.ones(2_000_000)\n"
        "print('ready', flush=True)\n"
        "try:\n"
        "    Trainer(loss, optim.SGD([w], lr=1e-3), batch=1).fit(x, epochs=1000)\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', w.data > 0.5)\n"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        import time

        time.sleep(1.0)  # for the epoch to begin and to learn
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "interrupted True\n"
