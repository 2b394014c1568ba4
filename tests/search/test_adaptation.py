"""Operators whose children enter the population are used more often."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.genome import VariationSettings
from codesign.search import SEARCHES, Genetic, RandomSearch, Search, SteadyStateSearch, start_search
from codesign.search.adaptation import Adaptation
from tests.search.landscape import LATTICE, SPACE, advance, assert_same, resemblance

WEIGHTS = {"cell_flip": 2.0, "grow": 1.0, "mirror": 1.0}
ADAPTED = replace(SPACE, variation=VariationSettings(adapt=True))


def adaptation(**changes) -> Adaptation:
    return Adaptation(VariationSettings(**{"weights": WEIGHTS, "adapt": True} | changes), LATTICE.build())


def probabilities(found: Adaptation) -> list[float]:
    return [found.probabilities[name] for name in WEIGHTS]


def test_weights_begin_as_given_and_stay_where_all_succeed_alike():
    found = adaptation()
    assert probabilities(found) == [0.5, 0.25, 0.25]
    found.note(["cell_flip", "grow", "mirror", "random"] * 20, np.tile([True] * 4 + [False] * 4, 10))
    assert probabilities(found) == [0.5, 0.25, 0.25]
    found.end_generation()
    np.testing.assert_allclose(probabilities(found), [0.5, 0.25, 0.25])


def test_success_is_shared_out_as_the_formula_says():
    found = adaptation(adapt_floor=0.2, adapt_rate=0.5)
    for entered in (30, 10):
        found.note(["grow"] * 40 + ["mirror"] * 40, np.arange(80) < entered)
        found.end_generation()
    # 60 and 25 after forgetting half, with ten children of average success besides.
    average = 25.0 / 120.0
    quality = np.array([average, (25.0 + 10.0 * average) / 70.0, 10.0 * average / 70.0])
    given = np.array([0.5, 0.25, 0.25])
    np.testing.assert_allclose(probabilities(found), given * (0.2 + 0.8 * quality / (given @ quality)))
    assert sum(probabilities(found)) == pytest.approx(1.0)


def test_no_operator_falls_below_its_floor():
    found = adaptation(adapt_floor=0.3, adapt_rate=1.0)
    for _ in range(50):
        found.note(["grow"] * 1000 + ["cell_flip"] * 1000 + ["mirror"] * 1000, np.arange(3000) < 1000)
        found.end_generation()
    assert min(np.array(probabilities(found)) / [0.5, 0.25, 0.25]) == pytest.approx(0.3, abs=0.02)


def test_without_it_nothing_changes():
    search = Genetic(population_size=12).start(SPACE, 0)
    advance(search, 3)
    assert search.operator_weights == {}
    assert search.space is SPACE
    assert not any(name.startswith("adaptation") for name in search.state())


@pytest.mark.parametrize("name", ["genetic", "steady_state", "islands"])
def test_a_search_that_adapts_is_restored_exactly(name):
    def begin() -> Search:
        kind = Genetic(population_size=12, islands=2) if name == "islands" else SEARCHES[name](population_size=12)
        return start_search(kind, ADAPTED, 5)

    search = begin()
    advance(search, 5)
    weights = search.operator_weights
    assert len(set(weights.values())) > 2
    assert sum(weights.values()) == pytest.approx(1.0)
    other = begin()
    other.restore({key: array.copy() for key, array in search.state().items()})
    assert other.operator_weights == weights
    for expected, got in zip(advance(search, 5), advance(other, 5), strict=True):
        assert_same(expected, got)
    assert search.operator_weights == other.operator_weights != weights


def test_a_stream_of_designs_adapts_when_generations_are_finished():
    search = SEARCHES["steady_state"](population_size=12).start(ADAPTED, 5)
    assert isinstance(search, SteadyStateSearch)
    before = search.operator_weights
    for _ in range(6):
        made = search.submit(12)
        for place, identity in enumerate(made.identities.tolist()):
            search.complete([tuple(identity)], resemblance(made.genomes)[place : place + 1])
        before = search.operator_weights
        search.finish_generation()
    assert search.operator_weights != before


def test_what_pays_off_is_used_more_and_climbs_above_random_search():
    # Cell flips climb; the hidden body is no image of another, so mirroring leads away from it.
    space = replace(SPACE, variation=VariationSettings(weights={"cell_flip": 1.0, "mirror": 1.0}, adapt=True))
    ends = []
    for seed in range(3):
        search = Genetic(population_size=20).start(space, seed)
        ends.append(advance(search, 25)[-1].fitness[0])
        assert search.operator_weights["cell_flip"] > 0.6
    random = [advance(RandomSearch(population_size=20).start(SPACE, seed), 25)[-1].fitness[0] for seed in range(3)]
    assert min(ends) > max(random) + 0.05


def test_a_state_of_other_operators_is_refused():
    search = Genetic(population_size=12).start(ADAPTED, 0)
    advance(search, 1)
    other = replace(SPACE, variation=VariationSettings(weights=WEIGHTS, adapt=True))
    with pytest.raises(ValueError, match="operators"):
        Genetic(population_size=12).start(other, 0).restore(search.state())
    with pytest.raises(ValueError, match="operators"):
        Genetic(population_size=12).start(ADAPTED, 0).restore(advanced())


def advanced() -> dict[str, np.ndarray]:
    """Return the state of a search that does not adapt."""
    search = Genetic(population_size=12).start(SPACE, 0)
    advance(search, 1)
    return search.state()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"adapt": 1}, "adapt to be true or false"),
        ({"adapt_rate": 0.0}, "adapt_rate"),
        ({"adapt_floor": 1.5}, "adapt_floor"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        VariationSettings(**changes)
