"""What steady-state evolution does without generations."""

import itertools

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.search import RandomSearch, SteadyState, SteadyStateSearch
from tests.genome.lattices import key_list
from tests.search.landscape import LATTICE, SPACE, advance, assert_same, resemblance


def begin(seed: int = 0, **changes) -> SteadyStateSearch:
    return SteadyState(**{"population_size": 12, **changes}).start(SPACE, seed)


def tell(search: SteadyStateSearch, place: int = 0) -> None:
    """Tell the search of one of the designs in flight."""
    flying = search.in_flight
    assert flying is not None
    one = flying.take(np.array([place % len(flying)]))
    search.complete([tuple(one.identities[0].tolist())], resemblance(one.genomes))


def flow(search: SteadyStateSearch, designs: int, in_flight: int, order=()) -> None:
    """Let a search climb with so many designs in flight, which complete in some order."""
    for place in itertools.islice(itertools.chain(order, itertools.repeat(0)), designs):
        while search.in_flight is None or len(search.in_flight) < in_flight:
            search.submit(1)
        tell(search, place)


@pytest.mark.parametrize("per_parent", [1, 3])
def test_identities_follow_the_order_of_submission(per_parent):
    search = begin(population_size=4, offspring_per_parent=per_parent)
    sizes = [4, 4 * per_parent, 4 * per_parent]
    expected = [[born, number] for born, size in enumerate(sizes) for number in range(size)]
    assert [list(search.identity(number)) for number in range(len(expected))] == expected
    assert [search.first_number(born) for born in range(4)] == np.cumsum([0, *sizes]).tolist()
    found = []
    while len(found) < len(expected):
        made = search.submit(3)
        assert len(set(made.identities[:, 0].tolist())) == 1
        found += made.identities.tolist()
        for place in range(len(made)):
            tell(search, -1 - place)
    assert found[: len(expected)] == expected


def test_nobody_waits_for_a_population():
    search = begin()
    asked = [search.submit(5) for _ in range(6)]
    assert sum(map(len, asked)) == search.submitted > 12
    later = [one for part in asked for one in part.operators[:1]]
    assert set(later) == {"random"}
    tell(search, 3)
    assert search.submit(1).parents[0, 0].tolist() == search.population.identities[0].tolist()


def test_designs_differ_from_the_living_and_from_those_in_flight():
    search = begin(population_size=6)
    flow(search, 6, 6)
    for turn in range(60):
        flying = search.in_flight
        assert flying is not None
        living = key_list(LATTICE.build(), flying.joined(search.population).genomes)
        made = key_list(LATTICE.build(), search.submit(2).genomes)
        assert len(set(made)) == len(made)
        assert not set(made) & set(living)
        tell(search, turn)
        tell(search, 2 * turn)


@pytest.mark.parametrize("replacement", ["worst", "oldest"])
def test_the_order_of_completion_decides_and_nothing_else(replacement):
    orders = {seed: np.random.default_rng(seed).integers(0, 5, 80).tolist() for seed in (1, 2)}
    ends = []
    for seed in (1, 1, 2):
        search = begin(replacement=replacement)
        flow(search, 80, 5, orders[seed])
        ends.append(search.population)
    assert_same(ends[0], ends[1])
    assert ends[0].identities.tolist() != ends[2].identities.tolist()


@pytest.mark.parametrize("replacement", ["worst", "oldest"])
def test_a_search_restored_with_designs_in_flight_goes_on_exactly(replacement):
    order = np.random.default_rng(0).integers(0, 5, 90).tolist()
    search = begin(replacement=replacement)
    flow(search, 40, 5, order)
    while search.generation < 3:
        search.finish_generation()
    state = {name: array.copy() for name, array in search.state().items()}
    other = begin(replacement=replacement)
    other.restore(state)
    assert other.submitted == search.submitted
    for one in (search, other):
        flow(one, 50, 5, order[40:])
    assert_same(search.population, other.population)
    assert search.in_flight is not None
    assert other.in_flight is not None
    assert_same(search.in_flight, other.in_flight)


def test_the_worst_goes_or_the_oldest():
    for replacement in ("worst", "oldest"):
        search = begin(population_size=5, replacement=replacement)
        flow(search, 5, 5)
        before = search.population
        made = search.submit(1)
        search.complete([tuple(made.identities[0].tolist())], np.array([2.0]))
        gone = set(map(tuple, before.identities.tolist())) - set(map(tuple, search.population.identities.tolist()))
        expected = (
            before.identities[-1] if replacement == "worst" else before.identities[before.identities[:, 1] == 0][0]
        )
        assert gone == {tuple(expected.tolist())}
        assert search.population.fitness[0] == 2.0


def test_larger_tournaments_choose_fitter_parents():
    ranks = []
    for tournament in (1, 6):
        search = begin(tournament=tournament)
        advance(search, 1)
        places = {tuple(identity): place for place, identity in enumerate(search.population.identities.tolist())}
        made = [search.submit(1) for _ in range(100)]
        ranks.append(np.mean([places[tuple(one.parents[0, 0].tolist())] for one in made]))
    assert ranks[0] > 2 * ranks[1]


def test_it_climbs_higher_than_random_search_on_the_same_budget():
    ends = []
    for seed in range(3):
        search = begin(seed, population_size=20)
        flow(search, 25 * 20, 6)
        ends.append(search.population.fitness[0])
    random = [advance(RandomSearch(population_size=20).start(SPACE, seed), 25)[-1].fitness[0] for seed in range(3)]
    assert min(ends) > max(random) + 0.05


def test_a_design_is_told_once():
    search = begin()
    made = search.submit(2)
    identity = tuple(made.identities[0].tolist())
    search.complete([identity], np.zeros(1))
    with pytest.raises(RuntimeError, match="in flight"):
        search.complete([identity], np.zeros(1))
    with pytest.raises(ValueError, match="finite"):
        search.complete([tuple(made.identities[1].tolist())], np.array([np.nan]))
    with pytest.raises(RuntimeError, match="in flight"):
        search.ask()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tournament": 0}, "tournament to be a whole number"),
        ({"in_flight": 1.5}, "in_flight to be a whole number"),
        ({"replacement": "best"}, "replacement to be"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        SteadyState(**changes)
