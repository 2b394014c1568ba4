"""`codesign show`: what files of bodies hold, drawn, and written in other formats."""

import json
import subprocess
import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from codesign.cli import main
from codesign.cli.drawings import show_bodies
from codesign.cli.given_bodies import given_bodies
from codesign.cli.help import WIDTH
from codesign.export import EXPORTERS, read_json
from codesign.formats import FORMATS, read_plans
from tests.cli.given import FIXED, PIECES, robots, write_robots
from tests.export import strips


@pytest.fixture
def file(here: Path) -> str:
    return write_robots(here / "robots.json").name


def test_few_bodies_are_drawn_with_what_they_consist_of(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", file]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("robots.json: 3 bodies\n")
    drawn = shown.partition("biped\n")[2].partition("wide\n")[0]
    biped = " ".join(drawn.split())
    # Row 0 of a plan is the lowest, and drawings begin at the top.
    assert "\nRSV\nH..\n" in drawn
    assert "lattice square, 2 rows x 3 columns" in biped
    assert "cells 4 filled: 1 rigid, 1 soft, 1 horizontal muscle, 1 vertical muscle" in biped
    assert "body 10 masses, 21 springs, 4 of them muscles" in biped
    assert "fitness 1.5" in biped
    assert "environment Walker-v0" in biped
    assert "\x1b[" not in shown
    assert [path.name for path in Path.cwd().iterdir()] == [file]


def test_a_terminal_gets_colours(
    file: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert main(["show", file, "design=biped"]) == 0
    assert "\x1b[" in capsys.readouterr().out


def test_many_bodies_stand_in_a_table(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write = FORMATS["bodies"].write
    assert write is not None
    write([robots()[number % 3] for number in range(30)], here / "many.json")
    assert main(["show", "many.json"]) == 0
    shown = capsys.readouterr().out
    assert "and 10 more" in shown
    assert shown.count("RSV\nH..") == 1
    assert main(["show", "many.json", "design=top2"]) == 0
    assert capsys.readouterr().out.count("RRHHS") == 2


def test_a_narrow_terminal_folds_names_and_cuts_no_number(file: str) -> None:
    bodies = [replace(body, id=f"a-rather-long-name-{body.id}") for body in given_bodies("FILE", file, lenient=False)]
    shown = StringIO()
    show_bodies(Console(file=shown, width=60), [*bodies, *bodies], each=False)
    table = shown.getvalue().partition("The first")[0]
    assert "\N{HORIZONTAL ELLIPSIS}" not in table
    for whole in ("muscles", "fitness", "square 2x3", "2.5"):
        assert whole in table
    assert "notes" not in table


def test_empty_cells_around_a_body_are_not_drawn(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("far.txt").write_text("side: 0.05\n" + "......\n" * 3 + "..RH..\n" + "..H...\n" + "......\n")
    assert main(["show", "far.txt"]) == 0
    shown = capsys.readouterr().out
    assert "square, 6 rows x 6 columns, side 0.05 m" in shown
    assert shown.endswith("side: 0.05\nRH\nH.\n\n")
    assert main(["show", "far.txt", "format=txt", "output=out"]) == 0
    assert "..RH..\n" in Path("out/far.txt").read_text()


@pytest.mark.parametrize("name", ["html", "json", "png", *(name for name, own in FORMATS.items() if own.write)])
def test_every_format_is_written_and_reads_back(name: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["show", file, "design=[biped,wide]", f"format={name}", "output=out"])
    said = capsys.readouterr()
    if status:  # of a system without squares
        assert "square" in said.err
        assert len(said.err.splitlines()) == 1
        return
    printed = [Path(line) for line in said.out.splitlines() if line.startswith("out/")]
    assert sorted(printed) == sorted(Path("out").iterdir())
    if name in EXPORTERS:
        assert all(path.stat().st_size > 500 for path in printed)
        assert name != "json" or read_json(printed[0]).fitness == 1.5
        return
    found = [plan for path in printed for plan in read_plans(path)]
    assert [plan.cells.tolist() for plan in found] == [plan.cells.tolist() for plan in robots()[:2]]


def test_an_exported_design_is_shown_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    EXPORTERS["json"].write(strips.gallery(recordings=(strips.recording(),)), here / "plane.json")
    assert main(["show", "plane.json"]) == 0
    assert "none: masses and springs in 2D" in capsys.readouterr().out


def test_several_files_and_one_whose_name_is_like_a_setting(
    file: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_robots(here / "odd=name.json")
    assert main(["show", file, "design=wide", "--", "odd=name.json"]) == 0
    shown = capsys.readouterr().out
    assert "odd=name.json: 3 bodies" in shown
    assert main(["show", "odd=name.json"]) == 0
    capsys.readouterr()
    assert shown.count("RRHHS") == 2


def test_a_file_that_is_read_is_not_written_over(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path(file).read_bytes()
    assert main(["show", file, "format=bodies", "output=."]) == 2
    assert "set output=FOLDER" in capsys.readouterr().err
    assert Path(file).read_bytes() == before


def test_two_formats_of_one_suffix_do_not_write_over_each_other(file: str) -> None:
    assert main(["show", file, "design=wide", "format=[json,bodies]", "output=out"]) == 0
    assert sorted(path.name for path in Path("out").iterdir()) == ["robots-bodies.json", "robots.json"]
    assert json.loads(Path("out/robots.json").read_text())["format"] == "codesign-recording"


def test_what_bodies_cannot_have_and_pieces_are_told(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (FIXED, PIECES):
        monkeypatch.setitem(FORMATS, each.name, each)
        (here / f"x.{each.name}").touch()
    assert main(["show", "x.fixed"]) == 2
    assert "fixed cells at (0,0)" in capsys.readouterr().err
    assert main(["show", "x.fixed", "lenient=true"]) == 0
    assert "fixed cells at (0,0), taken as rigid" in capsys.readouterr().out
    assert main(["show", "x.pieces"]) == 0
    assert "none that can be simulated: expected" in capsys.readouterr().out
    assert main(["show", "x.pieces", "format=html"]) == 2
    assert "body apart" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a file of bodies; got none"),
        (["none.npz"], "got no file none.npz"),
        (["robots.json", "fromat=html"], "did you mean 'format'?"),
        (["robots.json", "format=htlm"], "did you mean 'html'?"),
        (["robots.json", "format=[]", "format=html"], "format once"),
        (["robots.json", "format=a,,b"], "format as a word or a list of words"),
        (["robots.json", "design=bipde"], "did you mean 'biped'?"),
        (["robots.json", "design=top0"], "got top0"),
        (["robots.json", "lenient=perhaps"], "lenient to be true or false"),
        (["robots.json", "output="], "output to be a folder"),
        (["robots.json", "--cfg"], "'--cfg'"),
        (["robots.json", "plugins=nowhere"], "nowhere"),
        (["robots.json", "none.npz"], "none.npz"),
        (["."], "got "),
        (["empty.txt"], "empty.txt"),
    ],
)
@pytest.mark.usefixtures("file")
def test_mistakes_are_one_line(words: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty.txt").touch()
    assert main(["show", *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert sorted(path.name for path in here.iterdir()) == ["empty.txt", "robots.json"]


def test_the_help_lists_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in [*EXPORTERS, *FORMATS])
    assert max(map(len, shown.splitlines())) <= WIDTH


def test_neither_hydra_nor_the_simulator_is_loaded(file: str) -> None:
    code = f"import sys; from codesign.cli import main; assert main(['show', {file!r}]) == 0; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"hydra", "warp", "matplotlib", "ray"} & set(ended.stdout.split())
