"""Where the parameters of controllers lie, the gradient that each world has of them, and the weights among them."""

from dataclasses import dataclass

import numpy as np

from codesign.body import offsets
from codesign.sim.contracts import Controller, Layout
from codesign.sim.layout.packing import PARAMETER_ALIGNMENT, padded_offsets


@dataclass(frozen=True, eq=False)
class ParameterLayout:
    """Places in flat arrays.

    Attributes:
        start: first parameter of each controller and the end of the last, shape (controllers + 1,).
        gradient_start: where each world has the gradient of its controller's, and the end, shape (worlds + 1,).
        weight_start: first weight of each controller and the end of the last, shape (controllers + 1,).
        weight_slots: where among the parameters the weights are, shape (weights,).
    """

    start: np.ndarray
    gradient_start: np.ndarray
    weight_start: np.ndarray
    weight_slots: np.ndarray


def parameter_layout(controller: Controller, layout: Layout, world_start: np.ndarray, steps: int) -> ParameterLayout:
    """Return where everything lies.

    Args:
        controller: what moves the bodies.
        layout: of the worlds.
        world_start: first world of each controller and the end of the last, shape (controllers + 1,).
        steps: in an episode.
    """
    counts = controller.parameter_counts(layout, steps)
    first_worlds = world_start[:-1]
    start = padded_offsets(counts[first_worlds], PARAMETER_ALIGNMENT)
    slots = [controller.weight_indices(layout, world, steps) for world in first_worlds.tolist()]
    return ParameterLayout(
        start,
        padded_offsets(counts, PARAMETER_ALIGNMENT),
        offsets(np.array([len(own) for own in slots])),
        np.concatenate([own + begin for own, begin in zip(slots, start, strict=False)]),
    )
