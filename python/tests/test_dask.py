"""Training over Dask, on a cluster of processes: the same model as one machine, whatever happens to workers."""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gradling import Program, Step, Trainer, Value, nn, optim, program

pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")
import dask.dataframe as dd
import pandas as pd
from gradling.dask import fit

COLUMNS = ["length", "width", "age"]
#: A loaded machine may take long to start a process.
PATIENCE = "120s"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    # Absence is what some tests are about: Dask need not tell.
    for name in ("distributed", "distributed.scheduler", "distributed.nanny", "distributed.core"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    timeouts = {"distributed.comm.timeouts.connect": PATIENCE, "distributed.comm.timeouts.tcp": PATIENCE}
    with dd_config(timeouts), distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        memory_limit=None,
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster


def dd_config(settings: dict[str, Any]) -> Any:
    import dask

    return dask.config.set(settings)


@pytest.fixture()
def client(cluster: Any) -> Iterator[Any]:
    """Two workers, whatever a test before did to them."""
    with distributed.Client(cluster, timeout=PATIENCE) as client:
        scaled(cluster, client, 2)
        yield client


def scaled(cluster: Any, client: Any, workers: int) -> None:
    cluster.scale(workers)
    client.wait_for_workers(workers, timeout=120)
    while len(client.scheduler_info(n_workers=-1)["workers"]) > workers:
        client.sync(distributed.utils.asyncio.sleep, 0.05)


def frame(rows: int = 1003) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, 3))
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + rng.normal(scale=0.1, size=rows)
    return pd.DataFrame({**dict(zip(COLUMNS, x.T)), "price": y, "name": "someone"})


def uneven(frame: pd.DataFrame) -> Any:
    """Partitions of very different sizes, two of them empty."""
    divisions = [0, 0, 10, 400, 401, 401, 800, len(frame)]
    parts = [frame.iloc[a:b] for a, b in zip(divisions, divisions[1:])]
    return dd.from_map(lambda part: part, parts, meta=frame.iloc[:0])


class Net:
    """A small network, its program and its optimiser, always from the same start."""

    def __init__(self, **options: Any) -> None:
        model = nn.MLP(3, [8, 1], seed=1)

        def loss(x: list[Value], y: Value) -> Step:
            penalty = sum((p * p for p in model.parameters()), Value(0.0))
            return Step((model(x) - y) ** 2, plus=0.001 * penalty)

        self.program = Program(loss, model, **{"dtype": "float64", **options})
        self.optimizer = optim.Adam(model, lr=0.02)

    def fit(self, table: Any, **options: Any) -> list[float]:
        given = {"inputs": COLUMNS, "target": "price", "optimizer": self.optimizer, **options}
        return fit(self.program, table, **given)

    def numbers(self) -> list[float]:
        return [p.data for p in self.program.parameters]


def on_one_machine(epochs: int, table: pd.DataFrame) -> tuple[list[float], list[float]]:
    net = Net()
    trainer = Trainer(net.program, net.optimizer)
    trainer.fit(table[COLUMNS], table["price"], epochs=epochs)
    return net.numbers(), trainer.history


def test_the_model_is_that_of_one_machine(client: Any) -> None:
    table = frame()
    numbers, history = on_one_machine(25, table)
    net = Net()
    assert net.fit(uneven(table), epochs=25) == pytest.approx(history, rel=0, abs=1e-10)
    assert net.numbers() == pytest.approx(numbers, rel=0, abs=1e-10)
    assert history[-1] < 0.8 * history[0]


@pytest.mark.parametrize("killed", [1, 2])
def test_a_worker_killed_in_the_middle_changes_nothing(client: Any, killed: int) -> None:
    table = frame()
    numbers, history = on_one_machine(12, table)
    before = client.run(os.getpid)

    def kill(step: int, loss: float) -> None:
        if step == 4:
            held = client.has_what()
            for address in list(before)[:killed]:
                assert held[address], "there is something to lose"
                os.kill(before[address], getattr(signal, "SIGKILL", signal.SIGTERM))

    net = Net()
    found = net.fit(uneven(table), epochs=12, on_step=kill)
    assert found == pytest.approx(history, rel=0, abs=1e-10)
    assert net.numbers() == pytest.approx(numbers, rel=0, abs=1e-10)
    scaled(client.cluster, client, 2)
    assert len(set(client.run(os.getpid).values()) & set(before.values())) == 2 - killed


def test_the_bits_do_not_depend_on_the_number_of_workers(cluster: Any, client: Any) -> None:
    found = []
    for workers in (2, 1, 3):
        scaled(cluster, client, workers)
        net = Net()
        losses = net.fit(uneven(frame()), epochs=4, partitions=2, seed=5)
        found.append((losses, net.numbers()))
    assert found[0] == found[1] == found[2]


def test_a_program_that_was_loaded_trains_like_the_one_that_was_saved(client: Any, tmp_path: Path) -> None:
    ddf = dd.from_pandas(frame(200), npartitions=2)
    net, other = Net(), Net()
    path = net.program.save(tmp_path / "step", np.zeros((1, 3)), np.zeros(1))
    other.program = Program.load(path, other.program.parameters, dtype="float64")
    assert net.fit(ddf, epochs=2) == other.fit(ddf, epochs=2)
    assert net.numbers() == other.numbers()


def test_some_partitions_a_step_are_shuffled_by_the_seed(client: Any) -> None:
    table, size = frame(800), 200
    ddf = dd.from_pandas(table, npartitions=4)

    def trained(seed: int) -> tuple[list[float], list[float], list[float]]:
        net, met = Net(), []
        losses = net.fit(
            ddf, epochs=2, partitions=1, seed=seed, on_step=lambda step, loss: met.append(loss)
        )
        return losses, net.numbers(), met

    losses, numbers, met = trained(1)
    assert trained(1) == (losses, numbers, met) and len(met) == 8
    assert any(trained(seed)[1] != numbers for seed in (2, 3))
    assert losses == pytest.approx([np.mean(met[:4]), np.mean(met[4:])], rel=1e-14)
    # The first step met one of the partitions whole.
    parts = [table[start : start + size] for start in range(0, 800, size)]
    each = [Net().program(part[COLUMNS], part["price"]) for part in parts]
    assert min(abs(met[0] - loss) for loss in each) < 1e-12


def test_a_sum_adds_its_penalty_once(client: Any) -> None:
    w = Value(0.5)
    total = Program(
        lambda x, y: Step((w * x - y) ** 2, plus=10 * w * w, reduction="sum"), [w], dtype="float64"
    )
    ddf = dd.from_pandas(pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [0.0, 1.0, 1.0, 2.0]}), npartitions=3)
    losses = fit(total, ddf, inputs="x", target="y", optimizer=optim.SGD([w], lr=0.01), epochs=1)
    # 0.25 + 0 + 0.25 + 0 + 10 / 4, and 2 Σ x (w x − y) + 20 w by hand.
    assert losses == pytest.approx([3.0], rel=1e-15)
    assert w.data == pytest.approx(0.5 - 0.01 * (2 * (0.5 + 0 + 1.5 + 0) + 10), rel=1e-15)


def test_the_optimiser_and_its_averages_go_on(client: Any) -> None:
    table = frame(300)
    ddf = dd.from_pandas(table, npartitions=3)
    numbers, history = on_one_machine(6, table)
    net = Net()
    losses = net.fit(ddf, epochs=2) + net.fit(ddf, epochs=0) + net.fit(ddf, epochs=1)
    Trainer(net.program, net.optimizer).fit(table[COLUMNS], table["price"], epochs=3)
    assert losses == pytest.approx(history[:3], abs=1e-10)
    assert net.numbers() == pytest.approx(numbers, rel=0, abs=1e-10)


def test_a_schedule_gives_the_rate_of_each_epoch(client: Any) -> None:
    w = Value(0.0)
    straight = Program(lambda x: w * x, [w], dtype="float64")
    ddf = dd.from_pandas(pd.DataFrame({"x": [1, 1]}), npartitions=2)
    fit(
        straight, ddf, inputs="x", optimizer=optim.SGD([w], lr=9.0), epochs=2, schedule=lambda epoch: 1.0 + epoch
    )
    assert w.data == -3.0


def test_columns_of_every_kind_of_number_are_taken_in_single_precision(client: Any) -> None:
    w = Value(0.0)
    first = Program(lambda x: (w - x[0] - x[1] - x[2]) ** 2, [w])
    table = pd.DataFrame(
        {
            "small": np.array([1, 2], dtype="int8"),
            "flag": [True, False],
            "nullable": pd.array([3, 4], dtype="Int64"),
        }
    )
    ddf = dd.from_pandas(table, npartitions=2)
    fit(first, ddf, inputs=list(table), optimizer=optim.SGD([w], lr=0.5))
    assert w.data == 5.5  # the mean of 5 and 6


def test_a_worker_gets_the_program_once(client: Any) -> None:
    seen = []

    def count(dask_worker: Any) -> list[int]:
        plugins = dask_worker.plugins.items()
        return [id(plugin) for name, plugin in plugins if name.startswith("gradling-")]

    Net().fit(
        dd.from_pandas(frame(100), npartitions=4),
        epochs=3,
        on_step=lambda step, loss: seen.append(client.run(count)),
    )
    assert len(seen) == 3 and seen[0] == seen[1] == seen[2]
    assert [len(plugins) for plugins in seen[0].values()] == [1, 1]
    assert list(client.run(count).values()) == [[], []]


def test_what_is_wrong_with_a_table_is_said(client: Any) -> None:
    table = frame(40)
    holed, endless = table.copy(), table.copy()
    holed.loc[25, "width"] = math.nan
    endless.loc[3, "price"] = math.inf
    cases: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
        (table, {"inputs": ["length", "size"]}, ValueError, "no column 'size'; the table has 'length', 'width'"),
        (table, {"inputs": COLUMNS[:2] + ["name"]}, TypeError, "column 'name' does not hold numbers but"),
        (table, {"inputs": []}, ValueError, "a row needs a column at least"),
        (table, {"inputs": [1]}, TypeError, "the name of a column is a text, not 1"),
        (holed, {}, ValueError, "'width' has no number in row 5 of partition 1"),
        (endless, {}, ValueError, "'price' has inf, no finite float64, in row 3 of partition 0"),
        (table[:0], {}, ValueError, "there are no rows to learn from"),
        (table, {"partitions": 0}, ValueError, "partitions must be 1 at least, and it is 0"),
        (table, {"epochs": -1}, ValueError, "epochs must be 0 at least"),
        (table, {"optimizer": optim.SGD([Value(1.0)])}, ValueError, "must have the program's parameters"),
    ]
    for wrong, options, error, message in cases:
        net = Net()
        before = net.numbers()
        with pytest.raises(error, match=message):
            net.fit(dd.from_pandas(wrong, npartitions=2), **options)
        assert net.numbers() == before
    with pytest.raises(TypeError, match="a table of dask.dataframe, not DataFrame: .*from_pandas"):
        Net().fit(table)
    w = Value(1.0)
    outputs = program(lambda x: [x * w])
    with pytest.raises(ValueError, match="the program has no loss"):
        fit(Program(outputs.function, [w]), dd.from_pandas(table, npartitions=1), inputs="age",
            optimizer=optim.SGD([w]))


def test_training_that_diverges_keeps_the_last_good_numbers(client: Any) -> None:
    x = [1.0, 1.0]
    ddf = dd.from_pandas(pd.DataFrame({"x": x}), npartitions=2)
    for lr in (1e3, 1e308):
        w, v = Value(1.0), Value(1.0)
        with pytest.raises(ArithmeticError, match="training diverged") as here:
            alone = Program(lambda x: (v * x) ** 4, [v], dtype="float64")
            Trainer(alone, optim.SGD([v], lr=lr)).fit(x, epochs=9)
        with pytest.raises(ArithmeticError) as there:
            steep = Program(lambda x: (w * x) ** 4, [w], dtype="float64")
            fit(steep, ddf, inputs="x", optimizer=optim.SGD([w], lr=lr), epochs=9)
        assert str(there.value) == str(here.value)
        assert w.data == pytest.approx(v.data, rel=1e-12) and math.isfinite(w.data)


def test_a_step_that_is_interrupted_leaves_what_was_trained(client: Any) -> None:
    net, table = Net(), frame(50)

    seen = []

    def interrupt(step: int, loss: float) -> None:
        seen.append(net.numbers())
        if step == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.fit(dd.from_pandas(table, npartitions=2), epochs=9, on_step=interrupt)
    assert net.numbers() == seen[2] != seen[1]
    assert net.numbers() == pytest.approx(on_one_machine(3, table)[0], rel=0, abs=1e-10)


def test_without_workers_the_way_to_some_is_named() -> None:
    with pytest.raises(ValueError, match="there are no workers: make a distributed.Client before"):
        Net().fit(dd.from_pandas(frame(10), npartitions=1))


def test_without_dask_the_way_to_it_is_named() -> None:
    code = "import sys; sys.modules['dask.dataframe'] = None; import gradling.dask"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and 'ImportError: gradling.dask needs Dask' in done.stderr
    assert 'pip install "gradling[dask]"' in done.stderr
