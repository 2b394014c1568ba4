"""How far the gradients of designs can be trusted, by horizon and precision, one number of each kind for a design."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from codesign.body import Bodies
from codesign.errors import ConfigError
from codesign.evaluate import DesignWeights, EvaluationSpec, controller_weights, learned_bodies
from codesign.landscape.descriptions import difference_name, precision_name
from codesign.sensitivity import differences, in_precision, over_horizon, parting

HORIZONS = (100, 1000)
"""Steps of the episodes, as far as an episode of the run reaches, which is looked at in any case."""

SIZES = (1e-6, 1e-4, 1e-2)
"""Steps of central differences in weight space."""


def gradient_checks(
    spec: EvaluationSpec,
    bodies: Bodies,
    weights: DesignWeights,
    *,
    horizons: Sequence[int] = (),
    sizes: Sequence[float] = SIZES,
    directions: int = 4,
    world: int = 0,
) -> dict[str, npt.NDArray[np.float64]]:
    """Return checks of the gradients of designs, by name, float64, each of shape (bodies,).

    `gradient_check_measures` says what each is: cosines of gradients in single and in double precision
    (`codesign.sensitivity.parting`), and errors of central differences in double precision (`differences`), by horizon.

    Args:
        spec: how designs are evaluated.
        bodies: at least one, as drawn.
        weights: all weights of each, its controller's and its body's.
        horizons: steps of episodes; if none are given, those of `HORIZONS` that are shorter than an episode, and that.
        sizes: of the steps of differences in weight space.
        directions: random ones beside the gradient's own.
        world: which of the spec's worlds.

    Raises:
        ConfigError: a horizon that the controller has no weights for, or a horizon or a size out of range.
        MemoryBudgetError: a body alone does not fit into the memory.
    """
    chosen = horizons_of(spec, horizons)
    for size in sizes:
        if not 0.0 < size < np.inf:
            raise ConfigError("sizes above 0", f"{size!r}", "set {field}=[1e-6,1e-4,1e-2]", "sizes")
    own = [weights.of(index).astype(np.float64) for index in range(len(bodies))]
    grown = learned_bodies(spec, bodies, own)
    double = in_precision(spec.with_bodies_as_given, "float64")
    rows = []
    for index, flat in enumerate(controller_weights(spec, bodies, own)):
        body, row = grown.take([index]), dict[str, Any]()
        start = flat.astype(np.float32).astype(np.float64)
        apart = parting(double, body, start, chosen, world=world)
        for steps, cosine in zip(chosen, apart.cosines.tolist(), strict=True):
            row[precision_name(steps)] = cosine
            held, cut = over_horizon(double, body, start, steps)
            found = differences(held, body, cut, sizes, directions, seed=spec.seed, world=world)
            for size, error in zip(sizes, found.errors[0].tolist(), strict=True):
                row[difference_name(size, steps)] = error
        rows.append(row)
    return {name: np.array([row[name] for row in rows], np.float64) for name in rows[0]}


def horizons_of(spec: EvaluationSpec, horizons: Sequence[int] = ()) -> tuple[int, ...]:
    """Return the horizons that are looked at, ascending.

    Raises:
        ConfigError: one that is no whole number of at least 1.
    """
    for steps in horizons:
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ConfigError("whole numbers of at least 1", repr(steps), "write {field}=[100,1000]", "horizons")
    episode = spec.physics.steps
    return tuple(sorted(set(horizons or (*(each for each in HORIZONS if each < episode), episode))))
