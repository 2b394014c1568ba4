"""A run in the terminal: how fitness rises, the best body in characters, who works, and the last generations."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from codesign.cli.character_charts import MARKS, STYLES, character_chart
from codesign.cli.drawings import fitting
from codesign.cli.watch.observation import Observation, told_seconds

LOOK_SECONDS = 1.0
"""Seconds between two looks at the run's folder."""

_WIDEST, _HIGHEST = 100, 14
"""Columns and lines that the chart takes at most."""

_NARROWEST, _LOWEST = 24, 4
"""Columns and lines below which no chart is drawn."""

_ROWS = 8
"""Generations in the table at most."""

_BESIDE = 24
"""Columns right of the chart from which the body stands there instead of below."""


_CAPTION = "best body"

_STATE_STYLES = {"running": "bold green", "finished": "bold blue", "silent": "bold red", "failed": "bold red"}


def follow(console: Console, observe: Callable[[], Observation], title: str) -> None:
    """Show a run on a console until it is over; one picture of it where a console cannot draw in place.

    Args:
        console: where to.
        observe: returns what is seen of the run now.
        title: what the run calls itself.
    """
    seen = observe()
    if not console.is_terminal or console.is_dumb_terminal:
        console.print(picture(seen, title, console, None))
        return
    # In a screen of its own, so that nothing of it is left between the lines of the terminal.
    with Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop") as live:
        while not seen.over:
            live.update(picture(seen, title, console, console.height), refresh=True)
            time.sleep(LOOK_SECONDS)
            seen = observe()
    console.print(picture(seen, title, console, None))


def picture(seen: Observation, title: str, console: Console, height: int | None) -> RenderableType:
    """Return what is shown of a run.

    Args:
        seen: the run.
        title: what it calls itself.
        console: where it will be shown.
        height: lines that there are; None for as many as it takes.
    """
    width, ascii_only = console.width, console.options.ascii_only
    parts = _head(seen, title)
    room = (10_000 if height is None else height) - len(parts) - 1
    if seen.rows:
        parts += _drawn(seen, width, room, ascii_only=ascii_only)
    for each in parts:
        each.no_wrap, each.overflow = True, "crop"
    return Group(*parts)


def _drawn(seen: Observation, width: int, room: int, *, ascii_only: bool) -> list[Text]:
    """Return the chart, the best body and the last generations, as far as there are lines for them."""
    chart_width = min(width, _WIDEST)
    body = None if seen.best is None else fitting(seen.best, width, max(room - _LOWEST - 3, 0))
    body_width = 0 if body is None else max(len(_CAPTION), *(len(line) for line in body.split("\n")))
    beside = body is not None and body_width + 3 <= width - _NARROWEST and width >= _NARROWEST + _BESIDE
    if beside:
        chart_width = min(width - body_width - 3, _WIDEST)
    body_lines = 0 if body is None else str(body).count("\n") + 2
    chart_height = min(_HIGHEST, room - 2 - (0 if beside else body_lines))
    drawn, named = Text(), Text()
    if chart_width >= _NARROWEST and chart_height >= _LOWEST:
        lines = [seen.fitness("best_fitness"), seen.fitness("mean_fitness")]
        drawn = _legend(ascii_only=ascii_only).append("\n")
        drawn.append_text(character_chart(lines, chart_width, chart_height, ascii_only=ascii_only))
    if body is not None and seen.best is not None:
        named = Text.assemble((_CAPTION, "bold"), "\n", body)
    if beside and drawn:
        parts = [_side_by_side(drawn, named, chart_width + 3)]
    else:
        parts = [each for each in (drawn, named) if each]
    taken = chart_height + 1 if drawn else 0
    taken = max(taken, body_lines) if beside else taken + body_lines
    rows = min(_ROWS, room - taken - 3)
    if rows > 0:
        parts.append(_table(seen.rows[-rows:], width))
    return parts


def _head(seen: Observation, title: str) -> list[Text]:
    """Return the lines about the run's state."""
    count = f"generation {len(seen.rows)}/{seen.generations}"
    facts = [count, seen.progress, seen.workers]
    left = seen.seconds_left
    facts += [] if left is None else [f"{told_seconds(left)} left"]
    facts += [f"last news {told_seconds(seen.quiet)} ago"] if seen.state in ("running", "silent") else []
    lines = [
        Text.assemble((printable(title), "bold"), "  ", (seen.word, _STATE_STYLES.get(seen.state, "bold"))),
        Text("  ".join(fact for fact in facts if fact)),
    ]
    if seen.told and seen.state != "running":
        lines.append(Text(printable(seen.told)))
    if seen.rows:
        last = seen.rows[-1]
        whose = "" if seen.best is None else f" ({printable(seen.best.name)})"
        best, mean = (_number(last.get(name)) for name in ("best_fitness", "mean_fitness"))
        lines.append(Text(f"fitness: best {best}{whose}, mean {mean}"))
    if seen.fault:
        lines.append(Text(printable(seen.fault), style="red"))
    return lines


def _legend(*, ascii_only: bool) -> Text:
    names = ("best", "mean")
    named = [f"{name} ({mark})" if ascii_only else name for name, mark in zip(names, MARKS, strict=True)]
    return Text.assemble("fitness of each generation: ", (named[0], STYLES[0]), ", ", (named[1], STYLES[1]))


def _side_by_side(left: Text, right: Text, width: int) -> Text:
    """Return two drawings as one, the right one from column `width` on."""
    rows = [list(each.split("\n", allow_blank=True)) for each in (left, right)]
    joined = list[Text]()
    for number in range(max(map(len, rows))):
        first, second = (each[number] if number < len(each) else Text() for each in rows)
        first.pad_right(max(width - len(first), 0))
        joined.append(first.append_text(second))
    return Text("\n").join(joined)


def printable(text: str) -> str:
    """Return a text, which may be a stranger's, without what would command the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _table(rows: tuple[Mapping[str, Any], ...], width: int) -> Text:
    """Return the last generations, with as many columns as there is room for."""
    columns = _COLUMNS[: max(width // _COLUMN_WIDTH, 1)]
    shown = Text("".join(f"{heading:>{_COLUMN_WIDTH}}" for heading, _ in columns), style="dim")
    for row in rows:
        shown.append("\n")
        shown.append("".join(f"{told(row.get(name)):>{_COLUMN_WIDTH}}" for _, (name, told) in columns), style="not dim")
    return shown


def _number(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, int | float) and not isinstance(value, bool) else "none"


def _share(value: object) -> str:
    return f"{value:.0%}" if isinstance(value, float) else ""


_COLUMNS = (
    ("generation", ("generation", str)),
    ("best", ("best_fitness", _number)),
    ("mean", ("mean_fitness", _number)),
    ("valid", ("valid_share", _share)),
    ("diversity", ("diversity", _number)),
    ("seconds", ("generation_seconds", _number)),
)
"""Headings of the table, the numbers below them, and how these are told."""

_COLUMN_WIDTH = 11
