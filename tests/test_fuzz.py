"""The search for files that readers fail on: that it finds failures, and that a short one finds none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


def report_of(*words: str | Path) -> tuple[int, dict[str, Any]]:
    """Return the exit status and the report of a command."""
    ended = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def test_every_kind_of_failure_is_found(tmp_path: Path) -> None:
    status, report = report_of("-m", "tests.failing_readers", tmp_path / "kept")
    assert status == 0
    found = {failure["reader"]: (failure["kind"], failure["what"]) for failure in report["failures"]}
    assert {reader: kind for reader, (kind, _) in found.items()} == {
        "unnamed": "unnamed",
        "exception": "exception",
        "panic": "outside",
        "hang": "hang",
        "segmentation": "crash",
        "ends": "crash",
        "memory": "memory",
        "too much memory": "exception",
        "reads elsewhere": "outside",
        "writes elsewhere": "outside",
        "removes": "outside",
        "starts": "outside",
        "unpickles": "outside",
    }
    assert "MemoryError" in found["too much memory"][1]
    assert "/etc/passwd" in found["reads elsewhere"][1]
    assert "os.system" in found["starts"][1]
    assert all(Path(failure["input"]).exists() for failure in report["failures"])
    counts = report["readers"]
    assert counts["sound"] == {"inputs": 2, "accepted": 0, "refused": 2, "failed": 0}
    assert all(counts[failure["reader"]]["failed"] == failure["count"] == 2 for failure in report["failures"])


def test_a_process_that_has_ended_did_not_hang_however_late_that_is_seen(tmp_path: Path) -> None:
    _, report = report_of("-m", "tests.failing_readers", tmp_path / "kept", "late")
    kinds = {failure["reader"]: failure["kind"] for failure in report["failures"]}
    assert kinds["ends"] == kinds["segmentation"] == "crash"
    assert kinds["memory"] == "memory"
    assert "hang" not in kinds.values()
    assert report["readers"]["sound"]["refused"] == 2


@pytest.mark.slow
def test_a_short_search_finds_nothing(tmp_path: Path) -> None:
    words = ["tools/fuzz.py", "--inputs", "6000", "--seed", "7", "--output", tmp_path / "kept"]
    status, report = report_of(*words)
    assert report["failures"] == []
    assert status == 0
    assert report["inputs"] >= 6000
    # A reader that reads everything, or refuses everything, was not really tried.
    tried = {name: counts for name, counts in report["readers"].items() if counts["inputs"] > 100}
    assert len(tried) > 6
    unlike = {name: counts for name, counts in tried.items() if not counts["accepted"] * counts["refused"]}
    assert unlike == {}
