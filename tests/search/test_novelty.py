"""Novelty: distances to the nearest neighbours, a past that is remembered, and a population that spreads."""

from typing import Any

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.search import Genetic, Novelty
from codesign.search.novelty import NoveltySearch, nearest_distance
from tests.search.landscape import SPACE, advance, best_drawn, measures_of


def begin(seed: int = 0, **settings: Any) -> NoveltySearch:
    return Novelty(**{"population_size": 20, **settings}).start(SPACE, seed)


def test_distances_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.random.default_rng(1).normal(size=(30, 3))
    expected = [np.sort(np.linalg.norm(np.delete(points, i, 0) - points[i], axis=1))[:4].mean() for i in range(20)]
    np.testing.assert_allclose(nearest_distance(points[:20], points, 4), expected)
    monkeypatch.setattr("codesign.search.novelty._AT_A_TIME", 100)
    np.testing.assert_allclose(nearest_distance(points[:20], points, 4), expected)
    assert nearest_distance(points[:1], points[:1], 4).tolist() == [0.0]


def spread(genomes: Any) -> float:
    found = np.stack(list(measures_of(genomes).values()), axis=1) / (60.0, 1.0)
    return float(found.std(axis=0).prod())


def test_alone_it_spreads_more_than_genetic_search_and_with_fitness_it_climbs_higher_than_random_search() -> None:
    for seed in range(3):
        ends = [
            advance(settings.start(SPACE, seed), 25)[-1]
            for settings in (
                Genetic(population_size=20),
                Novelty(population_size=20, weight=0.4),
                Novelty(population_size=20, weight=1.0),
            )
        ]
        spreads = [spread(population.genomes) for population in ends]
        assert 1.5 * spreads[0] < spreads[2]
        assert ends[1].fitness[0] > best_drawn(seed)


def test_without_weight_it_keeps_the_fittest() -> None:
    search = begin(weight=0.0)
    before = advance(search, 3)[-1]
    asked = search.ask()
    fitness = np.arange(20.0)
    search.tell(fitness, measures_of(asked.genomes))
    assert search.population.fitness.tolist() == sorted([*before.fitness, *fitness], reverse=True)[:20]


def test_the_past_is_remembered_by_who_a_design_is() -> None:
    search, whole = begin(remembered=0.3), begin(remembered=1.0)
    for each, counts in ((search, None), (whole, [20, 40, 60])):
        found = []
        for _ in range(3):
            advance(each, 1)
            found.append(len(each.memory()["archive"]))
        assert found == counts or (counts is None and 5 < found[-1] < 40)
    other = begin(remembered=0.3)
    for _ in range(3):
        asked = other.ask()
        other.tell(np.zeros(20), measures_of(asked.genomes))
    assert len(other.memory()["archive"]) == len(search.memory()["archive"])


def test_a_past_of_other_measures_is_refused() -> None:
    search = begin()
    advance(search, 2)
    with pytest.raises(ValueError, match="2 measures of the past"):
        begin().restore(search.state() | {"memory.archive": np.zeros((3, 1))})


def test_designs_without_measures_are_behind_all_others() -> None:
    search = begin(population_size=3)
    search.ask()
    search.tell(np.array([1.0, 5.0, -np.inf]), {"size": np.array([1.0, np.nan, 2.0]), "muscle_share": np.ones(3)})
    search.ask()
    search.tell(np.array([2.0, 3.0, 4.0]), {"size": np.array([1.0, 2.0, 9.0]), "muscle_share": np.ones(3)})
    # The fittest stays although it has no measures.
    assert search.population.fitness.tolist() == [5.0, 4.0, 3.0]


@pytest.mark.parametrize(
    ("field", "value"), [("weight", 1.5), ("neighbours", 0), ("remembered", -0.1), ("measures", ())]
)
def test_settings_out_of_range_are_refused(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{field} to be"):
        begin(**{field: value})
