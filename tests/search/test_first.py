"""First designs: a search that is given some begins with these, and fills up with those that it would draw anyway."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError
from codesign.genome import LATTICES, Genomes, VariationSettings, keys, random_genomes, repeated
from codesign.search import GIVEN, SEARCHES, Space
from codesign.streams import Purpose, draws_of
from tests.search.landscape import tell

LATTICE = LATTICES["triangle"](rows=3, columns=4)
SPACE = Space(LATTICE, VariationSettings())


def given(count: int, seed: int = 5) -> Genomes:
    return random_genomes(LATTICE.build(), LATTICE, draws_of(seed, 0, count, Purpose.GENOME))


def same(one: Genomes, other: Genomes) -> bool:
    return np.array_equal(one.cells, other.cells) and np.array_equal(one.muscles, other.muscles)


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_given_designs_come_first_and_the_rest_is_what_would_be_drawn(name: str) -> None:
    settings = SEARCHES[name](population_size=8)
    drawn = settings.start(SPACE, 3).ask()
    first = given(3)
    asked = settings.start(replace(SPACE, first=first), 3).ask()
    assert same(asked.genomes[:3], first)
    assert same(asked.genomes[3:], drawn.genomes[3:])
    assert asked.operators == (GIVEN,) * 3 + ("random",) * 5
    assert (asked.parents < 0).all()
    np.testing.assert_array_equal(asked.identities, drawn.identities)


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_a_random_design_that_was_given_is_drawn_anew(name: str) -> None:
    settings = SEARCHES[name](population_size=6)
    drawn = settings.start(SPACE, 3).ask()
    asked = settings.start(replace(SPACE, first=drawn.genomes[[4, 5]]), 3).ask()
    assert same(asked.genomes[:2], drawn.genomes[[4, 5]])
    assert same(asked.genomes[2:4], drawn.genomes[2:4])
    assert not len(repeated(keys(LATTICE.build(), asked.genomes)))


@pytest.mark.parametrize("name", sorted(SEARCHES))
def test_a_search_with_first_designs_goes_on_from_its_state(name: str) -> None:
    settings, space = SEARCHES[name](population_size=6), replace(SPACE, first=given(2))
    search = settings.start(space, 1)
    tell(search, search.ask(), np.arange(6.0))
    other = settings.start(space, 1)
    other.restore(search.state())
    assert same(search.ask().genomes, other.ask().genomes)


def test_more_than_the_population_are_refused() -> None:
    search = SEARCHES["genetic"](population_size=2).start(replace(SPACE, first=given(3)), 1)
    with pytest.raises(ConfigError, match="at most 2 first designs; got 3"):
        search.ask()


@pytest.mark.parametrize("first", [3, "", (), ("a", 3), ["a"]])
def test_first_is_a_path_or_several(first: object) -> None:
    with pytest.raises(ConfigError, match="first to be a path or a list of paths"):
        SEARCHES["genetic"](first=first)  # type: ignore[arg-type]
