"""What (mu + lambda) evolution does that random search does not."""

import numpy as np
import pytest

from codesign.genome import VariationSettings
from codesign.search import Genetic, RandomSearch, Space
from tests.search.landscape import LATTICE, SPACE, advance, resemblance


@pytest.mark.parametrize("per_parent", [1, 3])
def test_every_member_has_as_many_offspring(per_parent):
    search = Genetic(population_size=5, offspring_per_parent=per_parent).start(SPACE, 0)
    advance(search, 3)
    parents = search.ask().parents[:, 0].tolist()
    assert sorted(parents) == sorted(search.population.identities.tolist() * per_parent)


def test_the_best_of_parents_and_offspring_survive():
    search = Genetic(population_size=8).start(SPACE, 1)
    advance(search, 3)
    before, asked = search.population, search.ask()
    fitness = resemblance(asked.genomes)
    search.tell(fitness)
    assert search.population.fitness.tolist() == sorted([*before.fitness, *fitness], reverse=True)[:8]


def test_lineage_names_the_operator_that_was_chosen():
    search = Genetic(population_size=6).start(Space(LATTICE, VariationSettings(weights={"mirror": 1.0})), 0)
    assert set(search.ask().operators) == {"random"}
    search.tell(np.zeros(6))
    assert "mirror" in search.ask().operators


def test_a_mate_is_the_second_parent():
    search = Genetic(population_size=6).start(Space(LATTICE, VariationSettings(weights={"graft": 1.0})), 0)
    advance(search, 1)
    asked = search.ask()
    mated = asked.parents[[name == "graft" for name in asked.operators]]
    assert len(mated)
    assert (mated >= 0).all()
    assert (mated[:, 0] != mated[:, 1]).any(axis=1).all()


def test_evolution_climbs_higher_than_random_search_on_the_same_budget():
    ends = {}
    for settings in (Genetic(population_size=20), RandomSearch(population_size=20)):
        ends[settings.name] = [advance(settings.start(SPACE, seed), 25)[-1].fitness[0] for seed in range(3)]
    assert min(ends["genetic"]) > max(ends["random"]) + 0.05
