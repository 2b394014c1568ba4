"""Runs side by side: groups, bands, differences."""

from typing import Any

import numpy as np
import pytest

from codesign.analysis import compare
from tests.analysis.summaries import record


def test_runs_that_differ_in_the_seed_alone_are_one_group() -> None:
    runs = [
        record("a", (0.1, 0.2, 0.3), {"search.population_size": 10}),
        record("b", (0.3, 0.4, 0.9), {"search.population_size": 10}, seed=1),
        record("c", (0.2, 0.3), {"search.population_size": 20}),
    ]
    found = compare(runs, {"d": "no metrics"})
    assert [(group.name, group.runs.tolist()) for group in found.groups] == [
        ("search.population_size=10", [0, 1]),
        ("search.population_size=20", [2]),
    ]
    assert found.groups[0].final.tolist() == [0.3, 0.9]
    assert {each.key: each.values for each in found.differences} == {
        "seed": (0, 1, 0),
        "search.population_size": (10, 10, 20),
    }
    assert "0.600         2  search.population_size=10 (0.300 to 0.900)" in str(found)
    assert "cannot be read: d (no metrics)" in str(found)


def test_bands_go_as_far_as_all_runs_of_a_group() -> None:
    band = compare([record("a", (0.1, 0.2, 0.3)), record("b", (0.3, 0.4), seed=1)]).groups[0].fitness["generation"]
    assert band.at.tolist() == [0, 1]
    np.testing.assert_allclose([band.low, band.median, band.high], [[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]])


def test_fitness_along_steps_is_that_of_the_last_generation_that_was_paid_for() -> None:
    band = compare([record("a", (0.1, 0.2, 0.4))]).groups[0].fitness["robot_steps"]
    assert (band.at[0], band.at[-1]) == (1000, 3000)
    assert set(band.median.tolist()) == {0.1, 0.2, 0.4}
    assert band.median[band.at < 2000].max() == 0.1
    assert band.median[-1] == 0.4


def test_generations_without_a_valid_design_are_left_out() -> None:
    band = compare([record("a", (np.nan, 0.2, 0.4))]).groups[0].fitness["generation"]
    assert band.at.tolist() == [1, 2]


@pytest.mark.parametrize("best", [(), (np.nan, np.nan)])
def test_a_run_in_which_nothing_was_valid_has_no_band_and_no_final_best(best: Any) -> None:
    found = compare([record("a", best)])
    assert np.isnan(found.runs[0].final)
    assert all(len(band.at) == 0 for band in found.groups[0].fitness.values())
    assert "none" in str(found)


def test_groups_with_many_differences_go_by_their_titles_and_runs() -> None:
    runs = [record(name, settings={f"sim.{key}": place for key in "abc"}) for place, name in enumerate("xy")]
    assert [group.name for group in compare(runs).groups] == ["walkers (x)", "walkers (y)"]
    assert compare(runs[:1]).groups[0].name == "walkers"


def test_a_setting_that_a_run_does_not_have_is_a_difference() -> None:
    (difference,) = compare([record("a", settings={"forces.wind.speed": 2.0}), record("b")]).differences
    assert difference.values == (2.0, None)


def test_other_tasks_are_told() -> None:
    walk, jump = {"task.name": "walk"}, {"task.name": "jump"}
    assert "The tasks differ" in str(compare([record("a", (0.1,), walk), record("b", (0.1,), jump)]))
    assert "The tasks differ" not in str(compare([record("a", (0.1,), walk), record("b", (0.1,), walk, seed=1)]))


def test_the_unit_is_told_where_all_runs_have_the_same() -> None:
    assert compare([record("a"), record("b")]).unit == "m"
    assert compare([record("a"), record("b", unit="rad")]).unit == ""
