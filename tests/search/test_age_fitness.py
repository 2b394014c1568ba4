"""Age as an objective: newcomers live beside old designs that are fitter, and ages follow the oldest ancestor."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.search import AgeFitness, Genetic, Individuals, start_search
from codesign.search.age_fitness import AgeFitnessSearch, fronts_of_the_young
from tests.search.landscape import SPACE, advance, best_drawn, resemblance, tell


def begin(**settings: int) -> AgeFitnessSearch:
    return replace(AgeFitness(population_size=20), **settings).start(SPACE, 4)


def test_fronts_are_those_of_brute_force() -> None:
    generator = np.random.default_rng(0)
    fitness, origins = generator.integers(0, 12, 60) / 4.0, generator.integers(0, 9, 60)
    fronts = np.full(60, -1)
    for front in range(60):
        left = np.flatnonzero(fronts < 0)
        for one in left:
            beaten = any(
                fitness[other] >= fitness[one]
                and origins[other] >= origins[one]
                and (fitness[other] > fitness[one] or origins[other] > origins[one] or other < one)
                for other in left
                if other != one
            )
            if not beaten:
                fronts[one] = front
    np.testing.assert_array_equal(fronts_of_the_young(fitness, origins), fronts)


def note_births(born: dict[tuple[int, ...], int], asked: Individuals, generation: int) -> None:
    """Add to each design's oldest generation among its ancestors those of designs that are asked for now."""
    for own, parents in zip(asked.identities.tolist(), asked.parents.tolist(), strict=True):
        known = [born[tuple(parent)] for parent in parents if parent != [-1, -1]]
        born[tuple(own)] = min(known, default=generation)


def test_the_age_of_a_child_is_that_of_its_oldest_ancestor() -> None:
    search, born = begin(), {}
    for generation in range(8):
        asked = search.ask()
        note_births(born, asked, generation)
        tell(search, asked, resemblance(asked.genomes))
        living = search.population
        assert search.origins(living).tolist() == [born[tuple(own)] for own in living.identities.tolist()]


def test_migrants_are_as_old_as_where_they_come_from() -> None:
    settings = AgeFitness(population_size=12, islands=3, migration_interval=2, migrants=2)
    search, born = start_search(settings, SPACE, 4), {}
    for generation in range(8):
        asked = search.ask()
        note_births(born, asked, generation)
        tell(search, asked, resemblance(asked.genomes))
        seen = search.overview()
        assert seen is not None
        ages = [generation - born[tuple(own)] for own in seen.identities.tolist()]
        assert seen.across.values.tolist() == ages
    strangers = [number // 4 != place for place, each in enumerate(search.islands) for _, number in each.identities]
    assert any(strangers)


def test_newcomers_are_random_and_drawn_from_their_own_streams() -> None:
    search = begin(newcomers=3)
    advance(search, 1)
    asked = search.ask()
    assert [name == "random" for name in asked.operators] == [False] * 17 + [True] * 3
    assert (asked.parents[17:] < 0).all()
    alone = begin(newcomers=19)
    advance(alone, 1)
    np.testing.assert_array_equal(asked.genomes.cells[17:], alone.ask().genomes.cells[17:])


def test_newcomers_survive_although_the_old_are_fitter_and_genetic_search_loses_them() -> None:
    search, other = begin(), Genetic(population_size=20).start(SPACE, 4)
    young = 0
    for each in (search, other):
        advance(each, 15)
    for _ in range(10):
        population = advance(search, 1)[-1]
        young += int((search.origins(population) > 0).sum())
        assert np.isin(search.origins(population), range(search.generation - 3, search.generation)).any()
    assert young > 10
    assert "random" not in advance(other, 10)[-1].operators


def test_it_climbs_higher_than_random_search_on_the_same_budget() -> None:
    for seed in range(3):
        climbed = advance(AgeFitness(population_size=20).start(SPACE, seed), 25)[-1]
        assert climbed.fitness[0] > best_drawn(seed)


def test_a_memory_of_another_kind_is_refused() -> None:
    search = begin()
    advance(search, 2)
    state = search.state()
    for broken in ({"memory.origins": np.zeros(4)}, {"memory.other": np.zeros((1, 3), np.int64)}):
        with pytest.raises(ValueError, match="origins of designs"):
            begin().restore(state | broken)


def test_a_generation_of_newcomers_alone_is_refused() -> None:
    with pytest.raises(ConfigError, match="newcomers to be fewer than the designs"):
        AgeFitness(population_size=4, newcomers=4)


def test_the_overview_shows_age_and_fitness() -> None:
    search = begin()
    advance(search, 6)
    seen = search.overview()
    np.testing.assert_array_equal(seen.across.values, 5 - search.origins(search.population))
    np.testing.assert_array_equal(seen.up.values, search.population.fitness)
    assert seen.marked[0]
    assert 0 < seen.marked.sum() < len(seen.fitness)
