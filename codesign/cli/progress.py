"""Displays of a run while it goes on: a bar with figures in a terminal, a line per generation elsewhere."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from codesign.checks import require_choice, require_count, require_flag, require_number
from codesign.cli.character_charts import sparkline
from codesign.cli.drawings import fitting
from codesign.errors import RunError
from codesign.evaluate import Workforce
from codesign.formats import BodyPlan
from codesign.run import Listener, Metrics, RunFolder, TimeLeft

_ROOM = 20
"""Lines of a terminal from which the best body is drawn in it."""

_OTHERS = 8
"""Of these, lines for other things than the body."""


@dataclass(frozen=True)
class Logger:
    """What is shown while a run goes on, and left behind for reading.

    Attributes:
        display: "live" (a line that changes), "plain" (a line per generation), "none", or "auto": live in a terminal.
        page: whether a page of the best designs is written, again and again while the run goes on and at the end.
        page_designs: how many of the best designs it shows; the ancestors of the best one come on top.
        page_seconds: least time between two pages while the run goes on [s]; there are fewer where all of them would
            take more than a twentieth of the run's time.

    Raises:
        ConfigError: another display, no design, or a time that is negative.
    """

    display: Literal["auto", "live", "plain", "none"] = "auto"
    page: bool = True
    page_designs: int = 12
    page_seconds: float = 30.0

    def __post_init__(self) -> None:
        require_choice(self, "display", ("auto", *DISPLAYS))
        require_flag(self, "page")
        require_count(self, "page_designs")
        require_number(self, "page_seconds", at_least=0.0)

    @contextmanager
    def display_on(self, console: Console) -> Iterator[Listener]:
        """Yield the display of a run on `console`; the terminal is in order again however the block ends."""
        automatic = "live" if console.is_terminal else "plain"
        display = DISPLAYS[automatic if self.display == "auto" else self.display](console)
        try:
            yield display
        finally:
            display.close()


COMPILING = "the first generation also compiles the simulator, if this machine has not done so before"


class NullDisplay(Listener):
    """Shows nothing; the base of every display."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def close(self) -> None:
        """Leave the terminal as it was."""


class _TextDisplay(NullDisplay):
    """Prints where the run is and what it notices; knows how long the rest will take."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._finished = self._generations = 0
        self._time_left = TimeLeft(0, 0)
        self._workforce = ""

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        self._finished, self._generations = finished, generations
        self._time_left = TimeLeft(finished, generations)
        went_on = f", going on after generation {finished - 1}" if finished else ""
        self._console.print(f"Run folder: {folder}{went_on} (metrics.jsonl has a line per generation)", markup=False)

    def on_notice(self, text: str) -> None:
        self._console.print(text, markup=False)

    def on_workforce(self, workforce: Workforce) -> None:
        self._workforce = f"  {workforce}"

    def _note(self, metrics: Metrics) -> None:
        self._finished = metrics.generation + 1
        self._time_left.note(metrics)

    def _left(self) -> str:
        return str(timedelta(seconds=round(self._time_left.after_generation or 0.0)))


class PlainDisplay(_TextDisplay):
    """A line per generation."""

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        super().on_start(folder, finished, generations)
        if finished < generations:
            self._console.print(f"{COMPILING[0].upper()}{COMPILING[1:]}.", markup=False)

    def on_generation(self, metrics: Metrics, best: str) -> None:
        self._note(metrics)
        count = f"generation {metrics.generation}/{self._generations - 1}"
        self._console.print(f"{count}  {figures(metrics, best)}{self._workforce}  left {self._left()}", markup=False)


class LiveDisplay(_TextDisplay):
    """A bar, and below it the numbers of the last generation, how fitness rose, and the best body, all in place."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._progress = _Bar(
            TextColumn("generation {task.fields[generation]}"),
            BarColumn(bar_width=30),
            TimeElapsedColumn(),
            TextColumn("left {task.fields[left]}"),
            console=console,
        )

    def on_start(self, folder: Path, finished: int, generations: int) -> None:
        super().on_start(folder, finished, generations)
        shown = f"{finished}/{generations - 1}"
        self._bar = self._progress.add_task("run", total=generations, completed=finished, generation=shown, left="?")
        self._progress.best_fitness = _best_so_far(folder) if finished else []
        self._progress.start()

    def on_generation(self, metrics: Metrics, best: str) -> None:
        self._note(metrics)
        self._progress.figures = figures(metrics, best)
        self._progress.best_fitness.append(math.nan if metrics.best_fitness is None else metrics.best_fitness)
        shown = f"{metrics.generation}/{self._generations - 1}"
        self._progress.update(self._bar, completed=self._finished, generation=shown, left=self._left())

    def on_best(self, plan: BodyPlan) -> None:
        self._progress.best = plan

    def on_workforce(self, workforce: Workforce) -> None:
        super().on_workforce(workforce)
        self._progress.workforce = self._workforce

    def close(self) -> None:
        self._progress.stop()


class _Bar(Progress):
    """Rich's bar with a line of figures below it, and what the terminal has room for: fitness so far, the best body."""

    figures = COMPILING
    workforce = ""
    best: BodyPlan | None = None
    best_fitness: list[float]

    def __init__(self, *columns: ProgressColumn, console: Console) -> None:
        # The base asks for what is below the bar while it is being made, before it has a console.
        self.best_fitness, self._terminal = [], console
        super().__init__(*columns, console=console)

    def get_renderables(self) -> Iterator[RenderableType]:
        yield from super().get_renderables()
        yield Text(f"{self.figures}{self.workforce}")
        width, height = self._terminal.size
        if len(self.best_fitness) > 1:
            name = "best fitness "
            line = sparkline(self.best_fitness, width - len(name), ascii_only=self._terminal.options.ascii_only)
            yield Text(f"{name}{line}", no_wrap=True, overflow="crop")
        if self.best is not None and height >= _ROOM:
            body = fitting(self.best, width, height - _OTHERS)
            if body is not None:
                yield body


def _best_so_far(folder: Path) -> list[float]:
    """Return the best fitness after each generation that a run has recorded; none where that cannot be read."""
    try:
        rows = RunFolder(folder).read_metrics()
    except RunError:
        return []
    found = (row.get("best_fitness") for row in rows)
    return [value if isinstance(value, float) else math.nan for value in found]


DISPLAYS: dict[str, type[NullDisplay]] = {"live": LiveDisplay, "plain": PlainDisplay, "none": NullDisplay}


def figures(metrics: Metrics, design: str) -> str:
    """Return the numbers of a generation that say whether all is well, and which design is the best so far."""
    best, mean = (_number(value) for value in (metrics.best_fitness, metrics.mean_fitness))
    whose = "" if metrics.best_fitness is None else f"  best is {design}"
    speed = f"{metrics.robots_per_second:,.1f} robots/s  {metrics.robot_steps_per_second:,.0f} robot-steps/s"
    return f"best {best}  mean {mean}  valid {metrics.valid_share:.0%}  {speed}{whose}"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
