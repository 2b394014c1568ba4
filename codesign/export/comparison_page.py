"""Several runs side by side, as one self-contained page and as JSON."""

import json
from pathlib import Path

from codesign import files
from codesign.analysis import Comparison
from codesign.export.numbers import comparison_numbers
from codesign.export.webpage import render_document, script_safe

COMPARISON_SCRIPTS = ("ticks", "svg", "charts", "figure", "comparison")
"""The page's modules in the order in which they are joined."""

VERSION = 1
"""Of the JSON; another one is for readers that would misread it."""


def render_comparison(comparison: Comparison, title: str = "Comparison of runs") -> str:
    """Return the page as text; it shows nothing but what `comparison` holds and loads nothing from elsewhere."""
    data = script_safe(comparison_numbers(comparison))
    return render_document("comparison.html", COMPARISON_SCRIPTS, title, data)


def write_comparison(comparison: Comparison, path: Path) -> list[Path]:
    """Write the page and return its path.

    Raises:
        OutputError: `path` cannot be written to.
    """
    files.write_text(path, render_comparison(comparison))
    return [path]


def write_comparison_json(comparison: Comparison, path: Path) -> list[Path]:
    """Write the numbers as JSON and return the path; null stands for what is not known.

    Raises:
        OutputError: `path` cannot be written to.
    """
    about = {"kind": "codesign comparison", "version": VERSION}
    files.write_text(path, json.dumps({**about, **comparison_numbers(comparison)}, allow_nan=False) + "\n")
    return [path]
