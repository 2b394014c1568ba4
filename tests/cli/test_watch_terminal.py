"""Runs in the terminal: charts, bodies and figures, in any width and encoding."""

import io
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from codesign.body import Body
from codesign.cli import main
from codesign.cli.character_charts import BLOCKS, LEVELS, character_chart, shared_out, sparkline
from codesign.cli.drawings import coloured, fitting
from codesign.cli.progress import Logger
from codesign.cli.watch.observation import Observation, Observer
from codesign.cli.watch.terminal import follow, picture
from codesign.evaluate import Workforce
from codesign.formats import BodyPlan, plans_of
from codesign.genome import LATTICES, random_genomes
from codesign.run import Listener, Listeners, RunFolder, evolve, resume
from codesign.streams import Draws
from tests.run.fakes import CONFIG, GENERATIONS, experiment

WIDTHS = (1, 7, 20, 40, 80, 200)


def body(kind: str = "square", **extents: int) -> BodyPlan:
    """Return a random body."""
    chosen: Any = LATTICES[kind]
    settings = chosen(**extents)
    genomes = random_genomes(settings.build(), settings, Draws(np.array([7], dtype=np.uint64)))
    return plans_of(genomes, settings, ["g000-i0007"])[0]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Observation:
    """What is seen of a run that goes on."""
    folder = RunFolder(tmp_path_factory.mktemp("runs") / "run")
    evolve(experiment(), folder.path, CONFIG)
    seen = Observer(folder, GENERATIONS, experiment().trial.lattice).look()
    assert seen.status is not None
    status = replace(
        seen.status, state="running", workers="8 workers on 2 nodes", seconds_left=75.0, designs_done=3, designs_asked=6
    )
    return replace(seen, state="running", told="on here", status=status, quiet=2.0)


def console_of(width: int, *, encoding: str = "utf-8", height: int = 30, **settings) -> Console:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=stream, width=width, height=height, **settings)


def printed(console: Console) -> str:
    console.file.flush()
    return console.file.buffer.getvalue().decode(console.encoding)  # type: ignore[attr-defined]


# Charts.


def test_a_sparkline_goes_from_the_least_to_the_greatest_value() -> None:
    values = [float(value) for value in range(8)]
    assert sparkline(values, 20, ascii_only=False) == BLOCKS
    assert sparkline(values, 20, ascii_only=True) == LEVELS
    assert sparkline([2.0, math.nan, 4.0], 9, ascii_only=False) == f"{BLOCKS[0]} {BLOCKS[-1]}"
    assert len(set(sparkline([5.0] * 9, 4, ascii_only=False))) == 1
    assert sparkline([], 9, ascii_only=False) == ""
    assert sparkline([math.nan, math.inf], 9, ascii_only=False) == "  "


@pytest.mark.parametrize("count", [1, 2, 5, 99, 1000])
@pytest.mark.parametrize("width", [1, 5, 60])
def test_many_values_share_few_columns(count: int, width: int) -> None:
    values = [float(value) for value in range(count)]
    shares = shared_out(values, width)
    assert len(shares) == min(count, width)
    assert shares == sorted(shares)
    assert sum(shares) / len(shares) == pytest.approx(sum(values) / count, rel=0.2)
    assert shared_out([math.nan, 3.0], 1) == [3.0]


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 500])
@pytest.mark.parametrize(("width", "height"), [(16, 3), (60, 12), (100, 4)])
def test_a_chart_keeps_within_its_room(count: int, width: int, height: int, ascii_only: bool) -> None:
    best = [math.sqrt(value) - 3 for value in range(count)]
    chart = character_chart([best, [value - 1 for value in best]], width, height, ascii_only=ascii_only)
    lines = chart.plain.split("\n")
    assert len(lines) == height
    assert max(map(cell_len, lines)) <= width
    assert all(ord(letter) < 128 for letter in chart.plain) == ascii_only or count == 0


def test_a_chart_shows_where_values_are() -> None:
    rising = character_chart([[0.0, 1.0, 2.0, 3.0]], 20, 5, ascii_only=True).plain.split("\n")
    assert rising[0].startswith("3 ")
    assert rising[3].startswith("0 ")
    assert rising[0].rstrip().endswith("*")
    assert rising[3][2:6] == "****"
    assert rising[4].split() == ["0", "3"]
    falling = character_chart([[3.0, 2.0, 1.0, 0.0]], 20, 5, ascii_only=True).plain.split("\n")
    assert falling[0][2:6] == "****"


def test_lines_of_a_chart_have_colours_of_their_own() -> None:
    chart = character_chart([[1.0] * 9, [0.0] * 9], 30, 6, ascii_only=False)
    assert len({str(span.style) for span in chart.spans} - {"dim"}) == 2


# Bodies.


@pytest.mark.parametrize("kind", sorted(LATTICES))
@pytest.mark.parametrize("width", [10, 30, 200])
def test_a_body_is_drawn_where_there_is_room_for_all_of_it(kind: str, width: int) -> None:
    plan = body(kind, **dict.fromkeys(LATTICES[kind].extents, 4))
    drawn = fitting(plan, width, 60)
    assert drawn is not None
    assert max(len(line) for line in drawn.split("\n")) <= width
    letters = {letter: str(coloured(plan)).count(letter) for letter in "RSHVM^"}
    assert {letter: drawn.plain.count(letter) for letter in letters} == letters
    assert fitting(plan, width, 1) is None
    assert fitting(plan, 2, 60) is None


def test_a_body_on_no_lattice_is_not_drawn() -> None:
    loose = Body(
        positions=np.array([[0.0, 0.0], [1.0, 0.0]]),
        springs=np.array([[0, 1]], dtype=np.int32),
        rest_lengths=np.ones(1),
        stiffness=np.ones(1),
        swings=np.zeros(1),
    )
    assert fitting(BodyPlan(name="loose", lattice="", body=loose), 80, 24) is None


# The picture of a run.


@pytest.mark.parametrize("height", [None, 1, 5, 12, 24, 60])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_keeps_within_the_terminal(seen: Observation, width: int, encoding: str, height: int | None) -> None:
    console = console_of(width, encoding=encoding, no_color=True)
    console.print(picture(seen, "title", console, height))
    lines = printed(console).rstrip("\n").split("\n")
    assert max(map(cell_len, lines)) <= width
    if height is not None:
        assert len(lines) <= max(height, 3)


def test_a_picture_says_how_the_run_is_doing(seen: Observation) -> None:
    console = console_of(100)
    console.print(picture(seen, "Robots", console, 40))
    text = printed(console)
    for part in (
        "Robots  running",
        f"generation {GENERATIONS}/{GENERATIONS}",
        "3 of 6 designs",
        "8 workers on 2 nodes",
    ):
        assert part in text
    for part in ("1 min 13 s left", "last news 2 s ago", "best body", "diversity"):
        assert part in text
    assert seen.best is not None
    assert f"({seen.best.name})" in text


def test_a_picture_has_no_colours_where_nobody_wants_them(seen: Observation, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = console_of(100, force_terminal=True)
    console.print(picture(seen, "Robots", console, 40))
    assert "\x1b[3" not in printed(console).replace("\x1b[3m", "")
    assert "38;" not in printed(console)


def test_what_strangers_wrote_commands_no_terminal(seen: Observation) -> None:
    console = console_of(100)
    assert seen.best is not None
    evil = replace(
        seen, state="failed", told="\x1b[2Jgone", fault="\x1b]0;x\x07", best=replace(seen.best, name="\x1b[31m")
    )
    console.print(picture(evil, "\x1b[5mtitle", console, 40))
    assert "\x1b" not in printed(console)


@pytest.mark.parametrize("state", ["waiting", "gone"])
def test_a_run_without_anything_is_told_of(seen: Observation, state: str) -> None:
    console = console_of(60)
    nothing = replace(seen, state=state, told="nothing is there", rows=(), status=None, best=None)
    console.print(picture(nothing, "Robots", console, 20))
    assert f"Robots  {state}\n" in printed(console)
    assert "nothing is there" in printed(console)


# Following.


def looks(*seen: Observation) -> Callable[[], Observation]:
    left = list(seen)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_a_run_is_followed_in_a_terminal_until_it_is_over(seen: Observation, monkeypatch) -> None:
    monkeypatch.setattr("codesign.cli.watch.terminal.LOOK_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    console = console_of(90, force_terminal=True)
    follow(console, looks(seen, seen, replace(seen, state="finished", told="")), "Robots")
    text = printed(console)
    assert text.count("\x1b[?1049h") == text.count("\x1b[?1049l") == 1
    assert text.count("running") >= 2
    after = text.rpartition("\x1b[?1049l")[2]
    assert "finished" in after
    assert "\x1b[?25h" in text


@pytest.mark.parametrize("terminal", [False, True])
def test_what_cannot_draw_in_place_gets_one_picture(seen: Observation, monkeypatch, terminal: bool) -> None:
    monkeypatch.setenv("TERM", "dumb")
    console = console_of(90, force_terminal=terminal)
    follow(console, looks(seen), "Robots")
    text = printed(console)
    assert text.count("Robots") == 1
    assert "\x1b[?" not in text


def test_the_command_prints_a_run_into_a_pipe(finished: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["watch", f"run={finished}", "terminal=true"]) == 0
    text = capsys.readouterr().out
    assert "finished" in text
    assert "best body" in text


# The display of a run itself.


def displayed(tmp_path: Path, **settings) -> str:
    console = console_of(settings.pop("width", 100), force_terminal=True, **settings)
    with Logger(display="live").display_on(console) as display:
        evolve(experiment(), tmp_path / "run", CONFIG, display)
    return printed(console)


def test_a_run_shows_its_fitness_and_its_best_body_while_it_goes_on(tmp_path: Path) -> None:
    text = displayed(tmp_path)
    assert "best fitness " in text
    assert any(block in text for block in BLOCKS)
    plan = Observer(RunFolder(tmp_path / "run"), 1, experiment().trial.lattice).look().best
    assert plan is not None
    rows = [line for line in str(coloured(plan)).split("\n") if "^" in line or "v" in line]
    assert "\n".join(rows) in Text.from_ansi(text).plain


def test_a_low_terminal_has_no_room_for_the_body(tmp_path: Path) -> None:
    plan = Text.from_ansi(displayed(tmp_path, height=12)).plain
    assert "best fitness " in plan
    assert "^v" not in plan


def test_a_terminal_without_blocks_gets_ascii(tmp_path: Path) -> None:
    text = displayed(tmp_path, encoding="latin-1")
    line = next(line for line in Text.from_ansi(text).plain.split("\n")[::-1] if "best fitness " in line)
    assert set(line.partition("best fitness ")[2].strip()) <= set(LEVELS)


def test_a_run_that_goes_on_shows_what_came_before(tmp_path: Path) -> None:
    evolve(experiment(), tmp_path / "run", CONFIG)
    longer = experiment(search=replace(experiment().search, generations=GENERATIONS + 1))
    console = console_of(100, force_terminal=True)
    with Logger(display="live").display_on(console) as display:
        resume(longer, tmp_path / "run", display)
    lines = [line for line in Text.from_ansi(printed(console)).plain.split("\n") if "best fitness " in line]
    assert len(lines[-1].partition("best fitness ")[2].strip()) == GENERATIONS + 1


@pytest.mark.parametrize("name", ["on_workforce", "on_progress", "on_best"])
def test_listeners_pass_everything_on(name: str) -> None:
    heard: list[tuple[str, object]] = []

    class Ears(Listener):
        def on_workforce(self, workforce):
            heard.append(("on_workforce", workforce))

        def on_progress(self, done, asked):
            heard.append(("on_progress", (done, asked)))

        def on_best(self, plan):
            heard.append(("on_best", plan))

    told = {"on_workforce": (Workforce(1, 2, 0),), "on_progress": (3, 4), "on_best": (body(),)}[name]
    getattr(Listeners([Ears(), Ears()]), name)(*told)
    assert heard == [(name, told if len(told) > 1 else told[0])] * 2
