"""The record of evaluations: parts in, the same whole out."""

import numpy as np

from codesign.evaluate import Evaluations
from tests.evaluate.fakes import assert_same, designs, quick, spec


def test_taking_reorders_every_field():
    genomes, identities = designs(9)
    whole = quick(spec(), genomes, identities)
    order = np.array([4, 0, 8, 4])
    taken = whole.take(order)
    assert len(taken) == 4
    for place, index in enumerate(order):
        assert np.array_equal(taken.weights_of(place), whole.weights_of(index))
        assert taken.fitness[place] == whole.fitness[index]
        assert np.array_equal(taken.curves[place], whole.curves[index], equal_nan=True)
        assert taken.measures["height"][place] == whole.measures["height"][index]
        assert (taken.masses[place], taken.springs[place]) == (whole.masses[index], whole.springs[index])


def test_taking_none_leaves_an_empty_record():
    genomes, identities = designs(3)
    assert len(quick(spec(), genomes, identities).take(np.zeros(0, dtype=int))) == 0


def test_parts_make_the_whole():
    genomes, identities = designs(9)
    parts = [quick(spec(), genomes[part], identities[part]) for part in (slice(0, 2), slice(2, 3), slice(3, 9))]
    assert_same(Evaluations.concatenate(parts), quick(spec(), genomes, identities))
