"""`codesign analyze gradient=true`: where the gradients of designs of a run end."""

import json
from pathlib import Path

import pytest

from codesign.cli import main
from codesign.run import RunFolder, select
from codesign.sensitivity import FILES

QUICK = ("line_points=11", "random_lines=1", "directions=1", "perturbations=2", "exponents=1")


@pytest.mark.slow
def test_a_report_of_the_best_design(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", "gradient=true", f"run={finished}", "output=found", *QUICK]) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines()[-4:] == [f"found/{name}" for name in FILES]
    assert "jumps per unit of length" in printed
    found = json.loads((here / "found" / "gradient.json").read_text())
    before, after = found["designs"]
    assert (before["when"], after["when"]) == ("before", "after")
    best = json.loads((finished / "best.json").read_text())
    assert after["design"] == best["design"]
    assert -after["loss"] == pytest.approx(best["fitness"], rel=1e-3)
    for each in found["designs"]:
        errors = {row["method"]: row["error"] for row in each["methods"] if row["precision"] == "float64"}
        assert errors["forward"] < 1e-10
        assert errors["reverse"] < 1e-10
        assert errors["richardson"] < 1e-3
        assert len(each["lines"]) == 2
        assert len(each["lines"][0]["losses"]) == 11
        assert each["growth"]["median"][0] == pytest.approx(1.0)
        assert len(each["lyapunov"]["exponents"]) == 1
        assert all(cosine > 0.999 for cosine in each["precision"]["cosines"])
    assert (here / "found" / "gradient.svg").read_text().startswith("<?xml")
    # Nothing that is there is written over.
    assert main(["analyze", "gradient=true", f"run={finished}", "output=found", *QUICK]) == 2
    assert "overwrite=true" in capsys.readouterr().err


@pytest.mark.slow
def test_before_learning_a_body_is_what_it_inherited(here: Path) -> None:
    learned = ("learner.body.rest_lengths=0.2", "learner.body.stiffness=0.3", "learner.body.inherit=true")
    told = ("debug=tiny", "evaluator=local", "logger.display=none", "hydra.run.dir=run")
    assert main(["evolve", *told, *learned]) == 0
    assert main(["analyze", "gradient=true", "run=run", "design=generation:2", "output=found", *QUICK]) == 0
    found = json.loads((here / "found" / "gradient.json").read_text())["designs"]
    begun = {each["design"]: -each["loss"] for each in found if each["when"] == "before"}
    designs = select(RunFolder(here / "run"), "generation:2")
    assert begun == pytest.approx({design.id: design.curve[0] for design in designs}, abs=1e-5)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["gradient=true"], "run=FOLDER"),
        (["gradient=true", "run=nowhere"], "nowhere"),
        (["gradient=true", "run=[RUN,RUN]"], "one run"),
        (["gradient=true", "run=RUN", "design=g999-i0001"], "g999-i0001"),
        (["gradient=true", "run=RUN", "design=worst"], "worst"),
        (["gradient=true", "run=RUN", "when=never"], "never"),
        (["gradient=true", "run=RUN", "horizons=[0]"], "horizons"),
        (["gradient=true", "run=RUN", "horizons=[100000000]"], "MiB"),
        (["gradient=true", "run=RUN", "line_length=-1"], "line_length"),
        (["gradient=true", "run=RUN", "horizon=[10]"], "horizon"),
        (["run=RUN", "design=best"], "gradient=true"),
        (["run=RUN", "line_points=11"], "gradient=true"),
    ],
)
def test_mistakes_are_one_line(
    words: list[str], part: str, finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", *(word.replace("RUN", str(finished)) for word in words), "overwrite=true"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert part in line
    assert list(here.iterdir()) == []
    assert not (finished / "gradient").exists()
