"""How often bodies repeat their movements, found in one more episode of each."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from codesign.body import Bodies
from codesign.evaluate.batches import batches
from codesign.evaluate.body_measures import gait_frequency
from codesign.evaluate.evaluation_spec import EvaluationSpec

AT_A_TIME = 64
"""Bodies whose whole motion is held together at most."""


def gait_frequencies(spec: EvaluationSpec, bodies: Bodies, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how often each body repeats its main movement in the first of its worlds [Hz], shape (n,).

    Every body is simulated for one more episode.

    Args:
        spec: how bodies are evaluated.
        bodies: as drawn, at least one.
        weights: of all bodies, one after the other, as `EvaluationSpec.first_weights` has them.

    Returns:
        See `gait_frequency`.
    """
    whole = replace(
        spec,
        execution=replace(spec.execution, segment_steps=spec.physics.steps),
        worlds=spec.worlds.first,
    )
    differ = bodies.has_material_properties
    found, begin = [], 0
    for part in batches(whole, bodies):
        for start in range(part.start, part.stop, AT_A_TIME):
            own = bodies[start : min(start + AT_A_TIME, part.stop)]
            simulator = whole.simulator(own, material_properties=differ)
            end = begin + int(simulator.weight_start[-1])
            simulator.load(weights[begin:end])
            simulator.forward(differentiable=False)
            positions, _ = simulator.motion()
            starts = own.mass_start
            found += [
                gait_frequency(positions[:, starts[index] : starts[index + 1]], spec.physics.dt)
                for index in range(len(own))
            ]
            begin = end
    return np.array(found)
