"""Checks of what decides: searches over designs, and learners of controllers."""

from dataclasses import replace
from typing import Any

import numpy as np

from codesign.control import CONTROLLERS
from codesign.genome import Genomes, LatticeSettings, VariationSettings, random_genomes
from codesign.search import SEARCHES, Individuals, Search, SearchSettings, Space
from codesign.streams import Purpose, draws_of
from codesign.testing.failures import CheckError, check_settings, expect, expect_same
from codesign.testing.setups import Setup
from codesign.train import LEARNERS, Learner, learn

GENERATIONS = 6


def check_search(settings: SearchSettings, lattice: LatticeSettings) -> None:
    """Check a search: reproducible, told in order, restored exactly, and no worse than where it began.

    Fitness is the resemblance with a hidden genome, and measures are made up of the genome, so that nothing is
    simulated. A state without one of the measures that the search looks at, or without what it remembers besides, is to
    be refused.

    Args:
        settings: the search's settings; choose a population of about a dozen.
        lattice: where the designs live; choose a grid of a few dozen cells.

    Raises:
        CheckError: the search breaks its contract.
    """
    check_settings(settings, SEARCHES)
    space = Space(lattice, VariationSettings())

    def advance(search: Search, generations: int) -> list[Individuals]:
        populations = []
        for _ in range(generations):
            asked = search.ask()
            search.tell(_resemblance(lattice, asked.genomes), _measures(settings, asked.genomes))
            populations.append(search.population)
        return populations

    first, second = settings.start(space, 3), settings.start(space, 3)
    ours, theirs = advance(first, GENERATIONS), advance(second, GENERATIONS)
    for one, other in zip(ours, theirs, strict=True):
        expect_same(one.arrays(), other.arrays(), "with the same seed")
    expect(first.generation == GENERATIONS, f"generation {GENERATIONS} after as many tells", first.generation)
    best = [population.fitness.max() for population in ours]
    expect(best[-1] >= best[0], "a best fitness that is kept", best)
    state = {name: array.copy() for name, array in first.state().items()}
    for name, array in state.items():
        expect(isinstance(array, np.ndarray) and array.dtype != object, f"state {name} as an array", type(array))
    restored = settings.start(space, 3)
    restored.restore(state)
    for one, other in zip(advance(first, 2), advance(restored, 2), strict=True):
        expect_same(one.arrays(), other.arrays(), "after its state was restored")
    expect(set(ours[-1].measures) == set(settings.measured), f"measures {settings.measured}", set(ours[-1].measures))
    for name in (name for name in state if name.startswith(("memory.", "measure."))):
        _expect_refused(settings.start(space, 3), {key: array for key, array in state.items() if key != name}, name)
    replayed = settings.start(space, 3)
    for one in _asked(settings, space, lattice):
        replayed.receive(one)
    expect_same(ours[-1].arrays(), replayed.population.arrays(), "when it is told what others asked for")


def _asked(settings: SearchSettings, space: Space, lattice: LatticeSettings) -> list[Individuals]:
    """Return what a search asks for in each generation, evaluated."""
    search, found = settings.start(space, 3), []
    for _ in range(GENERATIONS):
        asked = search.ask()
        fitness, measures = _resemblance(lattice, asked.genomes), _measures(settings, asked.genomes)
        found.append(replace(asked, fitness=fitness, measures=measures))
        search.tell(fitness, measures)
    return found


def _expect_refused(search: Search, state: dict[str, np.ndarray], missing: str) -> None:
    try:
        search.restore(state)
    except (ValueError, KeyError):
        return
    raise CheckError(f"expected a state without {missing} to be refused; got none; raise ValueError in `recall`")


def check_learner(learner: Learner) -> None:
    """Check a learner: small bodies learn to walk, and each learns the same alone and beside others.

    Args:
        learner: the learner's settings; choose about ten iterations.

    Raises:
        CheckError: the learner breaks its contract.
    """
    check_settings(learner, LEARNERS)
    setup = Setup(controller=CONTROLLERS["cpg"](), steps=100)
    bodies = setup.bodies
    weights = setup.weights(bodies)
    together = learn(setup.simulator(bodies), learner, weights)
    gain = together.curves[:, 0] - together.best_loss
    expect(np.isfinite(together.best_loss).all(), "finite losses", together.best_loss)
    expect((gain >= 0.0).all() and gain.mean() > 0.0, "losses that become smaller", gain)
    later = together.curves[:, 1:].mean()
    first = together.curves[:, 0].mean()
    expect(later < first, f"losses that become smaller than {first:.3g} on average", f"{later:.3g}")
    starts = setup.simulator(bodies).weight_start
    for world in (0, len(bodies) - 1):
        own = slice(starts[world], starts[world + 1])
        alone = learn(setup.simulator(bodies.take([world])), learner, weights[own])
        expect_same({"curve": alone.curves[0]}, {"curve": together.curves[world]}, "alone and beside others")
        expect_same({"weights": alone.best_weights}, {"weights": together.best_weights[own]}, "alone and beside others")


def _measures(settings: SearchSettings, genomes: Genomes) -> dict[str, np.ndarray]:
    """Return numbers of genomes for every measure that a search looks at: the share of filled cells in some columns."""
    filled = genomes.cells > 0
    return {name: filled[:, place % 3 :: 3].mean(axis=1) for place, name in enumerate(settings.measured)}


def _resemblance(lattice: LatticeSettings, genomes: Genomes) -> Any:
    hidden = random_genomes(lattice.build(), lattice, draws_of(99, 0, 1, Purpose.GENOME))
    return np.mean(genomes.cells == hidden.cells, axis=1)
