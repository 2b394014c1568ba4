"""Simulators for tests, and what the oracle says about their worlds."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies, Body
from codesign.control import CONTROLLERS
from codesign.control.sensors import sensors as all_sensors
from codesign.sim import CONTACTS, FORCES, Conditions, Execution, Physics, Simulator, beacon_of, first_weights
from codesign.sim.kernels import Force, Water, Wind
from codesign.streams import Purpose, generation_keys
from codesign.tasks import TASKS, TERRAINS, Gaps, Heightfield, Hills, Pole, Rough, Segments, Slope, Steps
from codesign.tasks.placement import set_down
from codesign.testing.setups import without_placing
from tests import oracle
from tests.combinations import pairwise
from tests.sim.bodies import ASSORTED, SOLIDS
from tests.sim.observing import heading

Weights = dict[str, np.ndarray]

DIMENSIONS = (2, 3)
BODIES = {2: ASSORTED, 3: SOLIDS}
"""Bodies of both dimensions that are simulated together."""


def tasks_in(dimension: int) -> list[str]:
    """Return the keys of the tasks for bodies of so many dimensions."""
    return sorted(name for name, task in TASKS.items() if dimension in task.dimensions)


FELT: tuple[Force, ...] = tuple(
    {"wind": Wind(gusts=0.4, period=0.07, direction=30.0, linear=0.3), "water": Water(level=0.13, size=0.1)}.get(name)
    or force()
    for name, force in FORCES.items()
)
"""Every force, such that it makes a difference to the bodies of these tests at once."""

CONTACT_SETTINGS = {item.name for contact in CONTACTS.values() for item in fields(contact)}

BASE = {"contact": "coulomb", "terrain": "flat", "controller": "mlp", "task": "walk", "precision": "float64"}
REGISTRIES: dict[str, Iterable[str]] = {
    "contact": CONTACTS,
    "terrain": TERRAINS,
    "controller": CONTROLLERS,
    "task": tasks_in(2),
    "precision": ("float64", "float32"),
}


def choices(*names: str, together: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Parametrise a test over registries, and mark combinations as slow that meet nothing new.

    Every combination compiles kernels of its own, which takes seconds. What differs from the base in one registry only
    is not slow, nor what differs only in those that are named in `together`; of the others there are as many as it
    takes for any two choices to meet.
    """
    parameters = []
    options = [sorted(REGISTRIES[name]) for name in names]
    meeting = pairwise(*options)
    for combination in product(*options):
        changed = [name for name, choice in zip(names, combination, strict=True) if choice != BASE[name]]
        quick = len(changed) <= 1 or set(changed) <= set(together)
        if quick or combination in meeting:
            parameters.append(pytest.param(*combination, marks=[] if quick else [pytest.mark.slow]))
    return pytest.mark.parametrize(names, parameters)


def choices_in_3d(*names: str) -> pytest.MarkDecorator:
    """Parametrise a test over contacts, grounds and what else is named, in 3D, as `choices` does."""
    chosen = ("contact", "terrain", *names)
    parameters = []
    options = [[choice for choice in sorted(REGISTRIES[name]) if choice not in LINES] for name in chosen]
    meeting = pairwise(*options)
    for combination in product(*options):
        contact, terrain, *others = combination
        quick = others == [BASE[name] for name in names] and (contact == "coulomb" or terrain == "heightfield")
        if quick or combination in meeting:
            parameters.append(pytest.param(*combination, marks=[] if quick else [pytest.mark.slow]))
    return pytest.mark.parametrize(chosen, parameters)


def ground_of_corners(terrain: Any, _dimension: int) -> oracle.Ground:
    x, y = np.array(terrain.corners).reshape(-1, 2).T
    slopes = np.diff(y) / np.diff(x)
    return oracle.Lines(y[0], x[:-1], slopes, y[:-1] - slopes * x[:-1])


def ground_of_nodes(terrain: Any, dimension: int) -> oracle.Ground:
    grid = terrain.grid(dimension)
    return oracle.Nodes(grid.low, grid.spacing, grid.heights, getattr(terrain, "bisections", 0))


GROUNDS: dict[str, Callable[[Any, int], oracle.Ground]] = {
    "flat": lambda terrain, _dimension: oracle.Lines(terrain.ground_height),
    "segments": ground_of_corners,
    **dict.fromkeys(("heightfield", "slope", "steps", "hills", "rough", "gaps", "pole"), ground_of_nodes),
}

LINES = ("segments",)
"""Grounds of 2D alone."""


def bumps(dimension: int, **settings: Any) -> Heightfield:
    """Return a heightfield that is uneven under the bodies of these tests, steeper than what is walked on."""
    shape = (1, 12) if dimension == 2 else (9, 12)
    heights = np.random.default_rng(7).normal(0.1, 0.015, shape)
    return Heightfield(heights=tuple(map(tuple, heights.tolist())), low=(-0.113, -0.231), size=(0.77, 0.56), **settings)


def met_at(terrain: Any, start: float) -> Any:
    """Return the same ground, bodies put where it is no longer level."""

    class Met(type(terrain)):
        def place(self, bodies: Bodies) -> np.ndarray:
            return set_down(bodies, start, self.height)

    return Met(**asdict(terrain))


ROUGH = Segments(corners=(0.03, 0.1, 0.06, 0.12, 0.11, 0.095, 0.19, 0.13, 0.24, 0.07, 0.5, 0.16), start=0.0)
"""Up and down under the bodies of these tests, steeper than what is walked on."""

MET: dict[str, Callable[[int], Any]] = {
    "flat": lambda _dimension: TERRAINS["flat"](),
    "segments": lambda _dimension: ROUGH,
    "heightfield": bumps,
    "slope": lambda _dimension: met_at(Slope(angle=25.0), 0.55),
    "steps": lambda _dimension: met_at(Steps(tread=0.12, edge=0.03), 0.69),
    "hills": lambda _dimension: met_at(Hills(wavelength=0.3, relief=0.1, fade=0.1, reach=1.0), -0.61),
    "rough": lambda _dimension: met_at(Rough(roughness=0.02, node_distance=0.1, reach=1.0), 0.013),
    "pole": lambda _dimension: met_at(Pole(rise=0.1, width=0.1), -0.06),
    "gaps": lambda dimension: met_at(Gaps(width=0.2, depth=0.1), 0.72 if dimension == 2 else 0.665),
}
"""Every ground, such that the bodies of these tests meet at once what is special about it; from a dimension."""


def ground_for(terrain: str, dimension: int) -> Any:
    """Return a ground that bodies of these tests meet at once, or, for one that nobody chose, that of its defaults."""
    return MET[terrain](dimension) if terrain in MET else TERRAINS[terrain]()


def cpg(case: "Case", _body: Any, weights: Weights) -> oracle.Actuate:
    def actuate(step: int, _x: np.ndarray, _v: np.ndarray) -> np.ndarray:
        angle = case.controller.frequency * step * case.physics.dt + weights["phase"]
        return np.tanh(weights["amplitude"] * np.sin(angle) + weights["offset"])

    return actuate


def cpg_feedback(case: "Case", body: Any, weights: Weights) -> oracle.Actuate:
    a, b = body.springs.T

    def actuate(step: int, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        strain = np.sqrt(((x[a] - x[b]) ** 2).sum(axis=1) + 1e-12) / body.rest_lengths - 1.0
        contact = case.senses(x, v)["contact"][:, 0]
        angle = case.controller.frequency * step * case.physics.dt + weights["phase"]
        angle = angle + weights["contact_gain"] * (contact[a] + contact[b]) / 2.0 + weights["strain_gain"] * strain
        return np.tanh(weights["amplitude"] * np.sin(angle) + weights["offset"])

    return actuate


def wave(case: "Case", body: Any, weights: Weights) -> oracle.Actuate:
    # The controller knows the body before it was put into the world: differences are the same.
    a, b = body.springs.T
    place = (body.positions[a] + body.positions[b]) / 2.0 - body.positions.mean(axis=0)
    along = body.positions[b] - body.positions[a]
    along = along * np.where(along[:, -1:] < 0.0, -1.0, 1.0) / np.linalg.norm(along, axis=1, keepdims=True)
    lead = along @ weights["direction_phase"] - place @ weights["wave_vector"]

    def actuate(step: int, _x: np.ndarray, _v: np.ndarray) -> np.ndarray:
        angle = weights["pace"] * case.controller.frequency * step * case.physics.dt + lead
        return np.tanh(weights["amplitude"] * np.sin(angle) + weights["offset"])

    return actuate


def mlp(case: "Case", body: Any, weights: Weights) -> oracle.Actuate:
    w1, b1, w2, b2 = (weights[name] for name in ("w1", "b1", "w2", "b2"))
    controller = case.controller

    def actuate(step: int, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        scale = controller.input_scale
        relative = x - oracle.centre(x, body.masses)
        sensors = {"position": scale * relative, "velocity": scale * v} | case.senses(x, v)
        chosen = [sensors[name] for name in all_sensors() if name in controller.sensors]
        state = np.concatenate([np.zeros((len(x), 0)), *chosen], axis=1).ravel()
        inputs = np.concatenate([sines(case, step), state, [1.0, 1.0]])
        return np.tanh(w2 @ np.tanh(w1 @ inputs + b1) + b2)

    return actuate


def shared(case: "Case", body: Any, weights: Weights) -> oracle.Actuate:
    w1, b1, w2, b2 = (weights[name] for name in ("w1", "b1", "w2", "b2"))
    controller = case.controller

    def of_one_muscle(step: int, x: np.ndarray, v: np.ndarray, spring: int) -> np.ndarray:
        a, b = body.springs[spring]
        along = x[a] - x[b]
        length = np.sqrt(along @ along + 1e-12)
        felt = case.senses(x, v)
        inputs = [sines(case, step), [length / body.rest_lengths[spring] - 1.0]]
        if "position" in controller.sensors:
            inputs += [
                controller.position_scale * ((x[a] + x[b]) / 2.0 - oracle.centre(x, body.masses)),
                along / length,
            ]
        if "velocity" in controller.sensors:
            inputs += [controller.velocity_scale * (v[a] + v[b]) / 2.0]
        if "light" in controller.sensors:
            inputs += [(felt["light"][a] + felt["light"][b]) / 2.0, felt["light"][a] - felt["light"][b]]
        if "contact" in controller.sensors:
            inputs += [(felt["contact"][a] + felt["contact"][b]) / 2.0]
        return np.tanh(w2 @ np.tanh(w1 @ np.concatenate(inputs) + b1) + b2)

    def actuate(step: int, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.concatenate([of_one_muscle(step, x, v, spring) for spring in range(len(body.springs))])

    return actuate


def sines(case: "Case", step: int) -> np.ndarray:
    controller = case.controller
    phases = 2.0 * np.pi * np.arange(controller.sines) / controller.sines
    return np.sin(controller.frequency * step * case.physics.dt + phases)


ACTUATES: dict[str, Callable[["Case", Any, Weights], oracle.Actuate]] = {
    "mlp": mlp,
    "cpg": cpg,
    "cpg_feedback": cpg_feedback,
    "wave": wave,
    "sequence": lambda _case, _body, w: oracle.sequence(np.tanh(w["sequence"])),
    "shared": shared,
}


def centres(episode: oracle.Rollout) -> np.ndarray:
    """Return the centre before every step and at the end, shape (steps + 1, dimension)."""
    return episode.centres


def height_loss(_task: Any, _body: Any, episode: oracle.Rollout) -> float:
    height = centres(episode)[:, -1]
    return height[0] - height.max()


def efficiency_loss(task: Any, body: Any, episode: oracle.Rollout) -> float:
    effort = ((episode.actuation * (body.swings != 0)) ** 2).mean(axis=1)
    return oracle.displacement_loss(episode) + task.effort_weight * effort.mean()


def light_loss(task: Any, _body: Any, episode: oracle.Rollout) -> float:
    centre = centres(episode)
    # The line of 2D has no side steps: the light is as far away as in the plane.
    target = np.array(task.target) if centre.shape[1] == 3 else np.array([np.hypot(*task.target)])
    distance = np.linalg.norm(centre[:, :-1] - target, axis=1)
    return distance[-1] / distance[0]


def climbing_loss(task: Any, _body: Any, episode: oracle.Rollout) -> float:
    height = centres(episode)[:, -1]
    last_quarter = height[int(np.ceil(0.75 * (len(height) - 1))) :]
    return height[0] - last_quarter.mean() + task.progress_weight * oracle.displacement_loss(episode)


def crossing_loss(task: Any, _body: Any, episode: oracle.Rollout) -> float:
    centre = centres(episode)
    share = 1.0 / (1.0 + np.exp(-2.0 * (centre[1:, -1] - task.level) / task.softness))
    return -(share * np.diff(centre[:, 0])).sum()


def balance_loss(_task: Any, _body: Any, episode: oracle.Rollout) -> float:
    height = centres(episode)[:, -1]
    return np.maximum(height[0] - height[1:], 0.0).mean()


def turning_loss(_task: Any, _body: Any, episode: oracle.Rollout) -> float:
    return -np.unwrap(heading(episode.positions, episode.masses))[-1]


def reaching_loss(_task: Any, _body: Any, episode: oracle.Rollout) -> float:
    highest = episode.positions[..., -1].max(axis=1)
    return highest[0] - highest[int(np.ceil(0.75 * (len(highest) - 1))) :].mean()


def level_loss(task: Any, _body: Any, episode: oracle.Rollout) -> float:
    height = centres(episode)[:, -1]
    deviation = np.abs(height[1:] - height[0]).mean()
    return oracle.displacement_loss(episode) + task.level_weight * deviation


def swimming_loss(task: Any, _body: Any, episode: oracle.Rollout) -> float:
    # The bodies of these tests do this on level ground.
    height = episode.positions[..., -1] - TERRAINS["flat"]().ground_height
    contact = (1.0 / (1.0 + (height / 0.01) ** 2)).mean()
    return oracle.displacement_loss(episode) + task.ground_weight * contact


LOSSES: dict[str, Callable[[Any, Any, oracle.Rollout], float]] = {
    "walk": lambda _task, _body, episode: oracle.displacement_loss(episode),
    "jump": height_loss,
    "walk_efficiently": efficiency_loss,
    "light": light_loss,
    "climb": climbing_loss,
    "cross": crossing_loss,
    "balance": balance_loss,
    "turn": turning_loss,
    "reach": reaching_loss,
    "walk_level": level_loss,
    "swim": swimming_loss,
}


def padding_of(simulator: Simulator) -> np.ndarray:
    """Return which parameters are padding, bool, shape (parameters,)."""
    own = simulator.weights()
    simulator.load(np.ones_like(own))
    padding = simulator.parameters.numpy() == 0.0
    simulator.load(own)
    return padding


@dataclass(frozen=True)
class Case:
    """One choice of everything that decides a motion."""

    physics: Physics
    controller: Any
    task: Any
    terrain: Any
    dimension: int = 2

    @classmethod
    def of(
        cls,
        *,
        contact: str = "coulomb",
        controller: str = "mlp",
        task: str = "walk",
        terrain: str = "flat",
        dimension: int = 2,
        **physics: Any,
    ) -> "Case":
        """Return the choice of those names, on ground that bodies meet at once."""
        acting = CONTACTS[contact]
        own = {item.name for item in fields(acting)} - {"name"}
        given = {"friction": 0.7} | physics
        touching = acting(**{name: value for name, value in given.items() if name in own})
        settings = {name: value for name, value in physics.items() if name not in CONTACT_SETTINGS}
        objective, ground = TASKS[task].example(), ground_for(terrain, dimension)
        acts = Physics(contact=touching, **{"steps": 60} | settings)
        return cls(acts, CONTROLLERS[controller](), objective, ground, dimension)

    @property
    def ground(self) -> oracle.Ground:
        """The ground as the oracle knows it; a test that compares with one it does not know is skipped."""
        if self.terrain.name not in GROUNDS:
            pytest.skip(f"the oracle does not know terrain={self.terrain.name}")
        return GROUNDS[self.terrain.name](self.terrain, self.dimension)

    @property
    def assorted(self) -> list[Body]:
        """Bodies to simulate."""
        return BODIES[self.dimension]

    def simulator(self, bodies: Bodies, **settings: Any) -> Simulator:
        """Return a simulator, in float64 on one CPU thread if not told otherwise.

        Args:
            bodies: one per world.
            settings: `conditions` of its worlds; those of `Execution`; what else there is, of the simulator.
        """
        execution: dict[str, Any] = {"precision": "float64", "device": "cpu", "threads": 1}
        execution |= {name: settings.pop(name) for name in list(settings) if name in Execution.__dataclass_fields__}
        # One set of kernels for motion and gradients in float64 saves compiling another.
        settings = {"physical_gradients": execution["precision"] == "float64"} | settings
        return Simulator(
            bodies,
            self.physics,
            self.controller,
            settings.pop("conditions", [Conditions(self.terrain, self.task)]),
            Execution(**execution),
            **settings,
        )

    def left(self, moved: np.ndarray | None = None) -> "Case":
        """Return the same choice on ground that leaves bodies where their positions say: it does not set them down.

        Args:
            moved: what is added to the positions of all masses, if anything is [m].
        """

        return replace(self, terrain=without_placing(self.terrain, moved))

    def weights(self, bodies: Bodies, seed: int = 0) -> np.ndarray:
        """Return first weights, and something in those that would start at zero."""
        keys = generation_keys(seed, 0, len(bodies), Purpose.CONTROLLER)
        drawn = first_weights(self.controller, bodies, self.physics.steps, keys)
        return drawn + 0.3 * np.random.default_rng(seed).normal(size=drawn.shape)

    def groups(self, body: Any, weights: np.ndarray) -> Weights:
        """Return a body's weights by name."""
        shapes = self.controller.weight_shapes(
            len(body.positions), len(body.springs), self.dimension, self.physics.steps
        )
        stops = np.cumsum([np.prod(shape) for shape in shapes.values()])
        parts = np.split(weights, stops[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}

    def senses(self, positions: np.ndarray, velocities: np.ndarray) -> dict[str, np.ndarray]:
        """Return what masses at these positions with these velocities feel, by name, each shape (masses, 1)."""
        height = positions[:, -1] - self.ground.under(positions)
        felt = {"contact": 1.0 / (1.0 + (height[:, None] / 0.01) ** 2), "height": height[:, None]}
        felt["speed"] = np.linalg.norm(velocities, axis=1, keepdims=True)
        light = beacon_of(Conditions(self.terrain, self.task), self.dimension)
        if light is None:
            return felt
        distance = np.linalg.norm(positions - light, axis=1, keepdims=True)
        return felt | {"light": 1.0 / np.sqrt(distance + 1e-6)}

    def actuate(self, body: Any, weights: np.ndarray) -> oracle.Actuate:
        """Return what the oracle says about the controller of one body; if it does not know it, the test is skipped."""
        if self.controller.name not in ACTUATES:
            pytest.skip(f"the oracle does not know controller={self.controller.name}")
        return ACTUATES[self.controller.name](self, body, self.groups(body, weights))

    def episode(
        self,
        body: Any,
        weights: np.ndarray,
        velocities: np.ndarray | None = None,
        conditions: Conditions | None = None,
    ) -> oracle.Rollout:
        """Return what the oracle says about one body alone, under conditions without push and noise."""
        contact = self.physics.contact
        around = conditions or Conditions(self.terrain, self.task)
        constants = SimpleNamespace(**vars(self.physics) | vars(contact), mass=around.mass * body.masses)
        scene = oracle.Scene(constants, self.ground, oracle.CONTACTS[contact.name], self.physics.forces)
        actuate = self.actuate(body, weights)
        placed = SimpleNamespace(
            positions=self.terrain.place(Bodies.of([body])),
            springs=body.springs,
            rest_lengths=body.rest_lengths,
            stiffness=around.stiffness * body.stiffness,
            swings=around.strength * body.swings,
            masses=body.masses,
            damping=body.damping,
            force_limits=body.force_limits,
        )
        return oracle.rollout(placed, scene, actuate, velocities, around.latency)

    def loss(self, body: Any, episode: oracle.Rollout) -> float:
        """Return what the oracle says about the objective."""
        return LOSSES[self.task.name](self.task, body, episode)
