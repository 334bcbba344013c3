"""Programs: a step written for one sample, compiled to vector code for batches."""

from __future__ import annotations

import inspect
import os
from array import array as plain_array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

from gradling import _native
from gradling._native import Value

Dtype = Literal["float32", "float64"]


@dataclass
class Step:
    """What a step gives for one sample, where it is more than a loss.

    - `loss`: the loss of the sample; the program's is the mean over all samples, or their sum if `reduction`
      is 'sum'.
    - `outputs`: what `predict` gives for each sample.
    - `plus`: a term added to the loss once, however many samples there are, as a penalty on the parameters.
    """

    loss: Value | None = None
    outputs: Sequence[Value] = ()
    plus: Value | None = None
    reduction: Literal["mean", "sum"] = "mean"


def parameters_of(parameters: Any) -> list[Value]:
    """The values of something with `parameters()`, or of something to iterate."""
    if callable(getattr(parameters, "parameters", None)):
        parameters = parameters.parameters()
    return list(parameters)


class Program:
    """A function of the values of one sample, compiled for batches of numbers.

    `function` gets an argument for each array: the list of the sample's values where the array has two
    dimensions, samples × numbers, and the value itself where it has one. It returns the loss of the sample, or
    the tuple of loss and outputs, or a `Step`. It runs once for each shape of a sample, with values that have
    no number: asking for one is an error, since the program would repeat for all samples what was chosen for
    one.

    The parameters' numbers are read at each call.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        parameters: Any = (),
        *,
        dtype: Dtype = "float32",
        mode: Literal["fast", "strict"] = "fast",
        threads: int | None = None,
    ) -> None:
        if dtype not in ("float32", "float64"):
            raise ValueError(f"dtype must be 'float32' or 'float64', not {dtype!r}")
        self.function = function
        #: The values that gradients are computed by.
        self.parameters = tuple(parameters_of(parameters))
        self._values = _native.Parameters(self.parameters)
        self.dtype = dtype
        self.mode = mode
        self.threads = threads
        self._recorded: dict[tuple[int | None, ...], tuple[Any, Any]] = {}
        self.__doc__ = function.__doc__ or type(self).__doc__
        self.__name__ = getattr(function, "__name__", "program")

    def __call__(self, *arrays: Any) -> float:
        """The loss of a batch."""
        batch = self._batch(arrays)
        return float(batch.runner.value(self._values, batch.data))

    def value_and_grad(self, *arrays: Any) -> tuple[float, Any]:
        """The loss of a batch, and its gradient by each parameter: an array of numpy's, or of `array`."""
        batch = self._batch(arrays)
        loss, gradient = batch.runner.value_and_grad(self._values, batch.data)
        return loss, self._array(gradient)

    def predict(self, *arrays: Any) -> Any:
        """The outputs of each sample: samples × outputs. Arrays that they do not need may be left out."""
        count = len(arrays)
        wanted = len(inspect.signature(self.function).parameters)
        known = [key for key in self._recorded if len(key) == wanted]
        batch = self._batch(arrays, like=known[-1] if count < wanted and known else None)
        outputs = batch.program.outputs
        if not outputs:
            raise ValueError("the program has no outputs: return them beside the loss")
        found = self._array(batch.runner.predict(self._values, batch.data, batch.samples))
        return found.reshape(batch.samples, outputs) if hasattr(found, "reshape") else found

    def explain(self, *arrays: Any) -> str:
        """What became a layer, a dot or lanes, and why the rest did not. `arrays` tell the shapes of a sample;
        they may be left out where the program ran before."""
        if arrays:
            return str(self._batch(arrays).program.explain())
        if not self._recorded:
            raise ValueError("the program has not run yet: give arrays that tell the shapes")
        return "\n".join(program.explain() for program, _ in self._recorded.values())

    def record(self, *arrays: Any) -> Any:
        """The recorded program for arrays of these shapes, to be saved: see `save`."""
        return self._batch(arrays).program

    def save(self, path: str | os.PathLike[str], *arrays: Any) -> Path:
        """Writes the program recorded for arrays of these shapes to a file, without its parameters' numbers."""
        path = Path(path)
        data = self._batch(arrays).program.save()
        part = path.with_name(path.name + ".part")
        part.write_bytes(data)
        part.replace(path)
        return path

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        parameters: Any = (),
        *,
        dtype: Dtype = "float32",
        mode: Literal["fast", "strict"] = "fast",
        threads: int | None = None,
    ) -> Program:
        """The program that `save` wrote, with these parameters, in the order in which they were recorded. It runs
        for arrays of the shapes that it was saved for.

        Raises `ValueError` if the file is damaged or no program, or if it has another number of parameters.
        """
        path = Path(path)
        try:
            program = _native.Program.load(path.read_bytes())
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        loaded = cls(
            _Gone(path.stem, len(program.inputs)), parameters, dtype=dtype, mode=mode, threads=threads
        )
        if len(loaded.parameters) != program.parameters:
            raise ValueError(
                f"{path}: the program has {program.parameters} parameters, and {len(loaded.parameters)} were given"
            )
        loaded.__name__ = path.stem
        ready = loaded._ready(program)
        # An array of one number a sample may have one dimension or two.
        shapes = [(None, 1) if width == 1 else (width,) for width in program.inputs]
        loaded._recorded = dict.fromkeys(product(*shapes), ready)
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        # Without the function: it would record with the values that it knows, and a copy has others.
        recorded = {key: program for key, (program, _) in self._recorded.items()}
        wanted = len(inspect.signature(self.function).parameters)
        state = {**self.__dict__, "function": _Gone(self.__name__, wanted), "_recorded": recorded}
        del state["_values"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        recorded = state.pop("_recorded")
        self.__dict__.update(state)
        self._values = _native.Parameters(self.parameters)
        self._recorded = {key: self._ready(program) for key, program in recorded.items()}

    def __repr__(self) -> str:
        return f"<Program {self.__name__} of {len(self.parameters)} parameters, {self.dtype}>"

    def _array(self, data: bytes) -> Any:
        try:
            import numpy
        except ImportError:
            return plain_array("f" if self.dtype == "float32" else "d", data)
        return numpy.frombuffer(data, dtype=self.dtype).copy()

    def _batch(
        self, arrays: Sequence[Any], like: tuple[int | None, ...] | None = None
    ) -> _Batch:
        if not arrays:
            raise ValueError("a program runs over samples: give it an array at least")
        read = [_read(array, self.dtype, k) for k, array in enumerate(arrays)]
        key = tuple(width for width, _, _ in read)
        if like is not None and like[: len(key)] == key:
            key = like
        samples = {count for _, count, _ in read}
        if len(samples) > 1:
            counts = ", ".join(str(count) for _, count, _ in read)
            raise ValueError(f"the arrays have different numbers of samples: {counts}")
        if key not in self._recorded:
            self._recorded[key] = self._record(key)
        program, runner = self._recorded[key]
        return _Batch(program, runner, [data for _, _, data in read], samples.pop())

    def _record(self, key: tuple[int | None, ...]) -> tuple[Any, Any]:
        def step(inputs: list[list[Value]]) -> tuple[Any, bool, Any, list[Value]]:
            # A row of one dimension is the value itself.
            given = [row[0] if width is None else row for row, width in zip(inputs, key)]
            return _returned(self.function(*given))

        widths = [1 if width is None else width for width in key]
        return self._ready(_native.Program.record(self._values, widths, step))

    def _ready(self, program: Any) -> tuple[Any, Any]:
        """A recorded program, and what runs it."""
        return program, _native.Runner(program, self.dtype, self.mode, self.threads)


class _Gone:
    """Stands for the function of a program that was copied or unpickled."""

    def __init__(self, name: str, arguments: int) -> None:
        self.name = name
        kind = inspect.Parameter.POSITIONAL_ONLY
        names = [inspect.Parameter(f"x{k}", kind) for k in range(arguments)]
        self.__signature__ = inspect.Signature(names)

    def __call__(self, *_: object) -> Any:
        raise ValueError(
            f"a copy of the program {self.name} runs for shapes that it was recorded for before it was copied; "
            "for others make it anew from its function"
        )


@dataclass
class _Batch:
    program: Any
    runner: Any
    data: list[bytes]
    samples: int


def _read(array: Any, dtype: str, place: int) -> tuple[int | None, int, bytes]:
    """The numbers of a sample (None: one, without a list around it), the samples, and their bytes."""
    try:
        import numpy
    except ImportError:
        return _read_plain(array, dtype, place)
    try:
        numbers = numpy.asarray(array)
    except ValueError as error:
        raise ValueError(f"array {place}: its rows differ in length") from error
    if numbers.dtype.kind not in "fiub":
        raise TypeError(f"array {place} must hold numbers, not {numbers.dtype}")
    if numbers.ndim not in (1, 2):
        raise ValueError(
            f"array {place} must have one or two dimensions, samples × numbers, not {numbers.ndim}"
        )
    width = numbers.shape[1] if numbers.ndim == 2 else None
    return width, len(numbers), numpy.ascontiguousarray(numbers, dtype=dtype).tobytes()


def _read_plain(array: Any, dtype: str, place: int) -> tuple[int | None, int, bytes]:
    rows = list(array)
    code = "f" if dtype == "float32" else "d"
    if rows and isinstance(rows[0], Iterable):
        rows = [list(row) for row in rows]
        if len({len(row) for row in rows}) > 1:
            raise ValueError(f"array {place}: its rows differ in length")
        flat = [number for row in rows for number in row]
        return len(rows[0]), len(rows), plain_array(code, flat).tobytes()
    return None, len(rows), plain_array(code, rows).tobytes()


def _returned(found: Any) -> tuple[Any, bool, Any, list[Value]]:
    """What a step returned, in full."""
    if isinstance(found, Value):
        found = Step(loss=found)
    elif isinstance(found, tuple) and len(found) == 2:
        loss, outputs = found
        found = Step(loss=loss, outputs=[outputs] if isinstance(outputs, Value) else outputs)
    elif isinstance(found, list):
        found = Step(outputs=found)
    if not isinstance(found, Step):
        raise TypeError(
            "a step returns its loss, the tuple of loss and outputs, a list of outputs, or a gradling.Step, "
            f"not {type(found).__name__}"
        )
    if found.reduction not in ("mean", "sum"):
        raise ValueError(f"reduction must be 'mean' or 'sum', not {found.reduction!r}")
    return found.loss, found.reduction == "mean", found.plus, list(found.outputs)


def program(
    parameters: Any = (),
    *,
    dtype: Dtype = "float32",
    mode: Literal["fast", "strict"] = "fast",
    threads: int | None = None,
) -> Any:
    """Makes a `Program` of a function of Values.

    >>> from gradling import Value, program
    >>> w, b = Value(0.0), Value(0.0)
    >>> @program([w, b])
    ... def loss(x, y):
    ...     return (w * x + b - y) ** 2
    >>> loss([1.0, 2.0], [3.0, 5.0])
    17.0

    `parameters` is what the gradient is computed by: values, or something with `parameters()`. Any other value
    is a constant. Without parentheses, `@program`, there are none.
    """
    if callable(parameters) and not hasattr(parameters, "parameters"):
        return Program(parameters)

    def decorate(function: Callable[..., Any]) -> Program:
        return Program(function, parameters, dtype=dtype, mode=mode, threads=threads)

    return decorate
