"""Task `steady`: walk without shaking.

The package's `walk_level` keeps the centre of mass at its height. This task asks every mass to move level: a body that
trembles about a quiet centre is not steady.

Try it in this folder:

    from codesign.testing import check_task
    from steady import Steady

    check_task(Steady())
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from codesign.checks import require_number
from codesign.plugins import register
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Steady(Task):
    """Move along x with little vertical motion of any mass; the loss is minus the displacement plus the weighted shake.

    The shake is the squared vertical velocity [m^2/s^2], averaged over masses and over the episode.

    Attributes:
        shake_weight: metres that it costs to shake at 1 m/s all the time.
    """

    name: str = "steady"
    shake_weight: float = 1.0

    state = ("start", "place", "shake")
    contributions = 1

    def __post_init__(self) -> None:
        require_number(self, "shake_weight", at_least=0.0, example=1.0)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started and is, and the mean shake so far."""
        real, State, Contribution, up = types.real, types.task_state, types.contribution, types.dimension - 1

        def contribution(mass):
            return Contribution(mass.velocity[up] * mass.velocity[up])

        def update(state, observation):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[0]
            return State(start, observation.centre[0], state[2] + observation.means[0] / real(observation.steps + 1))

        def loss(state, parameters):
            return state[0] - state[1] + parameters.shake_weight * state[2]

        return TaskFunctions(update, loss, contribution)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement along x [m] and the shake [m^2/s^2]."""
        return {"displacement": states["place"] - states["start"], "shake": states["shake"]}


register("task", Steady)
