"""The comparison's command line: what it writes, and how it says no."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import compare
from benchmarks.agreement import DisagreementError

ROOT = Path(__file__).parents[2]
TINY = ["--worlds", "3", "--grid", "3x4", "--steps", "12", "--repeats", "1"]


@pytest.mark.parametrize(
    ("peer", "library", "name"),
    [("jax", "jax", "JAX"), ("plain_jax", "jax", "JAX, plain"), ("torch", "torch", "PyTorch")],
)
def test_a_row_for_each_sweep_and_implementation(peer: str, library: str, name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed (pip install 'codesign[bench]')")
    file = tmp_path / "peers.json"
    # In a process of its own: a library's threads are no company for other tests, and JAX is set up once per process.
    command = [sys.executable, "-m", "benchmarks.compare", *TINY, "--peers", peer, "--output", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(file.read_text(encoding="utf-8"))
    told = [(row["reverse"], row["name"]) for row in report["rows"]]
    assert told == [(False, "codesign"), (False, name), (True, "codesign"), (True, name)]
    for row in report["rows"]:
        assert row["robot_steps_per_second"] == pytest.approx(36 / row["seconds"])
    assert [row["ratio"] for row in report["rows"][::2]] == [1.0, 1.0]
    assert [row["precision"] for row in report["agreement"]] == ["float64", "float32"]
    assert {library, "warp-lang"} <= set(report["versions"])
    assert "how many times faster codesign is" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--worlds", "0"], "--worlds of 1 or more"),
        (["--grid", "6by10"], "--grid as ROWSxCOLUMNS"),
        (["--seed", "-1"], "seed to be a whole number of at least 0"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main([*TINY, *arguments]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") == 1


def test_a_missing_library_says_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert compare.main(TINY) == 2
    assert "codesign[bench]" in capsys.readouterr().err


def test_what_disagrees_is_not_timed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def disagree(*_arguments: Any) -> Any:
        raise DisagreementError("expected agreement; got none")

    monkeypatch.setattr(compare, "_peer", lambda _name: compare.Ours)
    monkeypatch.setattr(compare, "agreements", disagree)
    file = tmp_path / "peers.json"
    assert compare.main([*TINY, "--output", str(file)]) == 1
    assert not file.exists()
    assert "expected agreement" in capsys.readouterr().err
