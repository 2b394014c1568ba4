"""The record of evaluations: parts in, the same whole out."""

from dataclasses import replace

import numpy as np

from codesign.evaluate import Evaluations, KeptWeights, Request
from tests.evaluate.fakes import assert_same, designs, quick, spec


def test_taking_reorders_every_field():
    genomes, identities = designs(9)
    whole = quick(spec(), Request(genomes, identities))
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
    assert len(quick(spec(), Request(genomes, identities)).take(np.zeros(0, dtype=int))) == 0


def test_parts_make_the_whole():
    genomes, identities = designs(9)
    parts = [
        quick(spec(), Request(genomes[part], identities[part])) for part in (slice(0, 2), slice(2, 3), slice(3, 9))
    ]
    assert_same(Evaluations.concatenate(parts), quick(spec(), Request(genomes, identities)))


def test_the_weights_of_the_best_are_kept_and_all_other_numbers():
    genomes, identities = designs(9)
    whole = quick(spec(), Request(genomes, identities))
    kept = whole.kept(KeptWeights(3), identities)
    best = set(np.argsort(-whole.fitness)[:3].tolist())
    for index in range(9):
        assert np.array_equal(kept.weights_of(index), whole.weights_of(index) if index in best else [])
    assert kept.weights.dtype == whole.weights.dtype
    assert_same(replace(kept, weights=whole.weights, weight_start=whole.weight_start), whole)
    assert whole.kept(None, identities) is whole


def test_what_is_kept_exceeds_a_fitness_and_is_valid():
    fitness, identities = np.array([1.0, -np.inf, 2.0, 3.0, 1.5]), designs(5)[1]
    assert KeptWeights(9).chosen(fitness, identities).tolist() == [0, 2, 3, 4]
    assert KeptWeights(9, above=1.5).chosen(fitness, identities).tolist() == [2, 3]
    assert KeptWeights(0).chosen(fitness, identities).tolist() == []


def test_of_equals_the_older_are_kept_wherever_they_stand():
    fitness = np.array([1.0, 1.0, 1.0, 0.0])
    identities = np.array([[2, 1], [2, 0], [1, 9], [0, 0]])
    assert KeptWeights(2).chosen(fitness, identities).tolist() == [1, 2]


def test_keeping_in_parts_keeps_what_keeping_of_the_whole_does():
    genomes, identities = designs(9)
    keep = KeptWeights(2)
    parts = [quick(spec(), Request(genomes[part], identities[part], keep=keep)) for part in (slice(0, 4), slice(4, 9))]
    assert sum(len(np.flatnonzero(np.diff(part.weight_start))) for part in parts) == 4
    whole = quick(spec(), Request(genomes, identities, keep=keep))
    assert_same(Evaluations.concatenate(parts).kept(keep, identities), whole)
