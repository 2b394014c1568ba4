"""Populations that evolve apart, in a ring."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.genome import random_genomes
from codesign.search import SEARCHES, Genetic, Islands, RandomSearch, Search, SearchSettings, start_search
from codesign.streams import Purpose, draws_of
from tests.search.landscape import LATTICE, SPACE, advance, assert_same, resemblance


def begin(seed: int = 0, settings: SearchSettings | None = None, **changes) -> Search:
    own = settings or Genetic()
    return start_search(
        replace(own, **{"population_size": 12, "islands": 3, "migration_interval": 4} | changes), SPACE, seed
    )


def plain(settings: SearchSettings) -> bool:
    return not settings.asynchronous and not settings.measured


GENERATIONAL = sorted(name for name, kind in SEARCHES.items() if plain(kind()) and name not in ("map_elites", "nsga2"))


def test_one_island_is_the_search_itself():
    assert not isinstance(begin(islands=1), Islands)
    assert isinstance(begin(), Islands)


def test_islands_evolve_apart_until_members_migrate():
    search = begin(population_size=12)
    alone = Genetic(population_size=4).start(SPACE, 0)
    for _ in range(3):
        asked = search.ask()
        assert asked.identities.tolist() == [[search.generation, number] for number in range(12)]
        own = alone.ask()
        assert np.array_equal(asked.genomes.cells[:4], own.genomes.cells)
        assert not np.array_equal(asked.genomes.cells[4:8], own.genomes.cells)
        alone.tell(resemblance(own.genomes))
        search.tell(resemblance(asked.genomes))
        for place, population in enumerate(search.islands):
            assert (population.identities[:, 1] // 4 == place).all()
            assert (population.parents[..., 1][population.parents[..., 0] >= 0] // 4 == place).all()
    assert_same(search.islands[0], alone.population)
    before = list(search.islands)
    search.tell(np.zeros(len(search.ask())))
    for place, population in enumerate(search.islands):
        candidates = before[place].joined(before[place - 1].take(np.array([0])))
        assert_same(population, candidates.take(candidates.best_first()[:4]))
    members = search.population.identities.tolist()
    assert len({tuple(each) for each in members}) == len(members) < 12
    assert np.all(np.diff(search.population.fitness) <= 0)


def test_a_migrant_is_not_two_members_of_an_island_and_may_have_children_there():
    search = begin(migration_interval=1, migrants=2, population_size=9)
    for _ in range(12):
        asked = search.ask()
        search.tell(resemblance(asked.genomes))
        for population in search.islands:
            assert len({tuple(identity) for identity in population.identities.tolist()}) == len(population) == 3
    parents = search.ask().parents[:, 0, 1] // 3
    assert (parents != np.repeat(np.arange(3), 3)).any()


@pytest.mark.parametrize("name", GENERATIONAL)
def test_islands_of_any_search_are_restored_exactly(name):
    search = begin(3, SEARCHES[name](), offspring_per_parent=2)
    advance(search, 6)
    state = {key: array.copy() for key, array in search.state().items()}
    other = begin(3, SEARCHES[name](), offspring_per_parent=2)
    other.restore(state)
    for expected, got in zip(advance(search, 6), advance(other, 6), strict=True):
        assert_same(expected, got)
    with pytest.raises(ValueError, match="expected"):
        begin(3, SEARCHES[name](), islands=2).restore(state)


def test_designs_that_were_received_replay_a_run():
    search, other = begin(), begin()
    for _ in range(9):
        asked = search.ask()
        fitness = resemblance(asked.genomes)
        search.tell(fitness)
        other.receive(replace(asked, fitness=fitness))
        assert_same(search.population, other.population)


def test_keys_of_the_living_are_right_after_they_were_renumbered():
    search = begin(migration_interval=1, migrants=2)
    for _ in range(6):
        search.tell(resemblance(search.ask().genomes))
    assert isinstance(search, Islands)
    for island in search._islands:
        known = island._known
        assert np.array_equal(known.look_up(island.population), known.compute(island.population))


def test_all_islands_are_seen_together():
    search = begin(3, SEARCHES["age_fitness"](), migration_interval=2)
    advance(search, 7)
    seen = search.overview()
    assert seen is not None
    worth = dict(
        zip(map(tuple, search.population.identities.tolist()), search.population.fitness.tolist(), strict=True)
    )
    assert dict(zip(map(tuple, seen.identities.tolist()), seen.fitness.tolist(), strict=True)) == worth
    assert len(seen.identities) == len(seen.marked) == len(seen.across.values) == len(seen.up.values) == len(worth)
    assert seen.up.values.tolist() == seen.fitness.tolist()
    assert isinstance(search, Islands)
    assert seen.marked.sum() >= len(search.islands)
    assert seen.note.endswith("those of its island.")
    assert begin().overview() is None


def test_given_designs_are_shared_out():
    given = random_genomes(LATTICE.build(), LATTICE, draws_of(5, 0, 5, Purpose.GENOME))
    search = start_search(Genetic(population_size=12, islands=3), replace(SPACE, first=given), 0)
    asked = search.ask()
    places = [number for number, name in enumerate(asked.operators) if name == "given"]
    assert places == [0, 1, 4, 5, 8]
    assert np.array_equal(asked.genomes.cells[places], given.cells[[0, 3, 1, 4, 2]])


def test_islands_climb_higher_than_random_search_on_the_same_budget():
    ends = [advance(begin(seed, population_size=20, islands=4), 25)[-1].fitness[0] for seed in range(3)]
    random = [advance(RandomSearch(population_size=20).start(SPACE, seed), 25)[-1].fitness[0] for seed in range(3)]
    assert min(ends) > max(random) + 0.05


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("genetic", {"islands": 0}, "islands to be a whole number"),
        ("genetic", {"islands": 3, "population_size": 10}, "population_size to be a multiple"),
        ("genetic", {"islands": 3, "population_size": 12, "migrants": 5}, "migrants to be at most 4"),
        ("genetic", {"migration_interval": 0}, "migration_interval to be a whole number"),
        ("steady_state", {"islands": 2}, "islands to be 1; got 2 with a search that waits for no generation"),
    ],
)
def test_islands_that_cannot_be_are_refused(name, changes, message):
    with pytest.raises(ConfigError, match=message):
        SEARCHES[name](**changes)
