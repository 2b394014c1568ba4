"""`codesign train`: one generation learns."""

import json
import re
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.export import EXPORTERS, read_json
from codesign.formats import FORMATS
from tests.cli.given import FIXED, PIECES, write_robots
from tests.export import cubes, strips

TINY = ["debug=tiny", "evaluator=local", "hydra.run.dir=out"]


def rows() -> list[dict]:
    return [json.loads(line) for line in Path("out/learning.jsonl").read_text().splitlines()]


def test_random_bodies_learn(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", *TINY, "search.population_size=5"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Memory: up to ")
    assert "5 of 5 designs valid" in shown
    found = rows()
    assert len(found) == 5
    assert all(len(row["curve"]) == 4 and row["fitness"] == max(row["curve"]) for row in found)
    assert Path("out/learning.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in Path("out").iterdir()) == ["learning.jsonl", "learning.png"]


def test_exported_bodies_learn_again(finished: Path) -> None:
    assert main(["export", f"run={finished}", "design=top2", "format=json", "output=designs"]) == 0
    files = ",".join(sorted(str(path) for path in Path("designs").iterdir()))
    assert main(["train", *TINY, f"designs=[{files}]", "learner=adam"]) == 0
    assert {row["design"] for row in rows()} == {
        json.loads(path.read_text())["design"] for path in Path("designs").iterdir()
    }


def test_a_given_body_in_pieces_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=designs"]) == 0
    (file,) = Path("designs").iterdir()
    design = json.loads(file.read_text())
    springs = design["body"]["springs"]
    design["body"]["springs"] = [springs[0]] * len(springs)
    file.write_text(json.dumps(design))
    assert main(["train", *TINY, f"designs=[{file}]"]) == 2
    assert f"joined by springs in {file}; got " in capsys.readouterr().err


def test_a_given_body_that_cannot_be_simulated_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=designs"]) == 0
    (path,) = Path("designs").iterdir()
    design = json.loads(path.read_text())
    design["body"]["springs"][2] = [1, 1]
    path.write_text(json.dumps(design))
    capsys.readouterr()
    assert main(["train", *TINY, f"designs={path}"]) == 2
    said = capsys.readouterr().err
    assert f"got spring 2 from mass 1 to itself in {path}" in said
    assert len(said.splitlines()) == 1


def test_a_summary_of_the_best_is_refused_with_what_writes_designs(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *TINY, f"designs={finished / 'best.json'}"]) == 2
    assert "write one with codesign export run=FOLDER format=json" in capsys.readouterr().err


def test_the_documentation_reads_a_file_that_export_writes(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=export"]) == 0
    (file,) = Path("export").iterdir()
    text = (Path(__file__).parents[2] / "docs" / "json-format.md").read_text()
    example = text.partition("```python\n")[2].partition("```")[0]
    named = re.search(r'"(export/g\d{3}-i\d{4}\.json)"', example)
    assert named
    capsys.readouterr()
    exec(example.replace(named[1], str(file)), {})
    assert re.fullmatch(rf"{file.stem} moved -?\d+\.\d\d m\n", capsys.readouterr().out)


def test_given_bodies_learn_in_batches_with_the_same_numbers(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["export", f"run={finished}", "design=top3", "format=json", "output=designs"]) == 0
    files = ",".join(sorted(str(path) for path in Path("designs").iterdir()))
    assert main(["train", *TINY, f"designs=[{files}]"]) == 0
    together = rows()
    monkeypatch.setattr("codesign.evaluate.evaluation.batches", lambda *_: [slice(0, 2), slice(2, 3)])
    assert main(["train", *TINY, f"designs=[{files}]"]) == 0
    assert rows() == together
    assert len(together) == 3


def test_a_design_learns_the_same_curve_as_in_its_run(finished: Path) -> None:
    """Designs of generation 0 have the controllers that a training of as many random designs starts with."""
    words = ["debug=tiny", "evaluator=local"]
    assert main(["export", f"run={finished}", "design=generation:0", "format=json", "output=designs"]) == 0
    recorded = {
        path["design"]: path["learning_curve"]
        for path in (json.loads(file.read_text()) for file in Path("designs").iterdir())
    }
    assert main(["train", *words, "hydra.run.dir=out"]) == 0
    for row in rows():
        name = f"g000-i{int(row['design'].removeprefix('random-')):04d}"
        assert row["curve"] == pytest.approx(recorded[name])


@pytest.fixture
def drawn(here: Path) -> tuple[str, str]:
    """Return files of a design in 2D and of one in 3D."""
    EXPORTERS["json"].write(strips.gallery(recordings=(strips.recording(),)), here / "plane.json")
    EXPORTERS["json"].write(strips.gallery(recordings=(cubes.recording(frames=5),)), here / "space.json")
    return "plane.json", "space.json"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["designs=[space.json,plane.json]"], "designs in 3 dimensions, as space.json; got plane.json in 2;"),
        (["designs=[plane.json,space.json]"], "designs in 2 dimensions, as plane.json; got space.json in 3;"),
        (["designs=space.json", "terrain=segments"], "terrain=segments"),
        (["designs=space.json", "body=triangle"], "a body of 3 dimensions, as the designs are; got one of 2"),
        (["designs=plane.json", "body=voxel"], "a body of 2 dimensions, as the designs are; got one of 3"),
        (["designs=space.json", "body.lattice.side=0.2"], "body.lattice.side and designs"),
        (
            ["designs=space.json", "conditions.push_speed=0.1"],
            "a lattice of 3 dimensions, as those of the bodies; got 2",
        ),
    ],
)
@pytest.mark.usefixtures("drawn")
def test_designs_of_other_dimensions_are_refused_before_anything_is_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *TINY, "controller=cpg", *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert not Path("out").exists()


def test_bodies_of_a_file_learn_on_its_lattice(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_robots(here / "robots.json")
    assert main(["train", *TINY, "designs=robots.json", "design=[top2,tower]"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(
        "For the square cells of robots.json: body=square body.lattice.rows=5 body.lattice.columns=5"
    )
    assert "Page: " in shown
    found = {row["design"]: row for row in rows()}
    assert [(row["file"], row["name"]) for row in found.values()] == [
        ("robots.json", "wide"),
        ("robots.json", "biped"),
        ("robots.json", "tower"),
    ]
    assert [row["file_fitness"] for row in found.values()] == [2.5, 1.5, 0.5]
    assert "in file" in shown
    assert found["robots-biped"]["masses"] == 10
    assert "robots-wide" in Path("out/report.html").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["designs=[]"], "designs to be a path or a list of paths; got an empty list; set designs=FILE"),
        (["designs=robots.json", "design=[]"], "got design=[]"),
    ],
)
def test_an_empty_list_is_no_bodies(
    words: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_robots(here / "robots.json")
    assert main(["train", *TINY, *words]) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert len(shown.splitlines()) == 1


def test_bodies_learn_the_same_alone_as_among_others_of_other_kinds_of_file(here: Path) -> None:
    write_robots(here / "robots.json")
    assert main(["show", "robots.json", "design=tower", "format=json", "output=designs"]) == 0
    assert main(["train", *TINY, "designs=[robots.json,designs/robots.json]", "body=square"]) == 0
    together = rows()
    assert [row["name"] for row in together] == ["biped", "wide", "tower", "tower"]
    assert [row["masses"] for row in together] == [10, 12, 12, 12]
    assert main(["train", *TINY, "designs=robots.json", "body=square"]) == 0
    assert rows() == together[:3]


def test_bodies_whose_cells_are_of_several_kinds_learn_apart(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_robots(here / "robots.json")
    assert main(["export", f"run={finished}", "design=best", "format=json", "output=designs"]) == 0
    (design,) = Path("designs").iterdir()
    assert main(["train", *TINY, f"designs=[robots.json,{design}]"]) == 2
    assert "got cells of 3 and of 4 corners; let those of each kind learn apart" in capsys.readouterr().err


def test_bodies_stand_upright_when_they_learn(here: Path) -> None:
    """The biped's foot is the lower of two rows: two masses touch the ground, and four are at the top."""
    write_robots(here / "robots.json")
    assert main(["show", "robots.json", "design=biped", "format=json", "output=shown"]) == 0
    after = read_json(Path("shown/robots.json")).after.positions[0]
    heights = sorted(after[:, 1].round(3).tolist())
    assert heights == [0.0, 0.0, *[pytest.approx(0.1)] * 4, *[pytest.approx(0.2)] * 4]


def test_more_bodies_than_are_taken_unasked_are_refused_at_once(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codesign.cli.given_bodies.MOST", 2)
    write_robots(here / "robots.json")
    assert main(["train", *TINY, "designs=robots.json"]) == 2
    said = "expected at most 2 bodies; got 3 in robots.json; choose some with design=top100, or set design=all"
    assert said in capsys.readouterr().err
    assert main(["train", *TINY, "designs=robots.json", "design=best"]) == 0
    assert [row["name"] for row in rows()] == ["wide"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["designs=robots.json", "body=voxel"], "choose body=square"),
        (["designs=robots.json", "design=none"], "design as all, best, top5 or the name of a body, such as biped"),
        (["design=top2"], "designs to choose from; got design without them"),
        (["designs=x.pieces"], "body apart"),
        (["designs=x.fixed"], "fixed cells at (0,0)"),
    ],
)
def test_given_bodies_that_cannot_learn_are_one_line(
    words: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_robots(here / "robots.json")
    for each in (FIXED, PIECES):
        monkeypatch.setitem(FORMATS, each.name, each)
        (here / f"x.{each.name}").touch()
    assert main(["train", *TINY, *words]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert shown.out == ""
    assert not Path("out").exists()


def test_what_is_replaced_in_given_bodies_is_told(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "fixed", FIXED)
    (here / "x.fixed").touch()
    assert main(["train", *TINY, "designs=x.fixed", "lenient=true"]) == 0
    assert "fixed cells taken as rigid (1 body)" in capsys.readouterr().out
