"""In how many worlds a design is tested, and what differs between them."""

import math
from dataclasses import dataclass, replace

import numpy as np

from codesign.checks import require_count, require_flag, require_number
from codesign.errors import ConfigError
from codesign.sim import Aggregation, Conditions, Physics, Task, Terrain
from codesign.streams import Purpose, stream

MOST_WORLDS = 1024

IN_OTHERS = ("stiffness_spread", "mass_spread", "strength_spread", "latency_spread")
"""Settings of what differs in all worlds but the first."""

MOST_SPREAD = 0.9
"""Spread of stiffness, masses and strength at most: bodies without stiffness or mass cannot be simulated."""


@dataclass(frozen=True)
class Worlds(Aggregation):
    """The worlds that every design is tested in; what is done in them becomes one fitness.

    They are the same for all designs of a run, so that designs can be compared. The first is as terrain and task say;
    in the others what is random about these is drawn anew. Replays and recordings show the first; its bodies and motors
    are as designed, and with `nominal_first` it has neither other friction nor push or noise.

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
        stiffness_spread: in other worlds the stiffness of all springs is multiplied by a number between 1 - spread and
            1 + spread.
        mass_spread: in other worlds all masses are multiplied by such a number; springs and forces move heavier ones
            less, gravity as before.
        strength_spread: in other worlds what motors do to the lengths of muscles is.
        latency: time from a controller's answer to the muscles that follow it, in whole steps [s].
        latency_spread: a time between 0 and this is added to it in other worlds [s].
        nominal_first: whether the first world has no other friction, no push and no noise.
        beacon: horizontal coordinates of the light that can be sensed [m], as many as there are level axes; None for
            where the task puts it, if it does.
        unactuated: whether every design that has learned is simulated once more with its muscles at rest, in all its
            worlds. What it is worth then, the measure `unactuated`, it owes to its fall and not to its controller.

    Raises:
        ConfigError: a number out of range, an unknown choice, or a spread of what differs in other worlds where there
            are none.
    """

    name: str = "worlds"
    count: int = 1
    vary_terrain: bool = True
    vary_task: bool = True
    friction_spread: float = 0.0
    push_speed: float = 0.0
    motor_noise: float = 0.0
    stiffness_spread: float = 0.0
    mass_spread: float = 0.0
    strength_spread: float = 0.0
    latency: float = 0.0
    latency_spread: float = 0.0
    nominal_first: bool = False
    beacon: tuple[float, ...] | None = None
    unactuated: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require_count(self, "count", at_most=MOST_WORLDS)
        for field in ("vary_terrain", "vary_task", "nominal_first", "unactuated"):
            require_flag(self, field)
        require_number(self, "friction_spread", at_least=0.0, at_most=1.0, example=0.3)
        require_number(self, "push_speed", at_least=0.0, unit="m/s", example=0.2)
        require_number(self, "motor_noise", at_least=0.0, example=0.05)
        for field in ("stiffness_spread", "mass_spread", "strength_spread"):
            require_number(self, field, at_least=0.0, at_most=MOST_SPREAD, example=0.2)
        for field in ("latency", "latency_spread"):
            require_number(self, field, at_least=0.0, unit="s", example=0.02)
        for field in IN_OTHERS:
            if getattr(self, field) and self.count == 1:
                got = f"{getattr(self, field):g} with conditions.count=1"
                raise ConfigError("0 where there is one world", got, "set {field} to 0, or conditions.count=8", field)

    @property
    def first(self) -> "Worlds":
        """The first of these worlds, which does not depend on how many there are."""
        return replace(self, count=1, **dict.fromkeys(IN_OTHERS, 0.0))

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
        grounds, tasks, drawn, built = generator.spawn(4)
        if index > 0 and self.vary_terrain:
            terrain = terrain.variant(grounds)
        if index > 0 and self.vary_task:
            task = task.variant(tasks)
        condition = Conditions(terrain, task, beacon=self.beacon, latency=round(self.latency / physics.dt))
        if index > 0:
            condition = self._built(condition, physics, built)
        if index == 0 and self.nominal_first:
            return condition
        return self._disturbed(condition, physics, dimension, drawn)

    def _built(self, condition: Conditions, physics: Physics, generator: np.random.Generator) -> Conditions:
        """Return conditions with another body and other motors."""
        stiffness, mass, strength = generator.uniform(-1.0, 1.0, 3).tolist()
        return replace(
            condition,
            stiffness=1.0 + self.stiffness_spread * stiffness,
            mass=1.0 + self.mass_spread * mass,
            strength=1.0 + self.strength_spread * strength,
            latency=round((self.latency + self.latency_spread * float(generator.uniform())) / physics.dt),
        )

    def _disturbed(
        self, condition: Conditions, physics: Physics, dimension: int, drawn: np.random.Generator
    ) -> Conditions:
        """Return conditions with another friction, a push and noise."""
        condition = replace(
            condition,
            friction=1.0 + self.friction_spread * float(drawn.uniform(-1.0, 1.0)),
            motor_noise=self.motor_noise,
            noise_seed=int(drawn.integers(2**31)),
        )
        angle, moment = drawn.uniform(0.0, 2.0 * math.pi), int(drawn.integers(physics.steps))
        if self.push_speed == 0.0:
            return condition
        way = (math.cos(angle), math.sin(angle)) if dimension == 3 else (math.copysign(1.0, math.cos(angle)),)
        push = (*(self.push_speed * part for part in way), 0.0)
        return replace(condition, push=push, push_step=moment)
