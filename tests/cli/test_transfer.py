"""`codesign transfer`: designs of a run in MuJoCo."""

import importlib.util
import json
from pathlib import Path

import pytest

from codesign.cli import main

QUICK = ["substeps=[1]", "combined=1"]


def test_the_best_designs_are_tried_and_written(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfer", f"run={finished}", "design=top2", "output=out", *QUICK]) == 0
    printed = capsys.readouterr().out
    assert "Displacement in MuJoCo (in our physics), driven by the recorded actuation" in printed
    assert "the controller itself" in printed
    assert "stiffness -20 %" in printed
    assert "no_slip" in printed
    assert printed.splitlines()[-3:] == ["out/transfer.json", "out/transfer.svg", "out/transfer.png"]
    assert sorted(path.name for path in (here / "out").iterdir()) == ["transfer.json", "transfer.png", "transfer.svg"]
    designs = json.loads((here / "out" / "transfer.json").read_text())["designs"]
    assert len(designs) == 2
    best = json.loads((finished / "best.json").read_text())
    assert designs[0]["design"] == best["design"]
    assert designs[0]["recorded"] == pytest.approx(best["fitness"], abs=1e-5)


MISTAKES = {
    "an unknown design": (["design=g099-i0001"], "g099-i0001"),
    "another word": (["loops=ajar"], "loops to be open, closed or both"),
    "steps out of range": (["substeps=[0]"], "substeps to be ascending whole numbers"),
    "too large a spread": (["spread=2"], "spread to be"),
    "a text for a number": (["combined=many"], "combined"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told_and_nothing_is_written(
    mistake: str, finished: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, told = MISTAKES[mistake]
    assert main(["transfer", f"run={finished}", "output=out", *words]) == 2
    assert told in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_files_are_replaced_only_if_asked_for(finished: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").mkdir()
    (here / "out" / "transfer.svg").write_text("mine")
    words = ["transfer", f"run={finished}", "output=out", "loops=open", *QUICK]
    assert main(words) == 2
    assert "overwrite=true" in capsys.readouterr().err
    assert (here / "out" / "transfer.svg").read_text() == "mine"
    assert main([*words, "overwrite=true"]) == 0
    assert (here / "out" / "transfer.svg").read_text() != "mine"


def test_a_missing_library_names_the_command(
    finished: Path, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mujoco" else find(name))
    assert main(["transfer", f"run={finished}", "output=out"]) == 2
    assert "pip install 'codesign[mujoco]'" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_without_a_run_it_says_what_to_name(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transfer", "output=out"]) == 2
    assert "codesign transfer run=FOLDER" in capsys.readouterr().err
