"""Keys that a search remembers are those that it would compute."""

import numpy as np

from codesign.genome import keys
from codesign.search import Genetic, Individuals
from codesign.search.known import KnownKeys
from tests.search.landscape import LATTICE, SPACE, advance


def computed(individuals: Individuals) -> np.ndarray:
    return keys(LATTICE.build(), individuals.genomes)


def test_keys_that_are_remembered_are_not_computed_again_and_others_are(monkeypatch):
    asked = Genetic(population_size=9).start(SPACE, 0).ask()
    known = KnownKeys(LATTICE.build(), symmetric=False)
    assert (known.look_up(asked) == computed(asked)).all()
    known.remember((asked.take(np.arange(6)), computed(asked)[:6]))
    counts = []
    monkeypatch.setattr(known, "compute", lambda some: (counts.append(len(some)), computed(some))[1])
    order = np.array([8, 0, 3, 7, 5])
    assert (known.look_up(asked.take(order)) == computed(asked)[order]).all()
    assert counts == [2]
    known.remember((asked.take(np.arange(6, 9)), computed(asked)[6:]))
    assert (known.look_up(asked) == computed(asked)).all()
    assert counts == [2, 6]


def test_a_search_knows_the_keys_of_the_living_and_forgets_them_with_a_new_state():
    search = Genetic(population_size=9).start(SPACE, 0)
    advance(search, 4)
    other = Genetic(population_size=9).start(SPACE, 1)
    advance(other, 4)
    for _ in range(2):
        found = search._known.look_up(search.population)
        assert (found == computed(search.population)).all()
        search.restore(other.state())


def test_no_keys_are_computed_twice(monkeypatch):
    search = Genetic(population_size=9).start(SPACE, 0)
    advance(search, 3)
    monkeypatch.setattr(search._known, "compute", lambda some: (seen.append(some.identities), computed(some))[1])
    seen = []
    search.ask()
    assert all((identities[:, 0] == 3).all() for identities in seen)
