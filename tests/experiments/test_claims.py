"""What the studies of trainability and smoothness say of a claim: it holds, its opposite does, or neither is shown."""

import numpy as np
import pytest

from experiments.trainability import claims
from experiments.trainability.claims import (
    CLAIMS,
    HOLDS,
    OPEN,
    OPPOSITE,
    compared,
    counted,
    of_group,
    p_over_runs,
    told,
)

RUNS = ("one_0", "one_1", "one_2")


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "DRAWS", 100)


def designs(evolved: dict[str, list[float]]) -> list[dict]:
    """Return rows of random designs with numbers from 1 to 4 in each run, and of evolved ones by run."""
    rows = []
    for run in RUNS:
        for group, values in (("random", [1.0, 2.0, 3.0, 4.0]), ("last", evolved[run])):
            rows += [{"group": group, "run": run, **{claim.name: value for claim in CLAIMS}} for value in values]
    return rows


def verdicts(rows: list[dict]) -> dict[str, str]:
    return {row["measure"]: row["verdict"] for row in compared(rows, "last", "random")}


def test_a_claim_holds_where_all_runs_go_its_way() -> None:
    found = verdicts(designs({run: [5.0, 6.0, 7.0] for run in RUNS}))
    assert {claim.name: found[claim.name] for claim in CLAIMS} == {
        claim.name: HOLDS if claim.direction > 0 else OPPOSITE for claim in CLAIMS
    }


def test_verdicts_are_counted_by_part_of_the_claim() -> None:
    rows = compared(designs({run: [5.0, 6.0, 7.0] for run in RUNS}), "last", "random", variant="a")
    lines = {line[0]: line[1:] for line in counted([*rows, {**rows[0], "variant": "b"}], "variant", ("a", "b"))}
    assert lines["deeper"] == ["4 of 4", "1 of 1"]
    assert lines["less dependent on the start"] == ["3 of 4, opposite 1", "0 of 0"]


def test_a_run_that_says_the_opposite_leaves_it_open() -> None:
    rows = designs({"one_0": [50.0] * 40, "one_1": [60.0] * 40, "one_2": [2.0, 2.0, 2.5]})
    (gain,) = [row for row in compared(rows, "last", "random", variant="a") if row["measure"] == "gain"]
    assert gain["delta_low"] < gain["delta"]
    assert gain["by_run"] == "+1.00 +1.00 -0.17"
    assert (gain["variant"], gain["group_middle"], gain["reference_middle"]) == ("a", 50.0, 2.5)
    assert gain["verdict"] == OPEN
    assert told(gain).endswith("] 2/3 p = 0.26")
    assert told({**gain, "delta": 0.0}).endswith("] p = 0.26")


def test_what_few_designs_have_is_told_by_its_mean() -> None:
    rows = designs({run: [0.0, 0.0, 3.0] for run in RUNS})
    middles = {row["measure"]: row["group_middle"] for row in compared(rows, "last", "random")}
    assert (middles["path_norm_large"], middles["gain"]) == (1.0, 0.0)


def test_designs_without_a_number_are_left_out() -> None:
    rows = [{"group": "last", "run": "b", "gain": ""}, {"group": "last", "run": "a", "gain": 2}]
    found = of_group(rows, "last", "gain")
    assert (found.values.tolist(), found.runs.tolist()) == ([2.0], [1])


def test_runs_are_the_unit_of_the_test() -> None:
    assert np.isnan(p_over_runs([1.0, 1.0]))
    assert p_over_runs([1.0, 1.0, 1.0]) == 0.0
    assert p_over_runs([0.0, 0.0, 0.0]) == 1.0
    assert p_over_runs([0.2, 0.4, 0.6, 0.8]) == pytest.approx(0.0305, abs=5e-4)
