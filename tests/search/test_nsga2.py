"""Several objectives: fronts are those of brute force, and designs that trade one for another live side by side."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.search import Individuals, Nsga2
from tests.search.landscape import SPACE, advance, best_drawn, measures_of, resemblance, tell


def dominated(costs: np.ndarray, one: int) -> bool:
    """Return whether some other row is nowhere worse than one, and somewhere better."""
    return any((other <= costs[one]).all() and (other < costs[one]).any() for other in costs)


def costs_of(population: Individuals) -> np.ndarray:
    return np.stack([-population.fitness, population.measures["size"]], axis=1)


def test_the_front_is_what_brute_force_finds_and_all_of_it_survives() -> None:
    search = Nsga2(population_size=40).start(SPACE, 2)
    for _ in range(12):
        asked = search.ask()
        before = search.population if search.generation else asked.take(np.zeros(0, dtype=np.int64))
        fitness = resemblance(asked.genomes)
        tell(search, asked, fitness)
        told = np.stack([-fitness, measures_of(asked.genomes)["size"]], axis=1)
        everyone = np.concatenate([costs_of(before), told]) if len(before) else told
        best = np.array([row for index, row in enumerate(everyone) if not dominated(everyone, index)])
        front = search.front(search.population)
        expected = [not dominated(costs_of(search.population), index) for index in range(len(front))]
        assert front.tolist() == expected
        assert {tuple(row) for row in best.tolist()} == {
            tuple(row) for row in costs_of(search.population)[front].tolist()
        }


def test_what_is_maximised_and_minimised_is_a_setting() -> None:
    ends = {}
    for name in ("maximise", "minimise"):
        lists = {"maximise": ("fitness",), "minimise": ()}
        lists[name] = (*lists[name], "size")
        search = Nsga2(population_size=20, **lists).start(SPACE, 0)
        ends[name] = advance(search, 12)[-1].measures["size"].mean()
    assert ends["maximise"] > ends["minimise"] + 10


def test_designs_without_a_measure_and_invalid_ones_are_behind() -> None:
    search = Nsga2(population_size=4).start(SPACE, 0)
    search.ask()
    search.tell(np.array([1.0, 2.0, -np.inf, 3.0]), {"size": np.array([5.0, np.nan, 1.0, 6.0])})
    assert search.population.fitness.tolist() == [3.0, 2.0, 1.0, -np.inf]
    assert search.front(search.population).tolist() == [True, False, True, False]


def test_room_around_decides_in_the_last_front() -> None:
    search = Nsga2(population_size=3).start(SPACE, 0)
    search.ask()
    search.tell(np.array([0.0, 9.0, 10.0]), {"size": np.array([0.0, 9.0, 10.0])})
    search.ask()
    search.tell(np.array([5.0, 8.5, -1.0]), {"size": np.array([5.0, 8.5, 20.0])})
    assert search.population.fitness.tolist() == [10.0, 5.0, 0.0]


def test_it_climbs_higher_than_random_search_and_ends_in_smaller_bodies() -> None:
    for seed in range(3):
        climbed = advance(Nsga2(population_size=20).start(SPACE, seed), 25)[-1]
        assert climbed.fitness[0] > best_drawn(seed)
        assert climbed.measures["size"].min() < 10


@pytest.mark.parametrize("lists", [{"minimise": ()}, {"minimise": ("fitness",)}, {"maximise": ("size", "size")}])
def test_one_objective_or_one_twice_is_refused(lists: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ConfigError, match="none twice"):
        replace(Nsga2(), **lists)


def test_without_pymoo_the_command_that_brings_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("codesign.search.looked_at.importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        ConfigError, match=r"the package pymoo for search=nsga2; got none; pip install 'codesign\[search\]'"
    ):
        Nsga2().start(SPACE, 0)
