"""`codesign evolve search.first=FILE`: runs that begin with bodies from files."""

import json
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

from codesign.cli import main
from codesign.formats import FORMATS
from codesign.run import RunFolder
from tests.cli.given import FIXED, write_robots
from tests.run.fakes import results as recorded

BEGIN = ["evolve", "debug=tiny", "evaluator=local", "logger=quiet"]
LOUD = BEGIN[:-1]


def results(folder: str) -> dict:
    """Return what a run came to; what differs by intention is how many generations it was first told to have."""
    return {name: value for name, value in recorded(RunFolder(Path(folder))).items() if name != "config"}


def test_a_run_begins_with_the_bodies_of_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_robots(here / "robots.json")
    assert main([*LOUD, "logger.page=false", "search.first=robots.json", "hydra.run.dir=run"]) == 0
    shown = capsys.readouterr().out
    # 3 x 4 squares are what debug=tiny says; the tower is five high, and the other one five wide.
    added = "body=square body.lattice.rows=5 body.lattice.columns=5"
    assert shown.startswith(f"For the square cells of robots.json: {added}\n")
    assert "3 bodies were given to begin with\n" in shown
    designs = parquet.read_table("run/designs/generation_000000.parquet").to_pylist()
    assert [row["operator"] for row in designs] == ["given"] * 3 + ["random"] * 3
    bodies = json.loads(Path("run/inputs/search.first.json").read_text())["bodies"]
    assert [body["name"] for body in bodies] == [row["design"] for row in designs[:3]]
    assert [body["about"]["name"] for body in bodies] == ["biped", "wide", "tower"]
    assert {body["about"]["file"] for body in bodies} == {"robots.json"}
    assert bodies[0]["cells"] == "3000012400" + "0" * 15
    assert main(["export", "run=run", "design=lineage", "format=json"]) == 0


def test_a_run_goes_on_without_the_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_robots(here / "robots.json")
    words = [*BEGIN, "search.first=[robots.json]"]
    assert main([*words, "search.generations=2", "hydra.run.dir=whole"]) == 0
    assert main([*words, "search.generations=1", "hydra.run.dir=begun"]) == 0
    shutil.copytree("begun", "early")
    shutil.rmtree("early/checkpoints")  # as if killed before the first
    assert main([*words, "run=auto", "search.generations=2", "hydra.run.dir=begun"]) == 0
    (here / "robots.json").unlink()
    assert main(["evolve", "run=early", "search.generations=2", "logger=quiet"]) == 0
    for run in ("begun", "early"):
        assert results(run) == results("whole"), run
    record = Path("early/inputs/search.first.json")
    text = record.read_text()
    capsys.readouterr()
    record.unlink()
    assert main(["evolve", "run=early", "search.generations=3", "logger=quiet"]) == 2
    assert "expected the run's copy of search.first; got nothing at early/inputs" in capsys.readouterr().err
    record.write_text(text.replace("3000012400", "3300012400"))
    assert main(["evolve", "run=early", "search.generations=3", "logger=quiet"]) == 2
    assert "first.checksum" in capsys.readouterr().err


def test_other_bodies_under_the_same_name_do_not_go_on_with_a_run(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_robots(here / "robots.json")
    words = [*BEGIN, "run=auto", "search.first=robots.json", "search.generations=1", "hydra.run.dir=run"]
    assert main(words) == 0
    path.write_text(path.read_text().replace('"300124"', '"330124"'))
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "expected search.first as the run in run was started with; got files of other bodies" in said
    assert len(said.splitlines()) == 1


def test_a_random_search_and_a_sweep_begin_with_them_too(here: Path) -> None:
    write_robots(here / "robots.json")
    words = ["search=random", "search.population_size=2", "search.generations=1", "search.first=robots.json"]
    assert main(["evolve", "-m", *BEGIN[1:], *words, "seed=1,2", "hydra.sweep.dir=sweep"]) == 0
    for job in ("0", "1"):
        bodies = json.loads(Path(f"sweep/{job}/inputs/search.first.json").read_text())["bodies"]
        assert [body["about"]["name"] for body in bodies] == ["biped", "wide"]


def test_the_configuration_is_shown_with_what_is_added(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_robots(here / "robots.json")
    assert main(["evolve", "debug=tiny", "search.first=robots.json", "--cfg", "job"]) == 0
    shown = capsys.readouterr().out
    assert "name: square\n    rows: 5\n    columns: 5\n" in shown


def test_what_a_body_cannot_have_is_an_error_or_told(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "fixed", FIXED)
    (here / "robot.fixed").touch()
    words = [*LOUD, "logger.page=false", "search.first=robot.fixed", "search.generations=1", "hydra.run.dir=run"]
    assert main(words) == 2
    assert "got fixed cells at (0,0) in robot.fixed; set lenient=true" in capsys.readouterr().err
    assert main([*words, "lenient=true"]) == 0
    assert "fixed cells taken as rigid (1 body)" in capsys.readouterr().out
    (body,) = json.loads(Path("run/inputs/search.first.json").read_text())["bodies"]
    assert body["about"]["replaced"] == "fixed cells at (0,0) taken as rigid"
    assert main(["evolve", "run=run", "search.generations=2", "logger=quiet"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["body=voxel"], "lattice of kind cube, as the run's; got square (biped in robots.json); choose body=square,"),
        (["body=square", "body.lattice.columns=4"], "got wide of 1 x 5; enlarge the lattice to rows=1, columns=5"),
        (["search.first=none.json"], "no file none.json"),
        (["search.first=3"], "search.first as a word or a list of words; got 3"),
        (["search.first=[]"], "search.first to be a path or a list of paths"),
        (["search.first=empty.npz"], "empty.npz"),
        (["search.first=broken.json"], "broken.json"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    words: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_robots(here / "robots.json")
    (here / "empty.npz").touch()
    (here / "broken.json").write_text("{")
    first = [] if any(word.startswith("search.first=") for word in words) else ["search.first=robots.json"]
    assert main([*BEGIN, *first, *words, "hydra.run.dir=run"]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert not Path("run").exists()
