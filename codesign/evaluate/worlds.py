"""In how many worlds a design is tested, and what differs between them."""

import math
from dataclasses import dataclass, replace

import numpy as np

from codesign.checks import require_count, require_flag, require_number
from codesign.sim import Aggregation, Conditions, Physics, Task, Terrain
from codesign.streams import Purpose, stream

MOST_WORLDS = 1024


@dataclass(frozen=True)
class Worlds(Aggregation):
    """The worlds that every design is tested in; what is done in them becomes one fitness.

    They are the same for all designs of a run, so that designs can be compared. The first is as terrain and task say;
    in the others what is random about these is drawn anew.

    Attributes:
        name: the name of the choice.
        count: worlds per design.
        fitness: how what is done in them becomes one number: the "mean" of all worlds, the "worst" of them, or a
            "quantile" over them.
        quantile: share of the worlds in which less is done, from 0 (the worst) to 1, for fitness=quantile.
        gradient: whether designs learn by the "mean" of the worlds' gradients or by the gradient of their "fitness".
        vary_terrain: whether other worlds have another ground of the same kind.
        vary_task: whether other worlds have another task of the same kind, say another target.
        friction_spread: friction is multiplied by a number between 1 - spread and 1 + spread; 0 where the contact has
            no friction.
        push_speed: change of the velocity of all masses, in a random level direction at a random moment [m/s].
        motor_noise: standard deviation of the noise of actuation, which itself is between -1 and 1.
        beacon: horizontal coordinates of the light that can be sensed [m], as many as there are level axes; None for
            where the task puts it, if it does.

    Raises:
        ConfigError: a number out of range, or an unknown choice.
    """

    name: str = "worlds"
    count: int = 1
    vary_terrain: bool = True
    vary_task: bool = True
    friction_spread: float = 0.0
    push_speed: float = 0.0
    motor_noise: float = 0.0
    beacon: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        require_count(self, "count", at_most=MOST_WORLDS)
        for field in ("vary_terrain", "vary_task"):
            require_flag(self, field)
        require_number(self, "friction_spread", at_least=0.0, at_most=1.0, example=0.3)
        require_number(self, "push_speed", at_least=0.0, unit="m/s", example=0.2)
        require_number(self, "motor_noise", at_least=0.0, example=0.05)

    def conditions(
        self, terrain: Terrain, task: Task, physics: Physics, dimension: int, seed: int
    ) -> tuple[Conditions, ...]:
        """Return the conditions of all worlds of a design.

        Args:
            terrain: of the first world.
            task: of the first world.
            physics: gives the length of an episode.
            dimension: of space.
            seed: of the run.
        """
        return tuple(
            self._condition(index, terrain, task, physics, dimension, stream(seed, 0, index, Purpose.WORLD))
            for index in range(self.count)
        )

    def _condition(
        self,
        index: int,
        terrain: Terrain,
        task: Task,
        physics: Physics,
        dimension: int,
        generator: np.random.Generator,
    ) -> Conditions:
        grounds, tasks, drawn = generator.spawn(3)
        if index > 0 and self.vary_terrain:
            terrain = terrain.variant(grounds)
        if index > 0 and self.vary_task:
            task = task.variant(tasks)
        condition = Conditions(
            terrain,
            task,
            friction=1.0 + self.friction_spread * float(drawn.uniform(-1.0, 1.0)),
            motor_noise=self.motor_noise,
            noise_seed=int(drawn.integers(2**31)),
            beacon=self.beacon,
        )
        angle, moment = drawn.uniform(0.0, 2.0 * math.pi), int(drawn.integers(physics.steps))
        if self.push_speed == 0.0:
            return condition
        way = (math.cos(angle), math.sin(angle)) if dimension == 3 else (math.copysign(1.0, math.cos(angle)),)
        push = (*(self.push_speed * part for part in way), 0.0)
        return replace(condition, push=push, push_step=moment)
