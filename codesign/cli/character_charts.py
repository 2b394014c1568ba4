"""Charts of lines in a terminal: blocks and braille where its encoding has them, ASCII where it does not."""

import math
from collections.abc import Sequence

from rich.text import Text

BLOCKS = "▁▂▃▄▅▆▇█"

LEVELS = "_.-=+*%#"
"""What stands for blocks in ASCII, the lowest first."""

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of the dots of a character of braille: four rows from the top, two columns."""

_BRAILLE = 0x2800

MARKS = "*."
"""What the lines of a chart are drawn with in ASCII, the first line's first."""

STYLES = ("bold #2f6fbb", "#c4622d")
"""Of the lines of a chart."""


def sparkline(values: Sequence[float], width: int, *, ascii_only: bool) -> str:
    """Return a line of characters as high as the values, from the least to the greatest; a blank where none is finite.

    Args:
        values: heights at equal distances.
        width: characters at most; of more values, neighbours share a character, which is as high as their mean.
        ascii_only: whether there are no blocks.
    """
    levels = LEVELS if ascii_only else BLOCKS
    low, high = _bounds(values)
    drawn = ""
    for value in shared_out(values, width):
        part = 0.5 if high == low else (value - low) / (high - low)
        drawn += levels[min(int(part * len(levels)), len(levels) - 1)] if math.isfinite(value) else " "
    return drawn


def character_chart(lines: Sequence[Sequence[float]], width: int, height: int, *, ascii_only: bool) -> Text:
    """Return lines drawn with dots, on a common scale whose ends stand at the left; numbers of values below.

    Args:
        lines: one or two, heights at 0, 1, 2, ...; gaps where a number is not finite. Where both are in a character,
            it has the colour of the first.
        width: columns in all, at least 16.
        height: rows in all, at least 3.
        ascii_only: whether there is no braille.
    """
    low, high = _bounds([value for line in lines for value in line])
    ends = [_label(high), _label(low)]
    margin = max(map(len, ends)) + 1
    columns, rows = width - margin, height - 1
    draw = _ascii_dots if ascii_only else _braille_dots
    layers = [draw(line, columns, rows, (low, high), mark) for line, mark in zip(lines, MARKS, strict=False)]
    chart = Text()
    for row in range(rows):
        name = ends[0] if row == 0 else ends[1] if row == rows - 1 else ""
        chart.append(f"{name:>{margin - 1}} ", style="dim")
        for column in range(columns):
            chart.append(*_cell([layer[row][column] for layer in layers], ascii_only=ascii_only))
        chart.append("\n")
    last = max((len(line) for line in lines), default=1) - 1
    across = f"{0:<{max(columns - len(str(last)), 1)}}{last}" if last > 0 else "0"
    return chart.append(" " * margin + across[:columns], style="dim")


def shared_out(values: Sequence[float], width: int) -> list[float]:
    """Return at most `width` values, each the mean of its share of the finite ones; NaN where there is none."""
    count = min(len(values), max(width, 1))
    shares = [values[len(values) * place // count : len(values) * (place + 1) // count] for place in range(count)]
    finite = [[value for value in share if math.isfinite(value)] for share in shares]
    return [sum(share) / len(share) if share else math.nan for share in finite]


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (0.0, 0.0)


def _label(value: float) -> str:
    return f"{value:.3g}"


def _cell(found: Sequence[str | int], *, ascii_only: bool) -> tuple[str, str]:
    """Return the character of what lines have in a cell, and its style."""
    for place, each in enumerate(found):
        if each not in (" ", 0):
            style = STYLES[place % len(STYLES)]
            if ascii_only:
                return str(each), style
            return chr(_BRAILLE + _union([int(other) for other in found])), style
    return " ", ""


def _union(bits: Sequence[int]) -> int:
    together = 0
    for each in bits:
        together |= each
    return together


def _heights(line: Sequence[float], places: int, levels: int, bounds: tuple[float, float]) -> list[range]:
    """Return which of so many levels, from the bottom, a line covers at each place, up to its neighbour."""
    low, high = bounds
    if len(line) < places:
        # A step for each value, so that a young run fills the chart too.
        line = [line[place * len(line) // places] for place in range(places)] if len(line) else []
    heights = [
        round((0.5 if high == low else (value - low) / (high - low)) * (levels - 1)) if math.isfinite(value) else None
        for value in shared_out(line, places)
    ]
    covered, before = list[range](), None
    for height in heights:
        if height is None:
            covered.append(range(0))
        elif before is None or abs(before - height) <= 1:
            covered.append(range(height, height + 1))
        else:
            covered.append(range(before + 1, height + 1) if before < height else range(height, before))
        before = height
    return covered + [range(0)] * (places - len(covered))


def _braille_dots(
    line: Sequence[float], columns: int, rows: int, bounds: tuple[float, float], _mark: str
) -> list[list[int]]:
    cells = [[0] * columns for _ in range(rows)]
    for place, covered in enumerate(_heights(line, 2 * columns, 4 * rows, bounds)):
        for level in covered:
            row, dot = divmod(4 * rows - 1 - level, 4)
            cells[row][place // 2] |= _DOTS[dot][place % 2]
    return cells


def _ascii_dots(
    line: Sequence[float], columns: int, rows: int, bounds: tuple[float, float], mark: str
) -> list[list[str]]:
    cells = [[" "] * columns for _ in range(rows)]
    for place, covered in enumerate(_heights(line, columns, rows, bounds)):
        for level in covered:
            cells[rows - 1 - level][place] = mark
    return cells
