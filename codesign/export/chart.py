"""Charts of lines as small SVG texts, which notebooks show as they are."""

import html
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

_WIDTH, _HEIGHT = 560, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 28, 40
COLOURS = (
    "#2f6fbb",
    "#c4622d",
    "#3a8f5c",
    "#8a56ac",
    "#b0892d",
    "#5c7a89",
    "#b5476b",
    "#4f9fa8",
    "#7d7d3a",
    "#6a6ad0",
)
"""Of the lines of a chart, in their order."""
_TICKS = 4


def line_chart(lines: Mapping[str, npt.ArrayLike], *, title: str, across: str, up: str) -> str:
    """Return a chart as SVG; its text has the colour of what is around it, so that it is legible on dark pages too.

    Args:
        lines: heights at 0, 1, 2, ... by name; gaps where a number is not finite.
        title: above the chart.
        across: what the horizontal axis counts.
        up: what the vertical axis measures.
    """
    values = {name: np.asarray(line, dtype=np.float64) for name, line in lines.items()}
    finite = np.concatenate([np.zeros(0), *(line[np.isfinite(line)] for line in values.values())])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    last = max([1, *(len(line) - 1 for line in values.values())])
    parts = [_axes(low, high, last)]
    for number, (name, line) in enumerate(values.items()):
        colour = COLOURS[number % len(COLOURS)]
        for run in _runs(line):
            points = " ".join(f"{_x(place, last):.1f},{_y(float(line[place]), low, high):.1f}" for place in run)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5">')
            parts.append(f"<title>{html.escape(name)}</title></polyline>")
    texts = (
        f'<text x="{_LEFT}" y="16" font-weight="bold">{html.escape(title)}</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">{html.escape(across)}</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="16" text-anchor="end">{html.escape(up)}</text>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="sans-serif" font-size="12" fill="currentColor" role="img" '
        f'aria-label="{html.escape(title)}">{texts}{"".join(parts)}</svg>'
    )


def _x(place: float, last: int) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * place / last


def _y(value: float, low: float, high: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - low) / (high - low)


def _axes(low: float, high: float, last: int) -> str:
    parts = []
    for value in np.linspace(low, high, _TICKS).tolist():
        y = _y(value, low, high)
        parts.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" ')
        parts.append(f'opacity="0.15"/><text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for place in sorted({round(value) for value in np.linspace(0, last, _TICKS + 1).tolist()}):
        x = _x(place, last)
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{place}</text>')
    return "".join(parts)


def _runs(line: npt.NDArray[np.float64]) -> list[npt.NDArray[np.intp]]:
    """Return the places of consecutive finite numbers, run after run."""
    places = np.flatnonzero(np.isfinite(line))
    return [run for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(run)]
