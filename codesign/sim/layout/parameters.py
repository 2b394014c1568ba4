"""Where the parameters of controllers lie, and the gradient that each world has of them."""

from dataclasses import dataclass

import numpy as np

from codesign.sim.contracts import Controller, Layout
from codesign.sim.layout.packing import PARAMETER_ALIGNMENT, padded_offsets


@dataclass(frozen=True, eq=False)
class ParameterLayout:
    """Places in flat arrays.

    Attributes:
        start: first parameter of each controller and the end of the last, shape (controllers + 1,).
        gradient_start: where each world has the gradient of its controller's, and the end, shape (worlds + 1,).
    """

    start: np.ndarray
    gradient_start: np.ndarray


def parameter_layout(controller: Controller, layout: Layout, world_start: np.ndarray, steps: int) -> ParameterLayout:
    """Return where everything lies.

    Args:
        controller: what moves the bodies.
        layout: of the worlds.
        world_start: first world of each controller and the end of the last, shape (controllers + 1,).
        steps: in an episode.
    """
    counts = controller.parameter_counts(layout, steps)
    start = padded_offsets(counts[world_start[:-1]], PARAMETER_ALIGNMENT)
    return ParameterLayout(start, padded_offsets(counts, PARAMETER_ALIGNMENT))
