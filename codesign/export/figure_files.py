"""Figures as files."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 150
"""Pixels per inch of pictures that are made of pixels."""


def figure_files(figure: "Figure", kinds: Sequence[str] = ("svg",)) -> list[bytes]:
    """Return a figure of matplotlib as files; a figure of the same numbers gives the same bytes.

    Args:
        figure: drawn.
        kinds: of the files, in the order in which they are returned: "svg", "png".
    """
    from matplotlib import rc_context  # noqa: PLC0415 - only who draws loads it

    files = []
    for kind in kinds:
        stream = io.BytesIO()
        metadata: Any = {"Date": None} if kind == "svg" else {"Software": None}
        with rc_context({"svg.hashsalt": "codesign"}):
            figure.savefig(stream, format=kind, dpi=_DPI, metadata=metadata)
        files.append(stream.getvalue())
    return files
