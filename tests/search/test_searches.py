"""What every search in the registry promises."""

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from codesign.errors import ConfigError, GenomeError
from codesign.genome import LATTICES, VariationSettings
from codesign.search import SEARCHES, Genetic, Search, Space
from tests.genome.lattices import key_list
from tests.search.landscape import LATTICE, SPACE, TRUNCATING, advance, assert_same, measures_of, resemblance, tell


@pytest.fixture(params=sorted(SEARCHES))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def begin(name: str, seed: int = 0, offspring_per_parent: int = 1) -> Search:
    settings = SEARCHES[name](population_size=12, offspring_per_parent=offspring_per_parent)
    return settings.start(SPACE, seed)


def test_settings_carry_their_own_key(name):
    assert SEARCHES[name]().name == name


@pytest.mark.parametrize("field", ["population_size", "generations", "offspring_per_parent"])
@pytest.mark.parametrize("value", [0, -3, True, 1.5])
def test_settings_reject_what_is_no_count(name, field, value):
    with pytest.raises(ConfigError, match=f"expected {field} to be a whole number"):
        SEARCHES[name](**{field: value})


def test_asking_twice_is_refused(name):
    search = begin(name)
    search.ask()
    with pytest.raises(RuntimeError, match="tell"):
        search.ask()


def test_telling_before_asking_is_refused(name):
    with pytest.raises(RuntimeError, match="ask"):
        begin(name).tell(np.zeros(12))


def test_telling_twice_is_refused(name):
    search = begin(name)
    advance(search, 1)
    with pytest.raises(RuntimeError, match="ask"):
        search.tell(np.zeros(12))


def test_there_is_no_population_before_the_first_tell(name):
    search = begin(name)
    search.ask()
    with pytest.raises(RuntimeError, match="population"):
        _ = search.population


@pytest.mark.parametrize("fitness", [np.zeros(11), np.full(12, np.nan), np.full(12, np.inf), np.zeros((12, 1))])
def test_fitness_that_cannot_be_is_refused_and_may_be_mended(name, fitness):
    search = begin(name)
    asked = search.ask()
    with pytest.raises(ValueError, match="expected"):
        search.tell(fitness)
    search.tell(np.zeros(12), measures_of(asked.genomes))
    assert search.generation == 1


def test_state_between_ask_and_tell_is_refused(name):
    search = begin(name)
    search.ask()
    with pytest.raises(RuntimeError, match="tell"):
        search.state()


def test_the_same_seed_asks_for_the_same_and_another_does_not(name):
    assert_same(advance(begin(name, seed=3), 4)[-1], advance(begin(name, seed=3), 4)[-1])
    assert not np.array_equal(begin(name, seed=3).ask().genomes.cells, begin(name, seed=4).ask().genomes.cells)


def test_generations_ask_for_different_designs(name):
    search = begin(name)
    first = search.ask()
    tell(search, first, resemblance(first.genomes))
    assert not np.array_equal(first.genomes.cells, search.ask().genomes.cells)


def test_a_restored_search_goes_on_exactly(name):
    search = begin(name, seed=5)
    advance(search, 3)
    state = {key: array.copy() for key, array in search.state().items()}
    assert all(isinstance(array, np.ndarray) and array.dtype != object for array in state.values())
    restored = begin(name, seed=5)
    restored.restore(state)
    assert restored.generation == 3
    assert_same(search.population, restored.population)
    for expected, got in zip(advance(search, 4), advance(restored, 4), strict=True):
        assert_same(expected, got)


def test_a_state_is_not_changed_by_what_follows(name):
    search = begin(name)
    advance(search, 2)
    state = search.state()
    before = {key: array.copy() for key, array in state.items()}
    advance(search, 2)
    assert all(np.array_equal(before[key], state[key]) for key in before)


@pytest.mark.parametrize("missing", ["told", "cells", "parents", "operators", "fitness"])
def test_an_incomplete_state_is_refused_and_changes_nothing(name, missing):
    search = begin(name)
    advance(search, 1)
    state = search.state()
    del state[missing]
    other = begin(name, seed=8)
    advance(other, 2)
    before = other.population
    with pytest.raises(ValueError, match=missing):
        other.restore(state)
    assert other.population is before


def test_a_state_of_another_lattice_is_refused(name):
    search = begin(name)
    advance(search, 1)
    elsewhere = Space(LATTICES["triangle"](rows=4, columns=4), SPACE.variation)
    with pytest.raises(ValueError, match="lattice"):
        SEARCHES[name](population_size=12).start(elsewhere, 0).restore(search.state())


def test_a_state_with_a_design_that_no_search_has_is_refused(name):
    search = begin(name)
    advance(search, 1)
    before = search.population
    apart = np.zeros_like(before.genomes.cells[0])
    apart[[0, -1]] = 1
    for cells, message in ((apart, "one piece"), (np.zeros_like(apart), "none in genome 3"), (apart * 7, "material 7")):
        state = search.state()
        state["cells"] = state["cells"].copy()
        state["cells"][3] = cells
        with pytest.raises(GenomeError, match=message):
            search.restore(state)
        assert search.population is before


def test_the_best_is_never_lost_and_the_population_is_sorted(name):
    populations = advance(begin(name), 12)
    for before, after in itertools.pairwise(populations):
        assert np.all(np.sort(after.fitness)[::-1] == after.fitness)
        assert after.fitness[0] >= before.fitness[0]
        assert name not in TRUNCATING or np.all(after.fitness >= before.fitness)
    assert populations[-1].fitness[0] > populations[0].fitness[0]


def test_the_population_keeps_the_fitness_that_was_told(name):
    population = advance(begin(name), 6)[-1]
    assert np.array_equal(population.fitness, resemblance(population.genomes))


def test_identities_are_unique_and_tell_when_a_design_was_asked(name):
    search = begin(name, offspring_per_parent=2)
    seen = set()
    for generation in range(5):
        asked = search.ask()
        assert asked.identities.tolist() == [[generation, number] for number in range(len(asked))]
        assert len(asked) == 12 if generation == 0 else len(asked) == 24
        seen |= set(map(tuple, asked.identities.tolist()))
        tell(search, asked, resemblance(asked.genomes))
        assert len(search.population) == 12 or name == "map_elites"
    assert len(seen) == 12 + 4 * 24


def test_parents_were_members_when_their_child_was_made(name):
    search = begin(name)
    advance(search, 1)
    for _ in range(6):
        living = set(map(tuple, search.population.identities.tolist()))
        asked = search.ask()
        for pair in asked.parents.tolist():
            assert all(tuple(parent) in living for parent in pair if parent != [-1, -1])
        tell(search, asked, resemblance(asked.genomes))


def test_an_invalid_design_never_displaces_a_valid_one(name):
    search = begin(name)
    asked = search.ask()
    tell(search, asked, np.where(np.arange(12) % 3 == 0, resemblance(asked.genomes), -np.inf))
    count = int(np.isfinite(search.population.fitness).sum())
    assert 1 < count <= 4
    assert np.isfinite(search.population.fitness).tolist() == [True] * count + [False] * (
        len(search.population) - count
    )
    valid = search.population.fitness[:count]
    for _ in range(3):
        asked = search.ask()
        tell(search, asked, np.full(len(asked), -np.inf))
        assert np.array_equal(search.population.fitness[:count], valid)
    asked = search.ask()
    tell(search, asked, np.zeros(len(asked)))
    assert np.isfinite(search.population.fitness).all()


@pytest.mark.parametrize("name", TRUNCATING)
def test_among_equals_the_older_stay(name):
    search = begin(name)
    search.tell(np.zeros(len(search.ask())))
    first = search.population
    assert first.identities[:, 1].tolist() == list(range(12))
    for _ in range(3):
        search.tell(np.zeros(len(search.ask())))
    assert_same(first, search.population)


def test_no_design_is_asked_for_twice_while_it_lives(name):
    search = begin(name)
    advance(search, 1)
    for _ in range(8):
        living = key_list(LATTICE.build(), search.population.genomes)
        asked = search.ask()
        found = key_list(LATTICE.build(), asked.genomes)
        assert not set(found) & set(living)
        assert len(set(found)) == len(found)
        tell(search, asked, resemblance(asked.genomes))


@pytest.mark.parametrize("symmetric", [False, True])
def test_images_of_the_living_are_asked_for_unless_they_are_the_same_design(name, symmetric):
    space = Space(LATTICES["cube"](rows=3, columns=3), VariationSettings(weights={"rotate": 1.0, "grow": 1.0}))
    lattice = space.lattice.build()
    search = SEARCHES[name](population_size=12, symmetric=symmetric).start(space, 0)
    images = 0
    for generation in range(6):
        living = key_list(lattice, search.population.genomes, symmetric=True) if generation else []
        asked = search.ask()
        found = key_list(lattice, asked.genomes, symmetric=True)
        images += len(set(found) & set(living)) + len(found) - len(set(found))
        tell(search, asked, np.arange(12.0))
    if symmetric:
        assert images == 0
    elif name == "genetic":
        assert images > 0


def test_symmetric_is_yes_or_no(name):
    with pytest.raises(ConfigError, match="symmetric to be true or false"):
        SEARCHES[name](symmetric=1)  # type: ignore[arg-type]


def test_a_space_of_one_body_ends_in_repetition_and_not_in_a_loop(name):
    lattice = dataclasses.replace(LATTICE, rows=1, columns=1)
    search = SEARCHES[name](population_size=3).start(Space(lattice, SPACE.variation), 0)
    for _ in range(3):
        asked = search.ask()
        tell(search, asked, np.zeros(len(asked)))
    assert len(search.population) <= (4 if name == "map_elites" else 3)


def test_a_mask_chooses_individuals(name):
    asked = begin(name).ask()
    mask = np.arange(len(asked)) % 3 == 1
    assert_same(asked.take(mask), asked.take(np.flatnonzero(mask)))


@dataclass(frozen=True)
class Heeding(Genetic):
    """A genetic search that looks at a measure."""

    @property
    def measured(self) -> tuple[str, ...]:
        return ("height",)


def test_measures_go_with_the_designs_and_come_back() -> None:
    search = Heeding(population_size=6).start(SPACE, 1)
    for _ in range(3):
        asked = search.ask()
        heights = asked.identities[:, 1] + 100.0 * asked.identities[:, 0]
        search.tell(heights, {"height": heights, "distance": heights})
    assert search.population.measures.keys() == {"height"}
    np.testing.assert_array_equal(search.population.measures["height"], search.population.fitness)
    other = Heeding(population_size=6).start(SPACE, 1)
    other.restore(search.state())
    np.testing.assert_array_equal(other.population.measures["height"], search.population.fitness)
    with pytest.raises(ValueError, match="measures, those of nothing; got those of height"):
        Genetic(population_size=6).start(SPACE, 1).restore(search.state())


@pytest.mark.parametrize("measures", [None, {"distance": np.zeros(6)}, {"height": np.zeros(5)}])
def test_a_measure_that_is_looked_at_must_be_told(measures: Mapping[str, np.ndarray] | None) -> None:
    search = Heeding(population_size=6).start(SPACE, 1)
    search.ask()
    with pytest.raises(ValueError, match="6 numbers of the measure height"):
        search.tell(np.zeros(6), measures)
