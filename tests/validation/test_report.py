"""The page and its numbers belong together, and a case that is beyond its bound is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.validation import __main__ as command
from benchmarks.validation.case import Finding
from benchmarks.validation.report import speeds, table, verdict, write_tables
from codesign.errors import ConfigError

ROOT = Path(__file__).parents[2]
GOOD = Finding("pendulum", [{"angle": 1.0, "error": 1e-5, "bound": 2e-5}, {"angle": 2.0, "error": 9.0, "bound": None}])
BAD = Finding("pendulum", [{"angle": 1.0, "error": -3e-5, "bound": 2e-5}])


def test_the_page_has_the_tables_of_the_committed_numbers(tmp_path: Path) -> None:
    page = tmp_path / "validation.md"
    text = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
    page.write_text(text, encoding="utf-8")
    cases = json.loads((ROOT / "docs/benchmarks/validation.json").read_text(encoding="utf-8"))["cases"]
    measured = json.loads((ROOT / "docs/benchmarks/latest.json").read_text(encoding="utf-8"))
    write_tables(page, cases, speeds(measured))
    assert page.read_text(encoding="utf-8") == text
    assert list(cases) == list(command.CASES)
    assert all(case["passed"] for case in cases.values())


def test_every_figure_is_on_the_page() -> None:
    text = (ROOT / "docs/validation.md").read_text(encoding="utf-8")
    for path in (ROOT / "docs/images/validation").glob("*.png"):
        assert f"(images/validation/{path.name})" in text


def test_an_error_beyond_its_bound_is_a_failure() -> None:
    assert not GOOD.failures
    assert len(BAD.failures) == 1
    assert Finding("x", [{"error": float("nan"), "bound": 1.0}]).failures
    assert verdict({"passed": True, "rows": GOOD.rows}).startswith("**Confirmed:** all 1 errors")
    assert verdict({"passed": False, "rows": BAD.rows}).startswith("**Not confirmed:**")


@pytest.mark.parametrize(("finding", "status"), [(GOOD, 0), (BAD, 1)])
def test_the_status_says_whether_all_is_within_bounds(
    finding: Finding, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(command.CASES, "pendulum", lambda: finding)
    assert command.main(["--only", "pendulum"]) == status
    told = capsys.readouterr().out
    assert ("confirmed" in told) == (status == 0)
    assert table(finding.rows).splitlines()[0] in told


def test_a_page_without_a_place_for_a_table_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- table speed -->\n\n<!-- end -->\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="table pendulum"):
        write_tables(page, {"pendulum": {"passed": True, "rows": GOOD.rows}}, [{"simulator": "x"}])
    write_tables(page, {}, [{"simulator": np.pi}])
    assert page.read_text(encoding="utf-8") == "<!-- table speed -->\n| simulator |\n| --- |\n| 3.142 |\n<!-- end -->\n"
