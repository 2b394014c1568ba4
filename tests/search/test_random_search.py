"""What random search draws, and what it does not learn."""

import numpy as np

from codesign.genome import random_genomes
from codesign.search import NO_PARENT, RandomSearch
from codesign.streams import Draws, Purpose, stream_keys
from tests.search.landscape import LATTICE, SPACE, advance


def test_every_design_is_drawn_from_its_own_stream():
    search = RandomSearch(population_size=7).start(SPACE, 11)
    for generation in range(3):
        asked = search.ask()
        for number in range(7):
            draws = Draws(stream_keys(11, np.array([[generation, number]]), Purpose.GENOME))
            own = random_genomes(LATTICE.build(), LATTICE, draws)
            assert np.array_equal(asked.genomes.cells[number], own.cells[0])
            assert np.array_equal(asked.genomes.muscles[number], own.muscles[0])
        search.tell(np.arange(7.0))


def test_nothing_has_a_parent():
    population = advance(RandomSearch(population_size=7).start(SPACE, 0), 4)[-1]
    assert (population.parents == NO_PARENT).all()
    assert set(population.operators) == {"random"}


def test_what_was_told_does_not_change_what_is_asked():
    searches = [RandomSearch(population_size=7).start(SPACE, 0) for _ in range(2)]
    for sign, search in zip((1.0, -1.0), searches, strict=True):
        search.tell(sign * np.arange(len(search.ask())))
    one, other = (search.ask().genomes.cells for search in searches)
    assert np.array_equal(one, other)
