"""Training a program: batches, optimiser and progress put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradling import _native
from gradling.optim import Optimizer
from gradling.compiled import Program

__all__ = ["Trainer"]


def same_parameters(program: Program, optimizer: Optimizer) -> None:
    """Raises `ValueError` unless a program and an optimiser have the same parameters."""
    same = len(program.parameters) == len(optimizer.parameters) and all(
        a is b for a, b in zip(program.parameters, optimizer.parameters)
    )
    if not same:
        raise ValueError("the optimiser must have the program's parameters, in their order")


class Trainer:
    """Trains a program by an optimiser, on batches of rows (`fit`) or step by step (`step`).

    Batches are drawn in a new order in each epoch, which `seed` decides; without `shuffle` they are blocks of
    neighbours, always in the order in which the rows are given.

    The optimiser's averages go on from one call to the next, and from steps of its own. `schedule` maps the
    number of an epoch, counted from 0 over all calls of `fit`, to its learning rate; without one it is the
    optimiser's `lr`. The parameters have the trained numbers after each call, also when it is interrupted by
    Ctrl-C, and numbers that they are given between calls are taken.
    """

    def __init__(
        self,
        program: Program,
        optimizer: Optimizer,
        *,
        batch: int | None = None,
        seed: int = 0,
        shuffle: bool = True,
        schedule: Callable[[int], float] | None = None,
    ) -> None:
        same_parameters(program, optimizer)
        if seed < 0:
            raise ValueError(f"the seed must not be negative, and it is {seed}")
        if shuffle not in (True, False):
            raise TypeError(f"shuffle must be True or False, not {shuffle!r}")
        if batch is not None and batch < 1:
            raise ValueError(f"a batch needs a sample at least, and it has {batch}")
        self.program = program
        self.optimizer = optimizer
        self.batch = batch
        self.seed = seed
        self.shuffle = bool(shuffle)
        self.schedule = schedule
        #: The loss of each epoch so far.
        self.history: list[float] = []
        self._native: Any = None

    def fit(self, *arrays: Any, epochs: int = 1, progress: bool = False) -> Trainer:
        """Trains for so many epochs. `progress` shows a bar, if tqdm is installed.

        Raises `ArithmeticError` if a loss is not finite; the parameters are then those of the last that was.
        """
        if epochs < 0:
            raise ValueError(f"the number of epochs must not be negative, and it is {epochs}")
        runner, rows = self._rows(arrays)
        trainer = self._trainer(runner)
        trainer.load()
        try:
            with _Bar(epochs, progress) as bar:
                for _ in range(epochs):
                    lr = self.schedule(len(self.history)) if self.schedule else self.optimizer.lr
                    loss = trainer.epoch(runner, rows, lr)
                    self.history.append(loss)
                    bar.show(loss)
        finally:
            trainer.store()
        return self

    def step(self, *arrays: Any) -> float:
        """Trains by one step on all rows of these arrays, at the optimiser's `lr`, and gives the loss before.

        Samples may have another shape at each step, as sentences of several lengths: the program is recorded
        once for each.

        Raises `ArithmeticError` if the loss is not finite; the parameters then stay as they are.
        """
        runner, rows = self._rows(arrays)
        return float(self._trainer(runner).step(runner, rows, self.optimizer.lr))

    def _rows(self, arrays: tuple[Any, ...]) -> tuple[Any, Any]:
        batch = self.program._batch(arrays)
        return batch.runner, _native.Batch(batch.data, self.program.dtype)

    def _trainer(self, runner: Any) -> Any:
        if self._native is None:
            self._native = _native.Trainer(
                runner,
                self.program._values,
                self.optimizer._native,
                self.batch,
                self.seed,
                self.shuffle,
            )
        return self._native


class _Bar:
    """A progress bar, or nothing."""

    def __init__(self, epochs: int, progress: bool) -> None:
        self._bar: Any = None
        if progress:
            try:
                from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]
            except ImportError:
                raise ImportError("progress=True needs tqdm: pip install tqdm") from None
            self._bar = tqdm(total=epochs, unit="epoch")

    def __enter__(self) -> _Bar:
        return self

    def show(self, loss: float) -> None:
        if self._bar is not None:
            self._bar.update()
            self._bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
