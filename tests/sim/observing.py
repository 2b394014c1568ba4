"""Tasks for tests: what an author of a task may write, each using something else of what there is."""

from dataclasses import dataclass

import numpy as np

from codesign.sim import Task
from codesign.sim.kernels import KernelTypes, TaskFunctions


@dataclass(frozen=True)
class Watch(Task):
    """Everything that is ready made, each observation with a weight of its own that changes in time."""

    name: str = "watch"

    uses = ("centre", "velocity", "lowest", "highest", "contact_share", "effort")
    state = ("centre", "velocity", "lowest", "highest", "contact_share", "effort", "time")

    def functions(self, types: KernelTypes) -> TaskFunctions:
        real, kept, up = types.real, types.task_state, types.dimension - 1

        def update(state, observation):
            weight = (real(0.3) + observation.time) / real(observation.steps + 1)
            return kept(
                state[0] + weight * observation.centre[0] * observation.centre[up],
                state[1] + weight * observation.velocity[0] * observation.velocity[up],
                state[2] + weight * observation.lowest * observation.lowest,
                state[3] + weight * observation.highest * observation.highest,
                state[4] + weight * observation.contact_share * observation.contact_share,
                state[5] + weight * observation.effort * observation.effort,
                observation.time,
            )

        def loss(state):
            return state[0] + state[1] + state[2] + state[3] + state[4] + state[5]

        return TaskFunctions(update, loss)


@dataclass(frozen=True)
class WatchHeading(Watch):
    """The same in 3D, and the heading."""

    name: str = "watch_heading"

    uses = (*Watch.uses, "heading")
    state = (*Watch.state, "heading")
    dimensions = (3,)

    def functions(self, types: KernelTypes) -> TaskFunctions:
        real, kept, up = types.real, types.task_state, types.dimension - 1

        def update(state, observation):
            weight = (real(0.3) + observation.time) / real(observation.steps + 1)
            return kept(
                state[0] + weight * observation.centre[0] * observation.centre[up],
                state[1] + weight * observation.velocity[0] * observation.velocity[up],
                state[2] + weight * observation.lowest * observation.lowest,
                state[3] + weight * observation.highest * observation.highest,
                state[4] + weight * observation.contact_share * observation.contact_share,
                state[5] + weight * observation.effort * observation.effort,
                observation.time,
                state[7] + weight * (observation.heading + observation.heading * observation.heading),
            )

        def loss(state):
            return state[0] + state[1] + state[2] + state[3] + state[4] + state[5] + state[7]

        return TaskFunctions(update, loss)


@dataclass(frozen=True)
class Lean(Task):
    """Contributions of masses alone, four of them, with a setting and the ground."""

    name: str = "lean"
    weight: float = 0.7
    towards: tuple[float, float] = (0.2, -0.4)

    uses = ("clearance",)
    state = ("spread", "flow", "gap", "moment")
    contributions = 4

    def functions(self, types: KernelTypes) -> TaskFunctions:
        real, kept, numbers = types.real, types.task_state, types.contribution
        up = types.dimension - 1

        def contribution(mass, parameters):
            flow = mass.velocity[0] * parameters.towards[0] + mass.velocity[up] * parameters.towards[1]
            return numbers(
                mass.position[0] * mass.position[0],
                flow * flow,
                mass.clearance / (parameters.weight + mass.clearance),
                mass.position[0] * (mass.position[up] / mass.position[up]),  # at the place of padding not a number
            )

        def update(state, observation, parameters):
            share = parameters.weight / real(observation.steps + 1)
            return kept(
                state[0] + share * observation.means[0],
                state[1] + share * observation.means[1] * observation.means[1],
                state[2] + share * observation.means[2],
                state[3] + share * observation.means[3],
            )

        def loss(state):
            return state[0] + state[1] + state[2] + state[3]

        return TaskFunctions(update, loss, contribution)

    def measures(self, states):
        return dict(states)


def seen(positions: np.ndarray, velocities: np.ndarray, ground: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is observed of a body by NumPy, from states of shape (steps + 1, masses, dimension)."""
    clearance = positions[..., -1] - ground
    found = {
        "centre": positions.mean(1),
        "velocity": velocities.mean(1),
        "lowest": positions[..., -1].min(1),
        "highest": positions[..., -1].max(1),
        "contact_share": (1.0 / (1.0 + (clearance / 0.01) ** 2)).mean(1),
    }
    if positions.shape[2] == 3:
        found["heading"] = heading(positions)
    return found


def heading(positions: np.ndarray, masses: np.ndarray | None = None) -> np.ndarray:
    """Return the angle by which 3D shapes are turned about the vertical against the first, by a singular value
    decomposition (Kabsch), shape (steps + 1,)."""
    weights = np.ones(positions.shape[1]) if masses is None else masses
    flat = positions[..., :2] - np.average(positions[..., :2], axis=1, weights=weights)[:, None]
    flat = flat * np.sqrt(weights)[:, None]
    angles = []
    for now in flat:
        left, _, right = np.linalg.svd(flat[0].T @ now)
        mirror = np.diag([1.0, np.sign(np.linalg.det(left @ right))])
        rotation = (left @ mirror @ right).T
        angles.append(np.arctan2(rotation[1, 0], rotation[0, 0]))
    return np.array(angles)
