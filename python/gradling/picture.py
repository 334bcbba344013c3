"""Pictures of graphs, drawn without graphviz."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from gradling import _native
from gradling._native import Value


class Picture:
    """A picture of what a value was made from. In a notebook it shows itself.

    It is drawn when it is made: what changes later does not change it.
    """

    def __init__(self, root: Value, rankdir: str = "LR") -> None:
        self._svg = _native.svg(root, rankdir)
        self._source = _native.dot_source(root, rankdir)

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        return self._svg

    @property
    def source(self) -> str:
        """The graph as DOT text, for graphviz and its kin."""
        return self._source

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the picture to a file: SVG, or DOT text where the name ends in .dot or .gv."""
        path = Path(path)
        texts = {".svg": self._svg, ".dot": self._source, ".gv": self._source}
        try:
            text = texts[path.suffix.lower()]
        except KeyError:
            raise ValueError(f"{path}: the name must end in .svg, .dot or .gv") from None
        path.write_text(text, encoding="utf-8")
        return path

    def render(
        self,
        filename: str | os.PathLike[str] = "graph",
        *,
        directory: str | os.PathLike[str] | None = None,
        format: str = "svg",
        **_ignored: Any,
    ) -> str:
        """Writes `filename.svg` and returns its name, as graphviz's `render` does."""
        if format != "svg":
            raise ValueError(f"pictures are rendered as svg, not {format!r}")
        path = Path(directory or ".") / f"{os.fspath(filename)}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fspath(self.save(path))

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> dict[str, str]:
        # As HTML, so that the text can be selected and a wide picture scrolls instead of being cut off.
        html = f'<div style="overflow-x: auto; max-width: 100%">{self._svg}</div>'
        return {"text/html": html, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Picture: {self._svg.count('<title>')} parts>"


def draw_dot(root: Value, format: str = "svg", rankdir: str = "LR") -> Picture:
    """Draws what a value was made from: `draw_dot(loss)` at the end of a notebook's cell shows it.

    `rankdir` is 'LR', from left to right, or 'TB', from top to bottom.
    """
    if format != "svg":
        raise ValueError(f"pictures are drawn as svg, not {format!r}")
    return Picture(root, rankdir)
