"""Training on a table that outgrows one machine: the program goes to Dask's workers, where the rows are.

The table is read once, partition by partition, and stays with the workers as the numbers that the program
takes. A step sends the parameters to them and gets a gradient from each partition; these are added in the order
of the partitions, whoever was first, so the trained numbers have the same bits for any number of workers. The
optimiser steps here. What a lost worker held is read again by Dask, and its part of the step repeated.
"""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gradling import _native
from gradling.compiled import Program
from gradling.optim import Optimizer
from gradling.trainer import same_parameters

try:
    import dask
    import dask.dataframe
    import distributed
    import numpy
    import pandas
except ImportError as error:
    raise ImportError(
        f'gradling.dask needs Dask with its tables ({error}): pip install "gradling[dask]"'
    ) from error

__all__ = ["fit"]

#: So many bytes of gradients are fetched from the workers at a time.
_FETCHED = 64 << 20


def fit(
    program: Program,
    ddf: Any,
    *,
    inputs: str | Sequence[str],
    target: str | Sequence[str] | None = None,
    optimizer: Optimizer,
    epochs: int = 1,
    partitions: int | None = None,
    seed: int = 0,
    schedule: Callable[[int], float] | None = None,
    on_step: Callable[[int, float], object] | None = None,
    client: distributed.Client | None = None,
) -> list[float]:
    """Trains a program on a table of `dask.dataframe`, and returns the loss of each epoch.

    The program's first argument is a row of the columns `inputs`, its second one of `target`; the name of a single
    column, without a list, gives the value itself. Columns hold numbers, and none may be missing.

    A step takes the whole table, or so many `partitions`: these are shuffled for each epoch with `seed`, and the
    last step takes what is left. The loss of a step is that of its rows, whatever their partitions: for a
    program that is a mean, partitions count by their rows. Empty ones are passed over.

    `schedule` maps the number of an epoch, from 0, to its learning rate; without one it is the optimiser's `lr`.
    `on_step` is called after each step with its number, from 0, and the loss before it, to watch the parameters or
    keep them; an error that it raises ends the training. `client` is the connection to the workers; without one it
    is the current `distributed.Client`.

    The parameters have the trained numbers afterwards, also when it is interrupted by Ctrl-C, and the optimiser
    its averages.

    >>> import dask.dataframe, distributed                                       # doctest: +SKIP
    >>> client = distributed.Client("scheduler:8786")                            # doctest: +SKIP
    >>> table = dask.dataframe.read_parquet("s3://flights/*.parquet")            # doctest: +SKIP
    >>> losses = fit(loss, table, inputs=["distance", "hour"], target="delay",   # doctest: +SKIP
    ...              optimizer=optim.Adam(model, lr=0.01), epochs=20)

    Raises `ValueError` if a column is not there or has a missing or infinite number, or there are no rows;
    `TypeError` if a column does not hold numbers; `ArithmeticError` if a loss is not finite: the parameters are
    then those of the last that was.
    """
    same_parameters(program, optimizer)
    for name, number, least in (("epochs", epochs, 0), ("partitions", partitions, 1), ("seed", seed, 0)):
        if number is not None and number < least:
            raise ValueError(f"{name} must be {least} at least, and it is {number}")
    arrays = [_names(columns) for columns in (inputs, target) if columns is not None]
    _check(ddf, arrays)
    recorded = program.record(*(_sample(columns) for columns in arrays))
    if recorded.reduction is None:
        raise ValueError("the program has no loss: its function must return one")
    client = _client(client)
    compiled = _Compiled(recorded, program)
    client.register_plugin(compiled, name=compiled.name)
    try:
        table = _Table(client, ddf, arrays, compiled)
        training = _Training(table, program, optimizer)
        try:
            return list(training.epochs(epochs, partitions, seed, schedule, on_step))
        finally:
            training.store()
    finally:
        if client.status == "running":
            client.unregister_worker_plugin(compiled.name)


class _Compiled(distributed.WorkerPlugin):
    """The program on a worker: sent to each once, also to those that come later, and compiled there once."""

    def __init__(self, recorded: Any, program: Program) -> None:
        self.name = f"gradling-{uuid.uuid4()}"
        self.mean = recorded.reduction == "mean"
        self.saved: bytes = recorded.save()
        self.options = (program.dtype, program.mode, program.threads or 1)
        self._free: list[_native.Runner] = []

    def setup(self, worker: Any) -> None:
        self._free = [self._runner()]

    def teardown(self, worker: Any) -> None:
        self._free = []

    def _runner(self) -> _native.Runner:
        return _native.Runner(_native.Program.load(self.saved), *self.options)

    def slope(self, numbers: bytes, arrays: Sequence[bytes]) -> tuple[float, bytes]:
        """The loss of these rows and the bytes of its gradient. Each thread that is busy has a runner."""
        try:
            runner = self._free.pop()
        except IndexError:
            runner = self._runner()
        found = runner.value_and_grad_at(numbers, arrays)
        self._free.append(runner)
        return found


class _Table:
    """The rows of a table, as arrays of numbers with the workers."""

    def __init__(
        self,
        client: distributed.Client,
        ddf: Any,
        arrays: list[str | list[str]],
        compiled: _Compiled,
    ) -> None:
        self.client = client
        self.compiled = compiled
        self.arrays = len(arrays)
        self.dtype = compiled.options[0]
        wanted = list(dict.fromkeys(_flat(arrays)))
        read: Any = dask.delayed(_read, pure=True)  # type: ignore[attr-defined]
        delayed = [
            read(part, arrays, self.dtype, place)
            for place, part in enumerate(ddf[wanted].to_delayed())
        ]
        parts: Any = client.compute(delayed)
        counts: Any = client.gather(client.map(_rows, parts))
        #: The partitions that have rows, in their order, and how many they have.
        self.parts = [(part, rows) for part, rows in zip(parts, counts) if rows]
        if not self.parts:
            raise ValueError("there are no rows to learn from: the table is empty")

    def slope(self, numbers: Any, chosen: list[int]) -> tuple[float, Any]:
        """The loss and its gradient over partitions, by their places in `parts`, at these parameters."""
        sent = numbers.tobytes()
        total = sum(self.parts[place][1] for place in chosen)
        loss, gradient = 0.0, numpy.zeros(len(numbers))
        # In their order, and so in the same for any number of workers.
        for place, (partial, slope) in zip(chosen, self._slopes(sent, chosen)):
            share = self.parts[place][1] / total if self.compiled.mean else 1.0
            loss += share * partial
            gradient += share * numpy.frombuffer(slope, self.dtype)
        if not self.compiled.mean and len(chosen) > 1:
            # What is added once to a sum is in that of each partition.
            once, slope = self.compiled.slope(sent, [b""] * self.arrays)
            loss -= (len(chosen) - 1) * once
            gradient -= (len(chosen) - 1) * numpy.frombuffer(slope, self.dtype)
        return loss, gradient

    def _slopes(self, sent: bytes, chosen: list[int]) -> Iterator[tuple[float, bytes]]:
        # A task of their own, which one worker runs and the others fetch from it, each once. It can run again
        # where that worker is lost; data that were scattered could not.
        numbers = self.client.submit(bytes, sent, key=f"gradling-numbers-{uuid.uuid4()}")
        parts = [self.parts[place][0] for place in chosen]
        names = [self.compiled.name] * len(parts)
        futures: Any = self.client.map(_slope, names, [numbers] * len(parts), parts, pure=False)
        group = max(1, _FETCHED // max(1, len(sent)))
        for first in range(0, len(futures), group):
            yield from self.client.gather(futures[first : first + group])


class _Training:
    """The parameters in training, in double precision whatever the program computes in."""

    def __init__(self, table: _Table, program: Program, optimizer: Optimizer) -> None:
        self.table = table
        self.parameters = program.parameters
        self.optimizer = optimizer
        self.numbers = numpy.array([p.data for p in program.parameters], dtype="float64")
        #: Those of the last step whose loss was finite.
        self.before = self.numbers
        self.steps = 0

    def epochs(
        self,
        epochs: int,
        partitions: int | None,
        seed: int,
        schedule: Callable[[int], float] | None,
        on_step: Callable[[int, float], object] | None,
    ) -> Iterator[float]:
        """The loss of each epoch, each row as it was met."""
        order = list(range(len(self.table.parts)))
        size = min(partitions or len(order), len(order))
        rng = random.Random(seed)
        mean = self.table.compiled.mean
        for epoch in range(epochs):
            lr = schedule(epoch) if schedule else self.optimizer.lr
            if size < len(order):
                rng.shuffle(order)
            sum_of_losses, rows = 0.0, 0
            for first in range(0, len(order), size):
                chosen = sorted(order[first : first + size])
                count = sum(self.table.parts[place][1] for place in chosen)
                loss = self._step(chosen, lr)
                sum_of_losses += loss * count if mean else loss
                rows += count
                if on_step:
                    self.store()
                    on_step(self.steps - 1, loss)
            yield sum_of_losses / rows if mean else sum_of_losses

    def _step(self, chosen: list[int], lr: float) -> float:
        loss, gradient = self.table.slope(self._narrow(), chosen)
        if not math.isfinite(loss):
            raise self._diverged(f"the loss of step {self.steps} is {loss}")
        self.before = self.numbers
        after = self.optimizer._native.update(self.numbers.tobytes(), gradient.tobytes(), lr)
        self.numbers = numpy.frombuffer(after, "float64")
        narrow = self._narrow()
        if not numpy.isfinite(narrow).all():
            place = int(numpy.argmin(numpy.isfinite(narrow)))
            raise self._diverged(f"step {self.steps} made parameter {place} {narrow[place]}")
        self.steps += 1
        return loss

    def _narrow(self) -> Any:
        """The numbers as the program has them."""
        with numpy.errstate(over="ignore"):
            return self.numbers.astype(self.table.dtype)

    def _diverged(self, what: str) -> ArithmeticError:
        self.numbers = self.before
        return ArithmeticError(
            f"training diverged: {what}; try a smaller rate, and see that all inputs are finite"
        )

    def store(self) -> None:
        """Gives the parameters their numbers."""
        for parameter, number in zip(self.parameters, self.numbers.tolist()):
            parameter.data = number


def _client(client: distributed.Client | None) -> distributed.Client:
    if client is None:
        try:
            client = distributed.default_client()
        except ValueError:
            raise ValueError(
                "there are no workers: make a distributed.Client before, of a cluster's address or, for "
                "this machine, without one"
            ) from None
    if client.asynchronous:
        raise TypeError("fit waits for its steps: give it a client that is not asynchronous")
    return client


def _names(columns: Any) -> str | list[str]:
    """A column, or the list of those of a row."""
    if isinstance(columns, str):
        return columns
    names = list(columns)
    if not names:
        raise ValueError("a row needs a column at least: name one")
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"the name of a column is a text, not {name!r}")
    return names


def _flat(arrays: list[str | list[str]]) -> list[str]:
    return [name for names in arrays for name in ([names] if isinstance(names, str) else names)]


def _sample(columns: str | list[str]) -> Any:
    """An array of one row, to record by."""
    return numpy.zeros(1 if isinstance(columns, str) else (1, len(columns)))


def _check(ddf: Any, arrays: list[str | list[str]]) -> None:
    """That all columns are there and of numbers, before a worker begins."""
    if not isinstance(ddf, dask.dataframe.DataFrame):
        raise TypeError(
            f"fit takes a table of dask.dataframe, not {type(ddf).__name__}: "
            "dask.dataframe.from_pandas(frame, npartitions=8) makes one of a pandas.DataFrame"
        )
    there = list(ddf.columns)
    for name in _flat(arrays):
        if name not in there:
            known = ", ".join(map(repr, there[:20])) + (", …" if len(there) > 20 else "")
            raise ValueError(f"there is no column {name!r}; the table has {known}")
        if there.count(name) > 1:
            raise ValueError(f"the table has {there.count(name)} columns {name!r}: rename them")
        _check_numeric(name, ddf.dtypes[name])


def _check_numeric(name: str, dtype: Any) -> None:
    kinds = pandas.api.types
    if not kinds.is_numeric_dtype(dtype) or kinds.is_complex_dtype(dtype):
        raise TypeError(
            f"column {name!r} does not hold numbers but {dtype}: encode it before, for instance by "
            "dask.dataframe.get_dummies, or `.astype` where it only looks so"
        )


# What runs on the workers.


def _read(frame: Any, arrays: list[str | list[str]], dtype: str, place: int) -> Any:
    """How many rows a partition has, and the bytes of the arrays that the program takes."""
    read = [_array(frame, names, dtype, place) for names in arrays]
    # Tuples, of which Dask knows the size.
    return len(frame), tuple(array.tobytes() for array in read)


def _array(frame: Any, names: str | list[str], dtype: str, place: int) -> Any:
    if isinstance(names, str):
        return _column(frame, names, dtype, place)
    array = numpy.empty((len(frame), len(names)), dtype)
    for k, name in enumerate(names):
        array[:, k] = _column(frame, name, dtype, place)
    return array


def _column(frame: Any, name: str, dtype: str, place: int) -> Any:
    # A partition may differ from what its table says.
    _check_numeric(name, frame[name].dtype)
    wide = frame[name].to_numpy(dtype="float64", na_value=numpy.nan)
    with numpy.errstate(over="ignore"):
        numbers = wide.astype(dtype)
    finite = numpy.isfinite(numbers)
    if not finite.all():
        row = int(numpy.argmin(finite))
        what = "no number" if numpy.isnan(wide[row]) else f"{wide[row]}, no finite {dtype},"
        raise ValueError(
            f"column {name!r} has {what} in row {row} of partition {place}, both from 0: fill or drop it, by "
            "`fillna`, `dropna` or `replace`"
        )
    return numbers


def _rows(part: Any) -> int:
    return int(part[0])


def _slope(name: str, numbers: bytes, part: Any) -> tuple[float, bytes]:
    plugin: Any = distributed.get_worker().plugins[name]
    found: tuple[float, bytes] = plugin.slope(numbers, part[1])
    return found
