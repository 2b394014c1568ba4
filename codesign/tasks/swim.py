"""Swim: get far along x, away from the ground."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from codesign.checks import require_number
from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Swim(Task):
    """Move along x off the ground; the loss is minus the displacement [m] plus the weighted contact with the ground.

    The contact is the share of the masses that touch the ground, on average over the episode: a mass counts as 1 on the
    ground, as 1/2 one centimetre above it, and hardly farther up. So bodies are not paid for crawling at the bottom.

    Attributes:
        ground_weight: metres that it costs to have all masses on the ground all the time.

    Raises:
        ConfigError: a weight that is negative or not finite.
    """

    name: str = "swim"
    ground_weight: float = 0.5

    uses = ("centre", "contact_share")
    state = ("start", "place", "contact")
    units: ClassVar[Mapping[str, str]] = {"fitness": "m", "displacement": "m"}

    def __post_init__(self) -> None:
        require_number(self, "ground_weight", at_least=0.0, unit="m", example=0.5)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        """Return functions that keep where the centre started and is, and the mean contact so far."""
        real, State = types.real, types.task_state

        def update(state, observation):
            start = state[0]
            if observation.step == 0:
                start = observation.centre[0]
            contact = state[2] + observation.contact_share / real(observation.steps + 1)
            return State(start, observation.centre[0], contact)

        def loss(state, parameters):
            return state[0] - state[1] + parameters.ground_weight * state[2]

        return TaskFunctions(update, loss)

    def measures(self, states: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the displacement along x [m], and the share of the masses that touched the ground on average."""
        return {"displacement": states["place"] - states["start"], "ground_contact": states["contact"]}
