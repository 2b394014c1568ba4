"""Checks of what decides: searches over designs, and learners of controllers."""

from typing import Any

import numpy as np

from codesign.control import CONTROLLERS
from codesign.genome import Genomes, LatticeSettings, VariationSettings, random_genomes
from codesign.search import SEARCHES, Individuals, Search, SearchSettings, Space
from codesign.streams import Purpose, draws_of
from codesign.testing.failures import check_settings, expect, expect_same
from codesign.testing.setups import Setup
from codesign.train import LEARNERS, Learner, learn

GENERATIONS = 6


def check_search(settings: SearchSettings, lattice: LatticeSettings) -> None:
    """Check a search: reproducible, told in order, restored exactly, and no worse than where it began.

    Fitness is the resemblance with a hidden genome, so that nothing is simulated.

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
            search.tell(_resemblance(lattice, search.ask().genomes))
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


def _resemblance(lattice: LatticeSettings, genomes: Genomes) -> Any:
    hidden = random_genomes(lattice.build(), lattice, draws_of(99, 0, 1, Purpose.GENOME))
    return np.mean(genomes.cells == hidden.cells, axis=1)
