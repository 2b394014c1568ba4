"""Simulators for tests, and what the oracle says about their worlds."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from codesign.body import Bodies
from codesign.control import CONTROLLERS
from codesign.sim import CONTACTS, Conditions, Execution, Physics, Simulator
from codesign.tasks import TASKS, TERRAINS, Segments
from tests import oracle

Weights = dict[str, np.ndarray]

BASE = {"contact": "coulomb", "terrain": "flat", "controller": "mlp", "task": "walk", "precision": "float64"}
REGISTRIES: dict[str, Iterable[str]] = {
    "contact": CONTACTS,
    "terrain": TERRAINS,
    "controller": CONTROLLERS,
    "task": TASKS,
    "precision": ("float64", "float32"),
}


def choices(*names: str, together: tuple[str, ...] = ()) -> pytest.MarkDecorator:
    """Parametrise a test over all combinations of registries, and mark those as slow that meet nothing new.

    Every combination compiles kernels of its own, which takes seconds. What differs from the base in one registry only
    is not slow, nor what differs only in those that are named in `together`.
    """
    parameters = []
    for combination in product(*(sorted(REGISTRIES[name]) for name in names)):
        changed = [name for name, choice in zip(names, combination, strict=True) if choice != BASE[name]]
        quick = len(changed) <= 1 or set(changed) <= set(together)
        parameters.append(pytest.param(*combination, marks=[] if quick else [pytest.mark.slow]))
    return pytest.mark.parametrize(names, parameters)


def ground_of_corners(terrain: Any) -> oracle.Ground:
    x, y = np.array(terrain.corners).reshape(-1, 2).T
    slopes = np.diff(y) / np.diff(x)
    return oracle.Ground(y[0], x[:-1], slopes, y[:-1] - slopes * x[:-1])


GROUNDS: dict[str, Callable[[Any], oracle.Ground]] = {
    "flat": lambda terrain: oracle.Ground(terrain.ground_height),
    "segments": ground_of_corners,
}

ROUGH = Segments(corners=(0.03, 0.1, 0.06, 0.12, 0.11, 0.095, 0.19, 0.13, 0.24, 0.07, 0.5, 0.16), start=0.0)
"""Up and down under the bodies of these tests, steeper than what is walked on."""


def cpg(controller: Any, weights: Weights, dt: float) -> oracle.Actuate:
    def actuate(step: int, _x: np.ndarray, _v: np.ndarray) -> np.ndarray:
        angle = controller.frequency * step * dt + weights["phase"]
        return np.tanh(weights["amplitude"] * np.sin(angle) + weights["offset"])

    return actuate


ACTUATES: dict[str, Callable[[Any, Weights, float], oracle.Actuate]] = {
    "mlp": lambda controller, w, dt: oracle.mlp(
        (w["w1"], w["b1"], w["w2"], w["b2"]), dt, controller.frequency, controller.input_scale
    ),
    "cpg": cpg,
    "sequence": lambda _controller, w, _dt: oracle.sequence(np.tanh(w["sequence"])),
}


def height_loss(_task: Any, _body: Any, episode: oracle.Rollout) -> float:
    height = episode.positions[:, :, 1].mean(axis=1)
    return height[0] - height.max()


def efficiency_loss(task: Any, body: Any, episode: oracle.Rollout) -> float:
    effort = ((episode.actuation * (body.swings != 0)) ** 2).mean(axis=1)
    return oracle.displacement_loss(episode) + task.effort_weight * effort.mean()


LOSSES: dict[str, Callable[[Any, Any, oracle.Rollout], float]] = {
    "walk": lambda _task, _body, episode: oracle.displacement_loss(episode),
    "jump": height_loss,
    "walk_efficiently": efficiency_loss,
}


@dataclass(frozen=True)
class Case:
    """One choice of everything that decides a motion."""

    physics: Physics
    controller: Any
    task: Any
    terrain: Any

    @classmethod
    def of(
        cls,
        *,
        contact: str = "coulomb",
        controller: str = "mlp",
        task: str = "walk",
        terrain: str = "flat",
        **physics: Any,
    ) -> "Case":
        """Return the choice of those names, on ground that bodies meet at once."""
        settings = {"steps": 60, "friction": 0.7} | physics
        ground = ROUGH if terrain == "segments" else TERRAINS[terrain]()
        return cls(Physics(contact=contact, **settings), CONTROLLERS[controller](), TASKS[task](), ground)

    def simulator(self, bodies: Bodies, **settings: Any) -> Simulator:
        """Return a simulator, in float64 on one CPU thread if not told otherwise.

        Args:
            bodies: one per world.
            settings: of `Execution`; what else there is, of the simulator.
        """
        execution: dict[str, Any] = {"precision": "float64", "device": "cpu", "threads": 1}
        execution |= {name: settings.pop(name) for name in list(settings) if name in Execution.__dataclass_fields__}
        # One set of kernels for motion and gradients in float64 saves compiling another.
        settings = {"physical_gradients": execution["precision"] == "float64"} | settings
        return Simulator(
            bodies,
            self.physics,
            self.controller,
            [Conditions(self.terrain, self.task)],
            Execution(**execution),
            **settings,
        )

    def left(self) -> "Case":
        """Return the same choice on ground that leaves bodies where their positions say: it does not set them down."""

        class Left(type(self.terrain)):
            def place(self, bodies: Bodies) -> np.ndarray:
                return bodies.positions

        return replace(self, terrain=Left(**asdict(self.terrain)))

    def weights(self, bodies: Bodies, seed: int = 0) -> np.ndarray:
        """Return first weights, and something in those that would start at zero."""
        generator = np.random.default_rng(seed)
        drawn = self.controller.initial(bodies, self.physics.steps, generator.spawn(len(bodies)))
        return drawn + 0.3 * generator.normal(size=drawn.shape)

    def groups(self, body: Any, weights: np.ndarray) -> Weights:
        """Return a body's weights by name."""
        shapes = self.controller.groups(len(body.positions), len(body.springs), 2, self.physics.steps)
        stops = np.cumsum([np.prod(shape) for shape in shapes.values()])
        parts = np.split(weights, stops[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}

    def episode(self, body: Any, weights: np.ndarray, velocities: np.ndarray | None = None) -> oracle.Rollout:
        """Return what the oracle says about one body alone."""
        ground = GROUNDS[self.terrain.name](self.terrain)
        scene = oracle.Scene(self.physics, ground, oracle.CONTACTS[self.physics.contact])
        actuate = ACTUATES[self.controller.name](self.controller, self.groups(body, weights), self.physics.dt)
        placed = SimpleNamespace(
            positions=self.terrain.place(Bodies.of([body])),
            springs=body.springs,
            rest_lengths=body.rest_lengths,
            stiffness=body.stiffness,
            swings=body.swings,
        )
        return oracle.rollout(placed, scene, actuate, velocities)

    def loss(self, body: Any, episode: oracle.Rollout) -> float:
        """Return what the oracle says about the objective."""
        return LOSSES[self.task.name](self.task, body, episode)
