"""What a plug-in is checked in: everything else that a simulation needs, with defaults."""

from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np

from codesign.body import Bodies, Body
from codesign.control import CONTROLLERS, SpringController
from codesign.sim import Conditions, Controller, Execution, Physics, Simulator, Task, Terrain, first_weights
from codesign.sim.kernels import Contact, Coulomb, Force
from codesign.streams import Purpose, generation_keys
from codesign.tasks import TASKS, TERRAINS
from codesign.testing.bodies import example_bodies


@dataclass(frozen=True)
class Setup:
    """One choice of everything that decides a motion; each part may be the plug-in that is checked.

    Attributes:
        controller: what moves the bodies.
        task: what they are to do.
        terrain: what they stand on.
        contact: how the ground acts.
        forces: what else acts.
        dimension: 2 or 3.
        steps: in an episode.
    """

    controller: Controller = field(default_factory=CONTROLLERS["mlp"])
    task: Task = field(default_factory=TASKS["walk"])
    terrain: Terrain = field(default_factory=TERRAINS["flat"])
    contact: Contact = field(default_factory=lambda: Coulomb(friction=0.7))
    forces: tuple[Force, ...] = ()
    dimension: int = 2
    steps: int = 60

    @property
    def bodies(self) -> Bodies:
        """Bodies to simulate."""
        return Bodies.of(example_bodies(self.dimension))

    @property
    def physics(self) -> Physics:
        """The physics."""
        return Physics(steps=self.steps, contact=self.contact, forces=self.forces)

    def simulator(self, bodies: Bodies, **settings: Any) -> Simulator:
        """Return a simulator, in float64 on one CPU thread if not told otherwise.

        Args:
            bodies: one per world.
            settings: those of `Execution`, and what else a `Simulator` takes.
        """
        execution: dict[str, Any] = {"precision": "float64", "device": "cpu", "threads": 1}
        execution |= {name: settings.pop(name) for name in list(settings) if name in Execution.__dataclass_fields__}
        # One set of kernels for motion and gradients in float64 saves compiling another.
        settings = {"physical_gradients": execution["precision"] == "float64"} | settings
        conditions = [Conditions(self.terrain, self.task)]
        return Simulator(bodies, self.physics, self.controller, conditions, Execution(**execution), **settings)

    def left(self, moved: np.ndarray | None = None) -> "Setup":
        """Return the same on ground that leaves bodies where their positions say, all masses `moved` by that [m]."""
        return replace(self, terrain=without_placing(self.terrain, moved))

    def weights(self, bodies: Bodies, seed: int = 0) -> np.ndarray:
        """Return first weights, and something in those that would start at zero, shape (weights,)."""
        keys = generation_keys(seed, 0, len(bodies), Purpose.CONTROLLER)
        drawn = first_weights(self.controller, bodies, self.steps, keys)
        return drawn + 0.3 * np.random.default_rng(seed).normal(size=drawn.shape)


def without_placing(terrain: Terrain, moved: np.ndarray | None = None) -> Terrain:
    """Return the same ground that leaves bodies where their positions say, all masses moved by that [m], if given.

    Args:
        terrain: the ground.
        moved: of the masses of all bodies, shape (masses, dimension).
    """
    kind: Any = type(terrain)

    class InPlace(kind):
        """The same ground, which does not set bodies down."""

        def place(self, bodies: Bodies) -> np.ndarray:
            """Return the positions as they are [m], shape (masses, dimension)."""
            return bodies.positions if moved is None else bodies.positions + moved

    return InPlace(**{item.name: getattr(terrain, item.name) for item in fields(kind)})


def holding_constants(controller: Controller, body: Body) -> Controller:
    """Return the same controller, which takes the constants of its springs from one body whatever it is bound to.

    They are worked out before an episode, from the body as it was made, and gradients in that body leave them out.
    """
    if not isinstance(controller, SpringController) or not controller.constants(body):
        return controller
    settings: Any = controller
    held = _holding(type(controller))(**{item.name: getattr(controller, item.name) for item in fields(settings)})
    object.__setattr__(held, "held", body)
    return held


@cache
def _holding(kind: Any) -> Any:
    """Return the class of a controller that holds its constants; one for each class, which has kernels of its own."""

    class Holding(kind):
        """The same controller, whose constants do not follow the body."""

        held: ClassVar[Body]

        def constants(self, body: Body) -> dict[str, np.ndarray]:
            """Return the constants of the body that is held; of another one, if it has another number of springs."""
            return super().constants(self.held if len(self.held.springs) == len(body.springs) else body)

    return Holding
