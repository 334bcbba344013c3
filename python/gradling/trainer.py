"""Training a program: batches, optimiser and progress put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradling import _native
from gradling.optim import Optimizer
from gradling.compiled import Program

__all__ = ["Trainer"]


class Trainer:
    """Trains a program by an optimiser on rows that it shuffles into batches.

    The optimiser's settings are taken; its averages are the trainer's own. `schedule` maps the number of an
    epoch, from 0, to its learning rate. After `fit` the parameters have the trained numbers, also when it is
    interrupted by Ctrl-C.
    """

    def __init__(
        self,
        program: Program,
        optimizer: Optimizer,
        *,
        batch: int | None = None,
        seed: int = 0,
        schedule: Callable[[int], float] | None = None,
    ) -> None:
        same = len(program.parameters) == len(optimizer.parameters) and all(
            a is b for a, b in zip(program.parameters, optimizer.parameters)
        )
        if not same:
            raise ValueError("the optimiser must have the program's parameters, in their order")
        if seed < 0:
            raise ValueError(f"the seed must not be negative, and it is {seed}")
        self.program = program
        self.optimizer = optimizer
        self.batch = batch
        self.seed = seed
        self.schedule = schedule
        #: The loss of each epoch so far.
        self.history: list[float] = []

    def fit(self, *arrays: Any, epochs: int = 1, progress: bool = False) -> Trainer:
        """Trains for so many epochs. `progress` shows a bar, if tqdm is installed.

        Raises `ArithmeticError` if a loss is not finite; the parameters are then those of the last that was.
        """
        if epochs < 0:
            raise ValueError(f"the number of epochs must not be negative, and it is {epochs}")
        program = self.program
        batch = program._batch(arrays)
        rows = _native.Batch(batch.data, program.dtype)
        numbers = _native.numbers(program.parameters)
        trainer = _native.Trainer(
            batch.program,
            numbers,
            self.optimizer.spec,
            program.dtype,
            program.mode,
            program.threads,
            self.batch,
            self.seed,
        )
        try:
            with _Bar(epochs, progress) as bar:
                for epoch in range(epochs):
                    lr = self.schedule(epoch) if self.schedule else None
                    loss = trainer.epoch(rows, lr)
                    self.history.append(loss)
                    bar.show(loss)
        finally:
            _native.set_numbers(program.parameters, trainer.parameters())
        return self


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
