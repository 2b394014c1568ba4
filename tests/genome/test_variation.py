import math

import numpy as np
import pytest

from codesign.body import Tissue, develop
from codesign.errors import ConfigError, GenomeError
from codesign.genome import (
    LATTICES,
    VARIATIONS,
    Genomes,
    Lattice,
    LatticeSettings,
    VariationSettings,
    check_genomes,
    random_genomes,
    repair,
    vary,
)
from codesign.genome.lattices import CubeLattice
from codesign.genome.variation import Offspring

from .lattices import KINDS, SETTINGS, draws, genomes_of, key_list, label, settings_of, sparse_genomes

NAMES = list(VARIATIONS)
EVERYTHING = VariationSettings()


def offspring_of(
    lattice: Lattice, population: Genomes, settings: VariationSettings = EVERYTHING, seed: int = 0
) -> Offspring:
    count = len(population)
    return vary(lattice, population, np.arange(count), draws(count, seed), settings)


def only(name: str) -> VariationSettings:
    return VariationSettings(weights={name: 1.0})


def offered(settings: LatticeSettings) -> list[str]:
    return [operator.name for operator in EVERYTHING.operators(settings.build())[0]]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        pytest.param(own, name, id=f"{label(own)}-{name}")
        for own in SETTINGS
        for name in NAMES
        if VARIATIONS[name].applies(own.build())
    ],
)
def test_children_are_whole_and_differ_from_their_parents(settings, name):
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(12))
    offspring = offspring_of(lattice, population, only(name))
    check_genomes(lattice, offspring.genomes)
    assert (repair(lattice, offspring.genomes).cells == offspring.genomes.cells).all()
    assert len(develop(lattice, offspring.genomes, Tissue())) == len(offspring) == 12
    pairs = zip(key_list(lattice, population), key_list(lattice, offspring.genomes), strict=True)
    assert all(parent != child for parent, child in pairs)


@pytest.mark.parametrize("kind", KINDS)
def test_lineage_names_parents_mates_and_operators(kind):
    settings = settings_of(kind, 5, 6)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(9))
    parents = np.array([4, 4, 0, 8, 2, 2, 2, 7, 1, 3] * 20)
    offspring = vary(lattice, population, parents, draws(len(parents)), EVERYTHING)
    assert offspring.parents.dtype == np.int64
    assert (offspring.parents[:, 0] == parents).all()
    assert set(offspring.operators) == set(offered(settings))
    for (parent, mate), name in zip(offspring.parents, offspring.operators, strict=True):
        if VARIATIONS[name].parents == 2:
            assert 0 <= mate < 9
            assert mate != parent
        else:
            assert mate == -1


def test_mates_can_be_given():
    settings = LATTICES["triangle"](rows=5, columns=6)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(9))
    mates = (np.arange(9) + 5) % 9
    offspring = vary(lattice, population, np.arange(9), draws(9), only("uniform_crossover"), mates)
    assert (offspring.parents[:, 1] == mates).all()
    for child, (own, other) in zip(offspring.genomes.muscles, offspring.parents, strict=True):
        assert ((child == population.muscles[own]) | (child == population.muscles[other])).all()


def test_weights_decide_how_often_an_operator_is_used():
    settings = LATTICES["triangle"](rows=5, columns=6)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(800))
    weights = {"grow": 3.0, "trim": 1.0, "mirror": 0.0}
    used = offspring_of(lattice, population, VariationSettings(weights=weights)).operators
    assert used.count("mirror") == 0
    assert abs(used.count("grow") / len(used) - 0.75) < 0.05
    assert set(used) == {"grow", "trim"}


@pytest.mark.parametrize("name", offered(LATTICES["triangle"]()))
def test_a_child_depends_on_its_own_numbers_and_not_on_its_siblings(name):
    settings = LATTICES["triangle"](rows=5, columns=6)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(30))
    together = offspring_of(lattice, population, only(name))
    again = offspring_of(lattice, population, only(name))
    assert (together.genomes.cells == again.genomes.cells).all()
    assert (together.genomes.muscles == again.genomes.muscles).all()
    chosen = np.array([29, 3, 17])
    apart = vary(lattice, population, chosen, draws(30).of(chosen), only(name))
    assert (apart.genomes.cells == together.genomes.cells[chosen]).all()
    assert (apart.genomes.muscles == together.genomes.muscles[chosen]).all()
    assert (apart.parents == together.parents[chosen]).all()
    assert apart.operators == tuple(together.operators[i] for i in chosen)


def test_the_population_stays_as_it_was():
    settings = LATTICES["triangle"](rows=5, columns=6)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(30))
    cells, muscles = population.cells.copy(), population.muscles.copy()
    offspring = offspring_of(lattice, population)
    assert (population.cells == cells).all()
    assert (population.muscles == muscles).all()
    assert not np.shares_memory(offspring.genomes.cells, population.cells)


def test_the_papers_flips_always_change_the_shape():
    settings = LATTICES["triangle"](rows=6, columns=10)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(100))
    offspring = offspring_of(lattice, population, only("flip"))
    before, after = (key_list(lattice, genomes, shape_only=True) for genomes in (population, offspring.genomes))
    assert all(shape != other for shape, other in zip(before, after, strict=True))
    assert set(offspring.operators) == {"flip"}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in KINDS for name in offered(settings_of(kind, 1, 1, 1))]
)
def test_a_lattice_of_one_cell_still_gives_other_bodies(kind, name):
    lattice = settings_of(kind, 1, 1, 1).build()
    population = genomes_of(lattice, *[[0]] * 20)
    offspring = offspring_of(lattice, population, VariationSettings(weights={name: 1.0}, attempts=1))
    assert (np.count_nonzero(offspring.genomes.cells, axis=1) == 1).all()
    assert not set(key_list(lattice, offspring.genomes)) & set(key_list(lattice, population))


@pytest.mark.parametrize("name", [name for name in NAMES if VARIATIONS[name].parents == 2])
def test_parents_that_are_all_alike_are_changed_by_muscle_flips(name):
    lattice = LATTICES["square"](rows=4, columns=4).build()
    population = sparse_genomes(lattice, 1, 0)[np.zeros(8, dtype=int)]
    offspring = offspring_of(lattice, population, only(name))
    for (_, mate), operator in zip(offspring.parents, offspring.operators, strict=True):
        assert operator == ("muscle_flip" if mate == -1 else name)
    assert ("muscle_flip" in offspring.operators) == (name != "graft")


def test_a_population_of_one_is_its_own_mate():
    lattice = LATTICES["square"](rows=4, columns=4).build()
    offspring = offspring_of(lattice, sparse_genomes(lattice, 1, 0), only("graft"))
    assert offspring.parents.tolist() in ([[0, 0]], [[0, -1]])


def test_no_parents_have_no_children():
    lattice = LATTICES["triangle"](rows=2, columns=2).build()
    offspring = vary(lattice, genomes_of(lattice, [0]), np.array([], dtype=int), draws(0), EVERYTHING)
    assert len(offspring) == 0
    assert offspring.parents.shape == (0, 2)


def test_genomes_of_another_lattice_are_refused():
    lattice = LATTICES["triangle"](rows=5, columns=6).build()
    foreign = genomes_of(LATTICES["triangle"](rows=2, columns=2).build(), [0])
    with pytest.raises(GenomeError, match="5 x 6 triangle lattice"):
        vary(lattice, foreign, np.array([0]), draws(1), EVERYTHING)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"weights": {"flop": 1.0}}, "'flop'"),
        ({"weights": {"flip": -1.0}}, "weights.flip to be a number of at least 0"),
        ({"weights": {"flip": math.nan}}, "weights.flip to be a number of at least 0"),
        ({"weights": {"flip": "often"}}, "weights.flip to be a number of at least 0"),
        ({"weights": {"flip": 0.0, "grow": 0}}, "one is above 0"),
        ({"attempts": 0}, "attempts to be a whole number"),
        ({"attempts": 1.5}, "attempts to be a whole number"),
    ],
)
def test_bad_settings_say_what_was_expected(values, message):
    with pytest.raises(ConfigError, match=message) as caught:
        VariationSettings(**values)
    assert caught.value.remedy


def test_operators_are_those_that_apply_to_the_lattice():
    assert offered(LATTICES["cube"]()) == NAMES
    assert offered(LATTICES["triangle"]()) == [name for name in NAMES if name != "rotate"]
    settings = VariationSettings(weights={"grow": 1.0, "rotate": 3.0})
    chosen, probabilities = settings.operators(LATTICES["square"]().build())
    assert [operator.name for operator in chosen] == ["grow"]
    assert probabilities.tolist() == [1.0]


def test_operators_that_do_not_apply_to_the_lattice_are_not_enough():
    with pytest.raises(ConfigError, match="an operator that applies to the triangle lattice; got rotate"):
        only("rotate").operators(LATTICES["triangle"]().build())


def test_rotated_children_differ_from_their_parents():
    settings = CubeLattice(columns=4, rows=4, layers=2)
    lattice = settings.build()
    population = random_genomes(lattice, settings, draws(40))
    offspring = offspring_of(lattice, population, only("rotate"))
    both = (key_list(lattice, genomes, symmetric=True) for genomes in (population, offspring.genomes))
    turned = np.array([one == other for one, other in zip(*both, strict=True)])
    assert 5 < turned.sum() < 35


def test_an_unknown_operator_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError) as caught:
        VariationSettings(weights={"flop": 1.0})
    assert all(name in caught.value.remedy for name in NAMES)
